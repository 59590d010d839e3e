"""Trials by the thousand: rounds over all kinds, kept in files as they come, so that it can be stopped at any time."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2

from samples.office_wear import GOOD
from samples.wear import KINDS
from training.gate.trials import MAKERS, Trial, make_bench, try_page

HALVES = 2
"""Each half, of even and of odd seeds, has filled sheets of its own; the fit takes its part from the even ones."""
AGAIN = 100_000
"""Added to a seed, and as even as it is, for another page of the same kind."""
MORE = (1, 3)
"""So many more of each wrong kind, and of each good one, without wrong guesses."""


def gather(
    out: Path,
    minutes: float,
    guesses: tuple[int, int],
    fonts: Path | None,
    first: int = 0,
    kinds: Sequence[str] = tuple(MAKERS),
) -> None:
    """Both halves at once for so long. `guesses` wrong ones are tried on each good page and each wrong page."""
    out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(HALVES, get_context("spawn")) as pool:
        list(pool.map(_rounds, [(half, out, minutes, guesses, fonts, first, kinds) for half in range(HALVES)]))


def _rounds(job: tuple[int, Path, float, tuple[int, int], Path | None, int, Sequence[str]]) -> None:
    half, out, minutes, guesses, fonts, first, kinds = job
    cv2.setNumThreads(1)
    bench, end, seed = make_bench(1 + half, fonts), time.monotonic() + 60 * minutes, first + half
    while time.monotonic() < end:
        trials: list[Trial] = []
        for kind in kinds:
            trials += try_page(bench, kind, seed, guesses[0] if kind in GOOD else guesses[1])
            more = 0 if kind in KINDS else MORE[kind in GOOD]  # worn pages take long to make
            for n in range(1, more + 1):
                trials += try_page(bench, kind, seed + n * AGAIN, 0)
        (out / f"{seed:05}.pkl").write_bytes(pickle.dumps(trials))
        print(f"half {half}, round {seed // HALVES}: {len(trials)} trials", flush=True)
        seed += HALVES


def gathered(folder: Path) -> Sequence[Trial]:
    """All trials kept so far."""
    return [trial for path in sorted(folder.glob("*.pkl")) for trial in pickle.loads(path.read_bytes())]
