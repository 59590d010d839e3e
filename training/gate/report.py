"""The gate's figures as Markdown tables: what passed, what was refused, which fields were flagged, with bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from samples.misplaced import HELD_OUT
from samples.office_wear import GOOD
from scanner.confidence.statistics import LogisticModel
from scanner.layout.registration.gate import is_doubtful
from scanner.model import FormTemplate
from training.gate.cases import FieldCase, fields_of, for_fitting, is_good, is_wrong, score, upper
from training.gate.trials import Trial

Scales = tuple[LogisticModel, LogisticModel]
NEAR_BINS = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 9.0)


def passes(trial: Trial, page: LogisticModel) -> bool:
    """Would the gate let it through?"""
    return bool(trial.fields) and score(trial, page) >= page.threshold


def is_flagged(case: FieldCase) -> bool:
    """Would its field go to a person?"""
    return case.evidence.missing > 0 or is_doubtful(case.evidence)


def silent(trial: Trial, scales: Scales) -> int:
    """Fields of a page that passes which are off and not flagged."""
    if not passes(trial, scales[0]):
        return 0
    return sum(c.wrong and not is_flagged(c) for c in fields_of(trial))


def report(trials: Sequence[Trial], form: FormTemplate, scales: Scales) -> str:
    """All tables, on the half that the fit did not see."""
    held = [t for t in trials if not for_fitting(t)]
    parts = [_wrong_guesses(held, scales), _wrong_pages(held, form, scales), _good(held, scales)]
    return "\n\n".join(["\n".join(part) for part in (*parts, _near(held, scales))])


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(c) for c in cells) + " |"


def _bound(count: int, total: int) -> str:
    """The upper bound as "1 in N"."""
    return f"1 in {1 / upper(count, total):,.0f}" if total else "–"


def _wrong_guesses(trials: Iterable[Trial], scales: Scales) -> Iterator[str]:
    """Forced placements: from a wrong first guess, on pages of the form and on others."""
    groups: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.guess != "found":
            groups[f"{trial.guess}, on {'the form' if trial.kind in GOOD else 'another or damaged page'}"].append(trial)
    yield _row(
        "wrong first guess", "tried", "refused", "came to the right place", "passed with a field off and not flagged"
    )
    yield _row("---", "---:", "---:", "---:", "---:")
    total = np.zeros(4, int)
    for name in sorted(groups):
        held = groups[name]
        bad = sum(silent(t, scales) > 0 for t in held)
        through = sum(passes(t, scales[0]) for t in held)
        line = np.array([len(held), len(held) - through, through - bad, bad])
        total += line
        yield _row(name, *line)
    wrong = total[0] - total[2]
    yield _row("**all**", *total)
    yield f"\nWrong placements that pass: {total[3]} of {wrong}: at most {_bound(int(total[3]), int(wrong))} (95 %)."


def _wrong_pages(trials: Iterable[Trial], form: FormTemplate, scales: Scales) -> Iterator[str]:
    """Other documents, other prints and damaged sheets, placed as they would be."""
    groups: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.guess == "found" and trial.kind not in GOOD:
            groups[trial.kind].append(trial)
    yield _row(
        "page", "pages", "refused", "placed, nothing off", "placed, all that is off flagged",
        "placed, a field off and not flagged", "fields off in placed pages", "of these not flagged",
    )  # fmt: skip
    yield _row("---", *["---:"] * 7)
    total = np.zeros(7, int)
    for name, held in groups.items():
        line = _outcomes(held, scales)
        total += line
        yield _row(f"{name} *" if name in HELD_OUT else name, *line)
    yield _row("**all**", *total)
    fields = len(form.fields) * int(total[0])
    share, most = 1e4 * total[6] / max(fields, 1), 1e4 * upper(int(total[6]), max(fields, 1))
    yield (
        f"\nPages placed with a field off and not flagged: {total[4]} of {total[0]} (at most "
        f"{_bound(int(total[4]), int(total[0]))}, 95 %). Fields: {total[6]} of {fields}, {share:.1f} in 10,000 "
        f"(at most {most:.1f}). Kinds marked * were never seen by the fit."
    )


def _outcomes(held: Sequence[Trial], scales: Scales) -> np.ndarray:
    line = np.zeros(7, int)
    line[0] = len(held)
    for trial in held:
        if not passes(trial, scales[0]):
            line[1] += 1
            continue
        off, unflagged = sum(c.wrong for c in fields_of(trial)), silent(trial, scales)
        line[2 if not off else 3 if not unflagged else 4] += 1
        line[5] += off
        line[6] += unflagged
    return line


def _good(trials: Iterable[Trial], scales: Scales) -> Iterator[str]:
    """Pages that must be placed."""
    groups: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if is_good(trial):
            groups[trial.kind].append(trial)
    yield _row(
        "good page",
        "pages",
        "refused",
        "right fields flagged",
        "print missing",
        "place in doubt",
        "farthest corner, mm",
    )
    yield _row("---", *["---:"] * 6)
    total = np.zeros(4, int)
    for name, held in groups.items():
        placed = [t for t in held if passes(t, scales[0])]
        cases = [c for t in placed for c in fields_of(t) if not c.wrong]
        missing = sum(c.evidence.missing > 0 for c in cases)
        count = sum(is_flagged(c) for c in cases)
        total += [len(held), len(held) - len(placed), count, len(cases)]
        farthest = max((o for t in placed for o in t.off), default=0.0)
        yield _row(name, len(held), len(held) - len(placed), count, missing, count - missing, f"{farthest:.2f}")
    yield _row("**all**", total[0], total[1], total[2], "", "", "")
    yield (
        f"\nGood pages refused: {total[1]} of {total[0]}: at most {_bound(int(total[1]), int(total[0]))} (95 %). "
        f"Right fields flagged: {total[2]} of {total[3]} ({100 * total[2] / max(total[3], 1):.2f} %)."
    )


def _near(trials: Iterable[Trial], scales: Scales) -> Iterator[str]:
    """The residual near a field against how far it truly is off."""
    cases = [c for t in trials if passes(t, scales[0]) for c in fields_of(t)]
    cases = [c for c in cases if np.isfinite(c.off)]
    near, off = np.array([c.evidence.near for c in cases]), np.array([c.off for c in cases])
    flagged = np.array([is_flagged(c) for c in cases])
    yield _row(
        "residual near the field, mm", "fields", "corner off: median", "95 %", "farthest", "off by > 1 mm", "flagged"
    )
    yield _row("---:", *["---:"] * 6)
    for low, high in pairwise(NEAR_BINS):
        here = (near >= low) & (near < high)
        if here.any():
            o = off[here]
            yield _row(
                f"{low:g}–{high:g}", int(here.sum()), f"{np.median(o):.2f}", f"{np.percentile(o, 95):.2f}",
                f"{o.max():.2f}", f"{100 * (o > 1).mean():.2f} %", f"{100 * flagged[here].mean():.2f} %",
            )  # fmt: skip


def curve(trials: Iterable[Trial], page: LogisticModel) -> Mapping[str, Sequence[float]]:
    """Scores of good and of wrong placements of the half that the fit did not see."""
    held = [t for t in trials if not for_fitting(t)]
    return {
        "good": sorted(score(t, page) for t in held if is_good(t)),
        "wrong": sorted(score(t, page) for t in held if is_wrong(t)),
    }
