"""Ticks: the state of each printed square, and the answer of a group of them, from the measures of `marks`.

A square is classified by its own strokes alone: how much of it they ink, how long they are together, whether they
cross it from side to side. What no measure decides is "unclear": a person looks, and the group has a proposal. (SDAPS
takes a filled square for a cancelled one; queXF does so unless nothing else is chosen. Here the group decides, and a
person sees it.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scanner.layout.ink.extraction import InkPage
from scanner.layout.marks.marks import ink_beside_squares, measure_mark
from scanner.model import Box, FieldKind, FieldSpec, Mark, MarkState, Reason

# Measured on drawn marks of all styles (samples/slips.py, family 0); family 1 in docs/how-good-is-it.md.
DEFAULTS: Mapping[str, float] = {
    "empty": 0.012,  # inked share of the inside: dust and bleed stay below
    "marked": 0.03,  # the thinnest slash drawn across half a 3-mm square has 0.06
    "shifted_mm2": 1.2,  # a mark that only leans into its square shows this much beside it
    "filled": 0.62,  # a tick or cross of a broad pen reaches 0.55
    "scribble": 0.30,  # inked share of the ring around a square that is also filled: scribbled over
    "beside_mm2": 0.9,  # ink of a mark that missed its square but lies within reach of it
    "missed_mm2": 0.25,  # the same where no square of the group is marked, further away and on the labels
    "rest_mm": 0.55,  # a dot no larger is where the pen rested
    "dot_mm": 1.0,  # a dot no larger may be either; one that is larger was meant
    "point_mm": 1.45,  # a mark no larger than this either way is a dot, which no form asks for
    "across_mm": 1.15,  # own strokes that reach this far out on both sides run across the square; a large tick has 0.95
    "crossed": 1.8,  # length of pen line, in sides, from which on such a stroke strikes out another
    "tangle": 3.3,  # more pen line than a large cross has (2.9)
    "busy": 2.75,  # as much is rare for one mark
    "around": 0.42,  # directions in which a circle lies: a square in a circled label has 0.44, a letter beside it 0.38
    "heavier": 1.45,  # one of two marks with this much more pen line was struck out
    "apart_mm": 5.0,  # a mark that reaches so far to both sides, off its level, touches a neighbour's circle
    "hangs_mm": 3.5,  # no scribble reaches so far down
    "closed": 0.55,  # beside a clean mark a circle lies in more directions; a tail and a letter have 0.44
    "leans_mm2": 3.2,  # ink around a square, part of something larger: a circle around its label has 3.7
    "fuller": 0.03,  # of two full squares one that is fuller by so much, inside and around, was cancelled
    "loose": 0.72,  # a mark with less of itself at its square may be a stroke that strays; large ticks have more
    "tight": 0.85,  # beside such a one a mark with this much of itself at its square is likelier meant
}

TAIL_MM = 2.0
"""A tick that reaches this far above its square has a tail, which is pen line too."""


def read_marks(page: InkPage, spec: FieldSpec, squares: Sequence[Box] = ()) -> tuple[Mark, ...]:
    """A mark for each option of a field of ticks, in printed order. `squares` are those of the whole sheet."""
    limits = {**DEFAULTS, **spec.thresholds}
    every = squares or [o.box for o in spec.options]
    found = [measure_mark(page, o.box, [s for s in every if s != o.box]) for o in spec.options]
    marks = tuple(_classify(m, limits, o.id, o.box) for m, o in zip(found, spec.options, strict=True))
    return marks if any(_is_at_square(m) for m in marks) else _find_beside(page, marks, limits)


def _is_at_square(mark: Mark) -> bool:
    """Is there more to a mark than ink around its square, which may be a neighbour's?"""
    m = mark.measures
    return mark.state is not MarkState.EMPTY and (m["own"] > 0 or m["doubtful"] > 0 or _is_circled(mark))


def _find_beside(page: InkPage, marks: tuple[Mark, ...], limits: Mapping[str, float]) -> tuple[Mark, ...]:
    """A group without a mark, looked at again: was one made beside its square, or on the label?"""
    ink = ink_beside_squares(page, [m.box for m in marks])
    return tuple(
        replace(m, state=MarkState.UNCLEAR, score=0.5, measures={**m.measures, "missed_mm2": area})
        if area >= limits["missed_mm2"]
        else m
        for m, area in zip(marks, ink, strict=True)
    )


def _classify(measures: dict[str, float], limits: Mapping[str, float], option: str, box: Box) -> Mark:
    state, score = _classify_measures(measures, limits)
    return Mark(option, state, score, box, measures)


