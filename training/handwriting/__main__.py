"""Train the handwriting reader.

    python -m training.handwriting --data LINES --hand-fonts DIR --print-fonts DIR --base PP-OCRv6_rec_small.onnx
        [--work out/handwriting] [--out scanner/data/handwriting.onnx] [--minutes 70] [--pages 1000] [--seed 71]

LINES holds labels.tsv (file, tab, text) and pictures, as `sohoa crops export` writes them too. Files named wNNN_…
are split by sheet: NNN within --held-out is never trained on. --base may be our own weights: training goes on from
them. Run it again to go on after a break. Two cores, about half an hour to draw and 70 minutes to learn.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from samples.draw import Stock
from training.handwriting.export import export
from training.handwriting.learn import Plan, keep, learn, resume, start
from training.handwriting.lines import Job, form_lines, photographed, sheet_numbers

SHARES = {"photo": 0.30, "form-real": 0.25, "form-font": 0.37, "form-typed": 0.08}
DRAWN = (0.42, 0.45, 0.13)
"""Pages drawn with real lines, with hand-like fonts, with print."""
FONTS_ALONE = (0.0, 0.78, 0.22)
CHECKED = 120


def main() -> None:
    """Draw, learn, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="without it, lines in fonts alone are learnt")
    parser.add_argument("--hand-fonts", type=Path, required=True)
    parser.add_argument("--print-fonts", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("out/handwriting"))
    parser.add_argument("--out", type=Path, default=Path("scanner/data/handwriting.onnx"))
    parser.add_argument("--held-out", default="0-89,227-999", help="sheets never trained on")
    parser.add_argument("--check", default="7-39", help="held-out sheets that show the progress")
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=71)
    options = parser.parse_args()

    real = photographed(options.data, _except(options.data, sheet_numbers(options.held_out))) if options.data else []
    stock = Stock(_fonts(options.print_fonts), _fonts(options.hand_fonts), {}, [])
    shares = DRAWN if real else FONTS_ALONE
    drawn = form_lines(Job(options.pages, options.seed, stock, real, shares), options.work / "form-lines.pickle")
    drawn = [line for line in drawn if real or line.source != "form-real"]
    print(f"{len(real)} photographed lines, {len(drawn)} lines on the form", flush=True)

    plan = Plan(options.minutes, options.steps, seed=options.seed, shares=SHARES)
    state, checkpoint = start(options.base, plan), options.work / "checkpoint.pt"
    if checkpoint.exists():
        resume(state, checkpoint)
    checks = photographed(options.data, sheet_numbers(options.check))[::2][:CHECKED] if options.data else []
    learn(state, [*real, *drawn], {"held-out lines": checks} if checks else {}, plan, checkpoint)
    keep(state, checkpoint)
    export(options.base, *state.averaged, options.out, {"seed": str(options.seed), "steps": str(state.step)})


def _except(folder: Path, held: set[int]) -> set[int] | None:
    """The sheets of a folder that may be trained on; None (all lines) where its files are not named by sheet."""
    names = [row.split("\t")[0] for row in (folder / "labels.tsv").read_text(encoding="utf-8").splitlines()]
    numbers = {int(n[1:4]) for n in names if n.startswith("w") and n[1:4].isdigit()}
    return numbers - held if numbers else None


def _fonts(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.ttf"))}


if __name__ == "__main__":
    main()
