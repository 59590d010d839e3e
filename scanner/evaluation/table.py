"""The evaluation as a table on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from scanner.confidence.statistics import EDGES
from scanner.evaluation.baseline import Regression
from scanner.evaluation.run import Evaluation, UnplacedPage
from scanner.evaluation.scores import Score
from scanner.messages import format_reason, message

NAMED = 20
"""Pages without fields named on the terminal; the report names all."""
PIPE_WIDTH = 140
WIDE = 110
"""Columns of a terminal from which the intervals fit."""
HEADS = ("n", "exact", "interval", "cer", "tone_blind", "accepted", "silent", "interval")
KINDS = frozenset({"text", "digits", "date", "choice", "choices", "signature", "empty", "unclear", "total"})


def evaluation_text(code: str, lang: str, **params: str | float) -> str:
    """A sentence of the evaluation."""
    return message(f"evaluation.{code}", lang, **params)


def format_percent(share: float | None, lang: str, places: int = 1) -> str:
    """A share as "98.7 %" ("98,7 %" in Vietnamese); "–" where there is none."""
    return "–" if share is None or math.isnan(share) else f"{format_number(100 * share, lang, places)} %"


def format_interval(bounds: tuple[float, float], n: int, lang: str, places: int = 1) -> str:
    """A 95 % interval as "97.1–99.2"; "–" where nothing was counted."""
    return "–".join(format_number(100 * bound, lang, places) for bound in bounds) if n else "–"


def format_calibration_error(error: float | None, lang: str) -> str:
    """A calibration error as "0.012"; "–" where there is none."""
    return "–" if error is None else format_number(error, lang, 3)


def format_number(value: float, lang: str, places: int) -> str:
    """A number with so many decimals, with the comma in Vietnamese."""
    text = f"{value:.{places}f}"
    return text.replace(".", ",") if lang == "vi" else text


def score_cells(held: Score, lang: str) -> list[str]:
    """One score as the cells under `HEADS`."""
    silent = f"{format_percent(held.silent_rate, lang, 2)} ({held.silent})" if held.accepted else "–"
    return [
        str(held.n),
        format_percent(held.exact_rate, lang),
        format_interval(held.exact_interval, held.n, lang),
        format_percent(held.cer, lang),
        format_percent(held.tone_blind_cer, lang),
        format_percent(held.accepted_rate, lang),
        silent,
        format_interval(held.silent_interval, held.accepted, lang, 2),
    ]


def print_table(evaluation: Evaluation, console: Console | None = None, lang: str = "en") -> None:
    """Print the figures by kind, by field, by hand and wear, and name the pages without fields. No value is printed.

    Intervals and empty fields are shown where the terminal is wide enough; into a pipe the table is never cut.
    """
    out = console or Console()
    if not out.is_terminal and console is None:
        out = Console(width=PIPE_WIDTH)
    errors = {name: format_calibration_error(error, lang) for name, error in evaluation.calibration_errors.items()}
    kinds = _named((*evaluation.by_kind, evaluation.total), "", lang)
    _print(out, evaluation_text("by_kind", lang), kinds, lang, ("ece", errors))
    empty = {name: empty_cell(held) for name, held in evaluation.empty_by_field.items()}
    fields = [(s.name, s) for s in evaluation.by_field]
    _print(out, evaluation_text("by_field", lang), fields, lang, ("empty", empty) if out.width >= WIDE else None)
    for title, groups in (("by_hand", evaluation.by_hand), ("by_wear", evaluation.by_wear)):
        rows = [row for tag, group in groups.items() for row in _named(group, f"{tag} · ", lang)]
        if rows:
            _print(out, evaluation_text(title, lang), rows, lang)
    out.print(evaluation_text("ece", lang, bins=len(EDGES) - 1), markup=False)
    placed = evaluation.pages - len(evaluation.unplaced)
    out.print(evaluation_text("pages_line", lang, placed=placed, pages=evaluation.pages), markup=False)
    _print_pages(out, evaluation.unplaced, lang)
    if evaluation.misidentified:
        out.print(evaluation_text("misidentified_title", lang, n=len(evaluation.misidentified)), markup=False)
        _print_pages(out, evaluation.misidentified, lang)


def _print_pages(out: Console, pages: Sequence[UnplacedPage], lang: str) -> None:
    for page in pages[:NAMED]:
        out.print(f"  {page.file} ({page.page}): {page_reason(page, lang)}", markup=False, highlight=False)
    if len(pages) > NAMED:
        out.print(evaluation_text("more", lang, n=len(pages) - NAMED), markup=False)


def format_regressions(regressions: Sequence[Regression], lang: str = "en") -> str:
    """What became worse than the baseline file, in words, the smallest p-value first."""
    return "; ".join(
        evaluation_text(
            f"baseline.{each.measure}",
            lang,
            kind=kind_name(each.kind, lang),
            before=getattr(each.before, each.measure),
            n=each.before.n,
            now=getattr(each.now, each.measure),
            m=each.now.n,
        )
        for each in regressions
    )


def page_reason(page: UnplacedPage, lang: str) -> str:
    """Why a page gave no fields, in words."""
    return format_reason(page.reason, lang) if page.reason else evaluation_text(page.status.value, lang)


def kind_name(name: str, lang: str) -> str:
    """A kind's name in words; a field id stays as it is."""
    return evaluation_text(f"kind.{name}", lang) if name in KINDS else name


def _named(scores: Iterable[Score], before: str, lang: str) -> list[tuple[str, Score]]:
    return [(before + kind_name(held.name, lang), held) for held in scores]


def _print(
    out: Console,
    title: str,
    scores: Sequence[tuple[str, Score]],
    lang: str,
    last: tuple[str, Mapping[str, str]] | None = None,
) -> None:
    """One table. `last` is one more column: its heading, and what stands in it by the score's name."""
    shown = [i for i, head in enumerate(HEADS) if head != "interval" or out.width >= WIDE]
    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("", no_wrap=True)
    for head in [HEADS[i] for i in shown] + ([last[0]] if last else []):
        # A heading may take two lines; a figure never breaks.
        table.add_column(evaluation_text(f"head.{head}", lang).replace(" ", "\n", 1), justify="right", no_wrap=True)
    for name, held in scores:
        row = score_cells(held, lang)
        more = [last[1].get(held.name, "–")] if last else []
        table.add_row(name, *(row[i] for i in shown), *more, style="bold" if held.name == "total" else None)
    out.print(table)


def empty_cell(held: Score | None) -> str:
    """How many of a field's empty ones were read as empty."""
    return f"{held.exact}/{held.n}" if held else "–"
