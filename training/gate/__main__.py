"""Measure and fit the registration gate.

python -m training.gate gather --out DIR --minutes 30 [--fonts DIR]    pages, wrong guesses, what the gate sees
python -m training.gate fit DIR                                        scanner/data/gate.json from each fourth seed
python -m training.gate report DIR --images docs/images                tables and plots from the rest
python -m training.gate picture KIND SEED --out FILE.jpg [--fonts DIR] one page as the gate sees it
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import cv2
import numpy as np

from samples.draw import FORM
from scanner.forms.loading import load_form
from scanner.layout.registration.gate_scale import gate_scale
from training.gate.cases import FIT_EACH, fields_of, for_fitting
from training.gate.fit import fit_field, fit_page, write
from training.gate.gather import gather, gathered
from training.gate.pictures import seen_by_the_gate
from training.gate.plots import gate_curve, local_plot
from training.gate.report import curve, is_flagged, passes, report
from training.gate.trials import MAKERS, make_bench, moved_frames

DOTS = 3000
"""Right fields drawn in the plot, a sample; wrong ones are all drawn."""
MOVED, SEEDS = ("150 dpi", "toner low", "soft JPEG", "holes"), 4
"""Good pages on which frames are moved for the fit."""


def main() -> None:
    """Gather trials, fit the scales, report."""
    options = _options()
    if options.command == "gather":
        gather(options.out, options.minutes, tuple(options.guesses), options.fonts, options.first, options.kinds)
    elif options.command == "fit":
        _fit(options.folder, options.fonts)
    elif options.command == "report":
        _report(options.folder, options.images)
    else:
        image, what = seen_by_the_gate(make_bench(options.bench, options.fonts), options.kind, options.seed)
        options.out.write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes())
        print(what)


def _fit(folders: list[Path], fonts: Path | None) -> None:
    trials = [t for folder in folders for t in gathered(folder)]
    page = fit_page(trials)
    bench = make_bench(1, fonts)
    moved = [case for kind in MOVED for seed in range(SEEDS) for case in moved_frames(bench, kind, FIT_EACH * seed)]
    field = fit_field(trials, moved, page)
    count = sum(for_fitting(t) for t in trials)
    write(page, field, f"{count} placements, right and wrong on purpose, {date.today().isoformat()}")


def _report(folders: list[Path], images: Path | None) -> None:
    form, scales = load_form(FORM), (gate_scale("page"), gate_scale("field"))
    trials = [t for folder in folders for t in gathered(folder)]
    print(report(trials, form, scales))
    if images is None:
        return
    scores = curve(trials, scales[0])
    plot = gate_curve(scores["good"], scores["wrong"], scales[0].threshold)
    (images / "gate-curve.svg").write_text(plot, encoding="utf-8")
    held = [t for t in trials if not for_fitting(t) and passes(t, scales[0])]
    cases = [c for t in held for c in fields_of(t)]
    cases.sort(key=lambda c: c.wrong)
    rng = np.random.default_rng(0)
    kept = [c for c in cases if c.wrong or rng.random() < DOTS / len(cases)]
    flagged = [is_flagged(c) for c in kept]
    plot = local_plot([c.evidence.near for c in kept], [c.off for c in kept], flagged, [c.wrong for c in kept])
    (images / "gate-local.svg").write_text(plot, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("gather", help="make pages and wrong guesses, and keep what the gate sees of each")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--minutes", type=float, default=30)
    one.add_argument("--guesses", type=int, nargs=2, default=(5, 12), help="wrong ones on a good and on a wrong page")
    one.add_argument("--first", type=int, default=0, help="the first seed, even")
    one.add_argument("--kinds", nargs="+", choices=list(MAKERS), default=list(MAKERS), metavar="KIND")
    for name in ("fit", "report"):
        commands.add_parser(name).add_argument("folder", type=Path, nargs="+")
    commands.choices["report"].add_argument("--images", type=Path)
    picture = commands.add_parser("picture")
    picture.add_argument("kind")
    picture.add_argument("seed", type=int)
    picture.add_argument("--out", type=Path, required=True)
    picture.add_argument("--bench", type=int, default=1, help="1 for even seeds of `gather`, 2 for odd ones")
    for command in (one, picture, commands.choices["fit"]):
        command.add_argument("--fonts", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