def _classify_measures(m: Mapping[str, float], limits: Mapping[str, float]) -> tuple[MarkState, float]:
    """The state of one square by itself, and its score."""
    own = m["own"]
    leans = own > limits["empty"] and m["beside_mm2"] >= limits["shifted_mm2"]
    if m["around"] >= limits["around"] and m["inside"] < limits["filled"]:
        return MarkState.UNCLEAR, 0.5
    if own >= limits["marked"] or leans:
        if _is_cancelled(m, limits):
            return MarkState.CANCELLED, 0.8
        if m["extent"] <= limits["rest_mm"]:
            return MarkState.EMPTY, 0.75
        if m["extent"] <= limits["point_mm"] or _is_unusual(m, limits):
            return MarkState.UNCLEAR, 0.5
        return MarkState.MARKED, _score_between(own, limits["marked"], 3 * limits["marked"])
    if m["doubtful"] > limits["empty"] or own > limits["empty"]:
        return MarkState.UNCLEAR, 0.5
    if m["foreign"] <= limits["empty"] and m["beside_mm2"] >= limits["beside_mm2"]:
        return MarkState.UNCLEAR, 0.5
    return MarkState.EMPTY, 1 - 0.5 * own / limits["empty"] - (0.2 if m["foreign"] > limits["empty"] else 0.0)


