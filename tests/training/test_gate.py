"""The figures of the gate are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from samples.misplaced import FITTED, HELD_OUT, Stack, print_rows
from samples.paper import Sheet, scanned
from training.gate.cases import tail, upper


@pytest.mark.parametrize(
    ("count", "total", "bound"),
    [(0, 30_000, 9.985e-5), (0, 600, 4.980e-3), (1, 100, 0.04656), (5, 1000, 0.01048), (3, 3, 1.0)],
)
def test_bound_is_clopper_and_pearsons(count: int, total: int, bound: float) -> None:
    assert upper(count, total) == pytest.approx(bound, rel=2e-3)


def test_tail_of_an_exponential_is_found() -> None:
    scores = np.random.default_rng(4).exponential(2.0, 20_000)
    assert tail(list(scores), 1e-4) == pytest.approx(2.0 * np.log(1e4), rel=0.1)


def test_no_kind_is_both_fitted_and_held_out() -> None:
    assert not set(FITTED) & set(HELD_OUT)


def test_slip_puts_marks_where_it_says(blank) -> None:
    """A cross on white paper, through a slip of 3 mm, is seen where the truth says."""
    image = np.full((3508, 2480), 255, np.uint8)
    at = np.array([[120.0, 200.0]])
    x, y = (round(float(v) * 300 / 25.4 - 0.5) for v in at[0])
    image[y - 12 : y + 13, x - 12 : x + 13] = 0

    def slip(points: np.ndarray) -> np.ndarray:
        return np.stack([np.zeros(len(points)), 1.5 * (1 + np.tanh((points[:, 1] - 150) / 30))], 1)

    seen = scanned(Sheet(image), np.random.default_rng(3), slip=slip)
    rows, cols = np.nonzero(seen.image < 100)
    assert np.hypot(*(np.array([cols.mean(), rows.mean()]) - seen.to_page(at)[0])) < 1.0


def test_rows_of_print_are_found_and_stacked_anew(blank) -> None:
    rows = print_rows(np.array(blank))
    assert len(rows) > 30
    stack = Stack([np.array(blank)], np.array(blank), rows)
    seen = FITTED["line removed"](stack, np.random.default_rng(1))
    assert seen.sheet is not None
    moved = seen.sheet.moved(np.array([[50.0, y] for y in np.arange(5.0, 290, 1)]))
    assert np.isnan(moved).any() and np.nanmax(moved[:, 1]) < 289
