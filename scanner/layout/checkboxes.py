"""Ticks: what the writer left in and around each printed square, judged against the blank and the paper.

A square's state comes from measures that any hand can be held to: how much of the inside is inked, how much
ink lies just outside, how long the longest stroke is. What no measure settles is "unclear": a person looks.
(SDAPS and queXF taught that a square filled to the brim may be a cancelled one; the group decides.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from scanner.layout.ink import InkPage, px_to_mm2
from scanner.model import PX_PER_MM, Box, FieldKind, FieldSpec, Mark, MarkState, Reason

DEFAULTS: Mapping[str, float] = {
    "empty": 0.012,  # inked share of the inside: dust and bleed stay below
    "marked": 0.03,  # the thinnest slash drawn across half a 3-mm square has 0.06
    "shifted_mm2": 1.2,  # a mark that only leans into its square shows this much beside it
    "filled": 0.62,  # a tick or cross of a broad pen reaches 0.45
    "scribble": 0.30,  # inked share of the ring around a square that is also filled: scribbled over
    "beside_mm2": 0.9,  # ink of a mark that missed its square but lies within reach of it
}
INSET_MM = 0.40
RING_MM = 1.3


def read_marks(page: InkPage, spec: FieldSpec) -> tuple[Mark, ...]:
    """A mark for each option of a field of ticks, in printed order."""
    limits = {**DEFAULTS, **spec.thresholds}
    return tuple(_judge(_measure(page, o.box), limits, o.id, o.box) for o in spec.options)


def _measure(page: InkPage, box: Box) -> dict[str, float]:
    """Shares of ink inside the square and in the ring around it, and the ink that only lies beside it."""
    seen = page.at(box.grown(RING_MM, RING_MM), walls=True)
    rows, cols, ink = seen.rows, seen.cols, seen.ink > 0
    inside = np.zeros_like(ink)
    dr, dc = (round(v * PX_PER_MM) for v in (box.y + INSET_MM, box.x + INSET_MM))
    height, width = round((box.h - 2 * INSET_MM) * PX_PER_MM), round((box.w - 2 * INSET_MM) * PX_PER_MM)
    inside[dr - rows.start : dr - rows.start + height, dc - cols.start : dc - cols.start + width] = True
    # the frame itself is print: what a stroke leaves on it counts neither way
    free = seen.printed == 0
    ring = ~inside & free
    grey = page.grey[rows, cols]
    return {
        "inside": float(ink[inside].mean()) if inside.any() else 0.0,
        "ring": float(ink[ring].mean()) if ring.any() else 0.0,
        "beside_mm2": px_to_mm2(float((ink & ring).sum())),
        "darkness": float(1 - grey[inside].mean() / 245) if inside.any() else 0.0,
        "reach": _reach(ink & inside),
    }


def _reach(ink: np.ndarray) -> float:
    """The longest side of the largest stroke, as a share of the window's side."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(ink, np.uint8), connectivity=8)
    if count < 2:
        return 0.0
    sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max()
    return float(sides / max(ink.shape))


def _judge(measures: dict[str, float], limits: Mapping[str, float], option: str, box: Box) -> Mark:
    inside, ring = measures["inside"], measures["ring"]
    if inside >= limits["filled"] and ring >= limits["scribble"]:
        state, score = MarkState.CANCELLED, min(1.0, 0.5 + ring)
    elif inside >= limits["marked"] or (inside > limits["empty"] and measures["beside_mm2"] >= limits["shifted_mm2"]):
        state, score = MarkState.MARKED, _ramp(inside, limits["marked"], 3 * limits["marked"])
    elif inside <= limits["empty"] and measures["beside_mm2"] < limits["beside_mm2"]:
        state, score = MarkState.EMPTY, 1 - 0.5 * inside / limits["empty"]
    else:
        state, score = MarkState.UNCLEAR, 0.5
    return Mark(option, state, score, box, measures)


def _ramp(value: float, low: float, high: float) -> float:
    return float(min(1.0, 0.75 + 0.25 * (value - low) / (high - low)))


def resolve(
    marks: Sequence[Mark], kind: FieldKind, filled: float = DEFAULTS["filled"]
) -> tuple[tuple[str, ...], float, Reason | None]:
    """What a group of ticks says: the options chosen, the least score behind it, and why a person must look.

    A square filled to the brim is the answer when it stands alone, and may be a cancelled one beside another.
    """
    marked = [m for m in marks if m.state is MarkState.MARKED]
    unclear = [m for m in marks if m.state is MarkState.UNCLEAR]
    cancelled = [m for m in marks if m.state is MarkState.CANCELLED]
    chosen = tuple(m.option for m in marked)
    score = min((m.score for m in marks), default=0.0)
    if unclear:
        return chosen, score, Reason("mark_unclear", {"count": len(unclear)})
    if cancelled:
        return chosen, score, Reason("mark_cancelled", {"count": len(cancelled)})
    if kind is FieldKind.CHOICE and len(marked) > 1:
        return chosen, score, Reason("several_marks", {"count": len(marked)})
    if len(marked) > 1 and any(m.measures["inside"] >= filled for m in marked):
        return chosen, score, Reason("mark_cancelled", {"count": 1})
    return chosen, score, None