def _is_cancelled(m: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """Was the mark cancelled: scribbled over, struck through from side to side, crossed out?"""
    out = [m[f"out_{way}"] for way in ("left", "right", "up", "down")]
    if m["inside"] >= limits["filled"] and not _is_joined_to_neighbour(m, limits):
        return m["ring"] >= limits["scribble"] or sum(o > 0.6 for o in out) >= 2 or m["around"] >= limits["around"]
    tangle = limits["tangle"] + (1.0 if m["out_up"] > TAIL_MM else 0.0)
    struck = m["across"] >= limits["across_mm"] and m["strokes"] >= limits["crossed"]
    tangled = m["strokes"] >= tangle and not _is_joined_to_neighbour(m, limits)
    return struck or tangled or min(out) >= 0.8


def _is_joined_to_neighbour(m: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """Is the mark connected with a neighbour's circle, above or below, or with a letter that hangs from it?"""
    wide = min(m["out_left"], m["out_right"]) >= limits["apart_mm"]
    return (wide or m["out_down"] >= limits["hangs_mm"]) and m["across"] < limits["across_mm"]


def _is_unusual(m: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """Is it more than one mark usually is?"""
    tail = m["out_up"] > TAIL_MM
    hangs = tail and m["out_right"] < 0.4 * m["out_up"] and m["strokes"] > 2.4  # no tick's tail: a letter's
    leans_in = m["share"] < 0.7 and (m["own"] < 0.15 or hangs)
    wide = m["across"] >= 0.8 * limits["across_mm"] and m["strokes"] >= 1.25 * limits["crossed"]
    return (m["strokes"] >= limits["busy"] and not tail) or wide or leans_in or _is_joined_to_neighbour(m, limits)


def _score_between(value: float, low: float, high: float) -> float:
    return float(min(1.0, 0.75 + 0.25 * (value - low) / (high - low)))


# --- the group ---------------------------------------------------------------------------------------


def resolve_choice(
    marks: Sequence[Mark], kind: FieldKind, filled: float = DEFAULTS["filled"]
) -> tuple[tuple[str, ...], float, Reason | None]:
    """The answer of a group of ticks: the options chosen, the least score behind it, and why a person must look.

    A filled square is the answer when it stands alone, and may be a cancelled one beside another. Where
    a person must look, the options chosen are a proposal.
    """
    of = {state: [m for m in marks if m.state is state] for state in MarkState}
    marked, unclear, cancelled = of[MarkState.MARKED], of[MarkState.UNCLEAR], of[MarkState.CANCELLED]
    chosen = tuple(m.option for m in marked)
    score = min((m.score for m in marks), default=0.0)
    least = DEFAULTS["closed" if marked else "around"]
    circled = [m for m in unclear if _is_circled(m) and m.measures["around"] >= least]
    if circled:
        proposed = (
            _best_circled(circled) if kind is FieldKind.CHOICE else [m for m in marks if m in marked or m in circled]
        )
        return tuple(m.option for m in proposed), score, Reason("mark_circled", {"count": len(circled)})
    if unclear:
        return _propose_with_unclear(marks, kind), score, Reason("mark_unclear", {"count": len(unclear)})
    if cancelled:
        return _fewest_strokes(marked, kind, filled), score, Reason("mark_cancelled", {"count": len(cancelled)})
    if kind is FieldKind.CHOICE and len(marked) > 1:
        return _fewest_strokes(marked, kind, filled), score, Reason("several_marks", {"count": len(marked)})
    if len(marked) > 1 and any(m.measures["inside"] >= filled for m in marked):
        return chosen, score, Reason("mark_cancelled", {"count": 1})
    if len(marked) > 1 and any(m.measures.get("share", 1.0) < DEFAULTS["loose"] for m in marked):
        return chosen, score, Reason("mark_unclear", {"count": 1})
    passing = [m for m in marks if m.measures.get("foreign", 0.0) > DEFAULTS["empty"]]
    if passing and not marked:  # a stroke of a neighbour, and nothing else: perhaps it was meant here
        return chosen, score, Reason("mark_unclear", {"count": len(passing)})
    return chosen, score, None


def _is_circled(mark: Mark) -> bool:
    m = mark.measures
    inside = m.get("inside", 0.0)
    full = inside >= DEFAULTS["filled"] or (
        inside > 3 * DEFAULTS["marked"] and m.get("ring", 0.0) >= DEFAULTS["scribble"]
    )
    return m.get("around", 0.0) >= DEFAULTS["around"] and not full


def _propose_with_unclear(marks: Sequence[Mark], kind: FieldKind) -> tuple[str, ...]:
    """The proposal of a group with unclear marks: what is clear, and where nothing is, the likeliest unclear one."""
    marked = [m for m in marks if m.state is MarkState.MARKED]
    unclear = [m for m in marks if m.state is MarkState.UNCLEAR]
    meant = [m for m in unclear if _is_likely_meant(m)]
    ordinary = any(m.measures["inside"] < DEFAULTS["filled"] for m in marked)
    if marked and (not meant or ordinary):
        return _fewest_strokes(marked, kind, DEFAULTS["filled"])
    clear = [m for m in marks if m in marked or m in meant]
    likeliest = next((some for some in (clear, *_by_likelihood(unclear)) if some), [])
    if len(likeliest) > 1 and not clear and kind is FieldKind.CHOICE:
        return ()
    return _fewest_strokes(likeliest, kind, DEFAULTS["filled"])


def _by_likelihood(unclear: Sequence[Mark]) -> tuple[list[Mark], ...]:
    """Unclear marks likeliest meant first: own ink, a tick's foot, far the most ink, any ink, a mark that missed."""
    own = [m for m in unclear if _is_more_than_a_dot(m)]
    feet = [m for m in unclear if m.measures.get("foot")]
    dark = [m for m in unclear if m.measures.get("doubtful", 0.0) > DEFAULTS["empty"]]
    most = max((m.measures["doubtful"] for m in dark), default=0.0)
    darkest = [m for m in dark if m.measures["doubtful"] > 0.5 * most]
    missed = [m for m in unclear if m.measures.get("missed_mm2", 0.0) >= DEFAULTS["missed_mm2"]]
    closest = [m for m in missed if m.measures["beside_mm2"] >= DEFAULTS["beside_mm2"]]
    leaning = [m for m in unclear if m.measures.get("beside_mm2", 0.0) >= DEFAULTS["leans_mm2"]]
    others = [m for m in unclear if m.measures.get("own", 0.0) > 0]
    return own, feet, darkest, closest, missed, leaning, others


def _is_more_than_a_dot(mark: Mark) -> bool:
    """Was more than a dot drawn in the square itself?"""
    return mark.measures.get("own", 0.0) >= DEFAULTS["marked"] and mark.measures["extent"] > DEFAULTS["dot_mm"]


def _best_circled(circled: Sequence[Mark]) -> list[Mark]:
    """Of several squares with strokes around them the most closely circled; the others lie beside it, or are struck."""
    most = max(m.measures["around"] for m in circled)
    return [m for m in circled if m.measures["around"] > most / 1.4]


def _is_likely_meant(mark: Mark) -> bool:
    """Is an unclear mark likelier an answer than an accident?"""
    m = mark.measures
    return m.get("own", 0.0) > 0 and m["extent"] > DEFAULTS["dot_mm"] and m["share"] >= 0.8


def _least_stray(marked: Sequence[Mark], filled: float) -> tuple[str, ...]:
    """Of marks equally long the one that keeps to its square beside strays, or the less full one; else all of them."""
    tight = [m.option for m in marked if m.measures.get("share", 1.0) >= DEFAULTS["tight"]]
    loose = [m.option for m in marked if m.measures.get("share", 1.0) < DEFAULTS["loose"]]
    if len(tight) == 1 and len(loose) == len(marked) - 1:
        return tuple(tight)
    if all(m.measures["inside"] >= filled for m in marked):  # a small cross of a broad pen, and a filled square
        full = sorted((m.measures["inside"] + m.measures["ring"], m.option) for m in marked)
        if full[1][0] - full[0][0] >= DEFAULTS["fuller"]:
            return (full[0][1],)
    return tuple(m.option for m in marked)


def _fewest_strokes(marked: Sequence[Mark], kind: FieldKind, filled: float) -> tuple[str, ...]:
    """Of several marks where one is expected, the one that has clearly less pen line than the others."""
    if kind is not FieldKind.CHOICE or len(marked) < 2:
        return tuple(m.option for m in marked)
    weights = [9.0 if m.measures["inside"] >= filled else m.measures.get("strokes", 1.0) for m in marked]
    first, second = sorted(weights)[:2]
    if second < DEFAULTS["heavier"] * first:
        return _least_stray(marked, filled)
    return (marked[weights.index(first)].option,)
