"""A committed baseline file: what was counted before, page by page, and what has become worse since, beyond noise.

Counts are kept and not rates, so that it is known how much a rate can move by itself; and they are kept for each page,
so that a part of the pages can be held against the same part. A page no longer placed counts as read wholly wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError, model_validator

from scanner.errors import SourceError
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import JudgedField, Score, by_kind
from scanner.files import replacing
from scanner.model import FormTemplate

SIGNIFICANCE = 0.01
"""A regression is reported where its p-value is below: chance alone makes so deep a fall once in a hundred times."""
COUNTS = ("n", "exact", "accepted", "silent")
CountsByPage = Mapping[str, Mapping[str, Score]]
"""Counts by page ("1.jpg (1)") and by kind, as `by_kind` names them."""
Measure = Literal["exact", "accepted", "silent"]
MEASURES: tuple[Measure, ...] = ("exact", "accepted", "silent")


@dataclass(frozen=True, slots=True)
class Regression:
    """A measure of a kind that became worse: the counts before and now, and the p-value of such a fall (0–1)."""

    kind: str
    measure: Measure
    before: Score
    now: Score
    p_value: float


class _File(BaseModel):
    """The baseline file. Unknown keys are refused: a newer program wrote them to be heeded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: str
    version: str
    counts: Literal["n, exact, accepted, silent"] = "n, exact, accepted, silent"
    pages: dict[str, dict[str, tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt, NonNegativeInt]]]

    @model_validator(mode="after")
    def _counts_fit(self) -> _File:
        for kinds in self.pages.values():
            for n, exact, accepted, silent in kinds.values():
                if max(exact, accepted) > n or silent > accepted:
                    raise ValueError("more than there are")
        return self


def pages_of(evaluation: Evaluation) -> CountsByPage:
    """The counts of each placed page."""
    held: dict[str, list[JudgedField]] = {}
    for item in evaluation.items:
        held.setdefault(_name(item.file, item.page), []).append(item)
    return {name: {s.name: s for s in by_kind(items)} for name, items in held.items()}


def write_baseline(evaluation: Evaluation, path: Path) -> None:
    """Write what was counted, one line a page, so that a diff shows which pages moved. It holds no value."""
    forms, pages = evaluation.forms, pages_of(evaluation)
    lines = [
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps({k: _numbers(s) for k, s in kinds.items()})}"
        for name, kinds in pages.items()
    ]
    names, versions = (", ".join(each) for each in ([f.id for f in forms], [f.version for f in forms]))
    head = {"form": names, "version": versions, "counts": ", ".join(COUNTS)}
    top = "".join(f"  {json.dumps(key)}: {json.dumps(text, ensure_ascii=False)},\n" for key, text in head.items())
    with replacing(path) as temporary:
        text = f'{{\n{top}  "pages": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
        temporary.write_text(text, encoding="utf-8", newline="\n")


def read_baseline(path: Path, forms: FormTemplate | Sequence[FormTemplate]) -> CountsByPage:
    """The counts of a baseline file. Raises SourceError: no such file, not a baseline, of a form that is not read."""
    try:
        file = _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SourceError("baseline_missing", path=path) from None
    except OSError as error:
        raise SourceError("baseline_unreadable", path=path, detail=error.strerror) from None
    except ValidationError:
        raise SourceError("baseline_invalid", path=path) from None
    known = [form.id for form in ((forms,) if isinstance(forms, FormTemplate) else forms)]
    if not set(file.form.split(", ")).issubset(known):
        raise SourceError("baseline_other_form", path=path, form=file.form, forms=", ".join(known))
    return {name: {kind: Score(kind, *counts) for kind, counts in kinds.items()} for name, kinds in file.pages.items()}


def find_regressions(before: CountsByPage, evaluation: Evaluation) -> tuple[Regression, ...]:
    """What fell beyond noise on the pages that both know, the surest fall first.

    Each kind and all of them together: the exact rate, the share accepted, and silent errors, which fall by rising.
    Silent errors are a share of all fields, so that a kind of which nothing was accepted before is judged too.
    Raises SourceError where no page is in both.
    """
    now = _now(before, evaluation)
    if not now:
        raise SourceError("baseline_no_common_page")
    then = {name: before[name] for name in now}
    regressions = [
        Regression(kind, measure, old, new, p_value)
        for kind, old, new in _pairs(then, now)
        for measure in MEASURES
        if (p_value := p_value_of_fall(_hits(old, measure), old.n, _hits(new, measure), new.n)) < SIGNIFICANCE
    ]
    return tuple(sorted(regressions, key=lambda regression: regression.p_value))


def p_value_of_fall(hits: int, n: int, hits_now: int, n_now: int) -> float:
    """Chance of at most `hits_now` of `n_now` where nothing changed since `hits` of `n`; 1 where either n is 0.

    Fisher's exact test for two proportions, one-sided: the lower tail of the hypergeometric distribution (Fisher, R. A.
    (1935), The Design of Experiments, ch. 2). The normal approximation fails where rates are near 1 or 0, as ours are.
    """
    marked, drawn, total = hits + hits_now, n_now, n + n_now
    lowest = max(0, drawn - (total - marked))
    everything = _log_choose(total, drawn)
    terms = (
        math.exp(_log_choose(marked, k) + _log_choose(total - marked, drawn - k) - everything)
        for k in range(lowest, hits_now + 1)
    )
    return min(math.fsum(terms), 1.0)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _now(before: CountsByPage, evaluation: Evaluation) -> CountsByPage:
    """Today's counts of the pages that the baseline knows."""
    now = {name: kinds for name, kinds in pages_of(evaluation).items() if name in before}
    for page in evaluation.unplaced:
        name = _name(page.file, page.page)
        if name in before:
            now[name] = {kind: Score(kind, held.n, 0, 0, 0) for kind, held in before[name].items()}
    return now


def _pairs(then: CountsByPage, now: CountsByPage) -> Iterable[tuple[str, Score, Score]]:
    """Each kind that both have, and "total", with its counts over all pages then and now."""
    old, new = _summed(then), _summed(now)
    return [(kind, old[kind], new[kind]) for kind in old if kind in new]


def _summed(pages: CountsByPage) -> dict[str, Score]:
    sums: dict[str, Score] = {}
    for kinds in pages.values():
        for kind, held in kinds.items():
            for name in (kind, "total"):
                so_far = _numbers(sums[name]) if name in sums else (0, 0, 0, 0)
                sums[name] = Score(name, *(a + b for a, b in zip(so_far, _numbers(held), strict=True)))
    return sums


def _hits(held: Score, measure: Measure) -> int:
    """Of n fields, those of which there should be many."""
    counts = {"exact": held.exact, "accepted": held.accepted, "silent": held.n - held.silent}
    return counts[measure]


def _numbers(held: Score) -> tuple[int, int, int, int]:
    return held.n, held.exact, held.accepted, held.silent


def _name(file: str, page: int) -> str:
    return f"{file} ({page})"
