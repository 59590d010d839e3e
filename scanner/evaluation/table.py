"""The evaluation as a table on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from scanner.confidence.statistics import EDGES
from scanner.evaluation.baseline import Fall
from scanner.evaluation.run import Evaluation, UnplacedPage
from scanner.evaluation.scores import Score
from scanner.messages import format_reason as say_reason
from scanner.messages import message

NAMED = 20
"""Pages without fields named on the terminal; the report names all."""
PIPE_WIDTH = 140
WIDE = 110
"""Columns of a terminal from which the intervals fit."""
HEADS = ("n", "exact", "interval", "cer", "tone_blind", "accepted", "silent", "interval")
KINDS = frozenset({"text", "digits", "date", "choice", "choices", "signature", "empty", "unclear", "total"})


def format_share(code: str, lang: str, **params: str | float) -> str:
    """A sentence of the evaluation."""
    return message(f"evaluation.{code}", lang, **params)


def percent(share: float | None, lang: str, places: int = 1) -> str:
    """A share as "98.7 %" ("98,7 %" in Vietnamese); "–" where there is none."""
    return "–" if share is None or math.isnan(share) else f"{number(100 * share, lang, places)} %"


def interval(bounds: tuple[float, float], n: int, lang: str, places: int = 1) -> str:
    """A 95 % interval as "97.1–99.2"; "–" where nothing was counted."""
    return "–".join(number(100 * bound, lang, places) for bound in bounds) if n else "–"


def gap(error: float | None, lang: str) -> str:
    """A calibration error as "0.012"; "–" where there is none."""
    return "–" if error is None else number(error, lang, 3)


def number(value: float, lang: str, places: int) -> str:
    """A number with so many decimals, with the comma in Vietnamese."""
    text = f"{value:.{places}f}"
    return text.replace(".", ",") if lang == "vi" else text


def cells(held: Score, lang: str) -> list[str]:
    """One score as the cells under `HEADS`."""
    silent = f"{percent(held.silent_rate, lang, 2)} ({held.silent})" if held.accepted else "–"
    return [
        str(held.n),
        percent(held.exact_rate, lang),
        interval(held.exact_interval, held.n, lang),
        percent(held.cer, lang),
        percent(held.tone_blind_cer, lang),
        percent(held.accepted_rate, lang),
        silent,
        interval(held.silent_interval, held.accepted, lang, 2),
    ]


def print_table(evaluation: Evaluation, console: Console | None = None, lang: str = "en") -> None:
    """Print the figures by kind, by field, by hand and wear, and name the pages without fields. No value is printed.

    Intervals and empty fields are shown where the terminal is wide enough; into a pipe the table is never cut.
    """
    out = console or Console()
    if not out.is_terminal and console is None:
        out = Console(width=PIPE_WIDTH)
    errors = {name: gap(error, lang) for name, error in evaluation.calibration_errors.items()}
    kinds = _named((*evaluation.by_kind, evaluation.total), "", lang)
    _print(out, format_share("by_kind", lang), kinds, lang, ("ece", errors))
    empty = {name: empty_cell(held) for name, held in evaluation.empty_by_field.items()}
    fields = [(s.name, s) for s in evaluation.by_field]
    _print(out, format_share("by_field", lang), fields, lang, ("empty", empty) if out.width >= WIDE else None)
    for title, groups in (("by_hand", evaluation.by_hand), ("by_wear", evaluation.by_wear)):
        rows = [row for tag, group in groups.items() for row in _named(group, f"{tag} · ", lang)]
        if rows:
            _print(out, format_share(title, lang), rows, lang)
    out.print(format_share("ece", lang, bins=len(EDGES) - 1), markup=False)
    placed = evaluation.pages - len(evaluation.unplaced)
    out.print(format_share("pages_line", lang, placed=placed, pages=evaluation.pages), markup=False)
    _print_pages(out, evaluation.unplaced, lang)
    if evaluation.elsewhere:
        out.print(format_share("elsewhere_title", lang, n=len(evaluation.elsewhere)), markup=False)
        _print_pages(out, evaluation.elsewhere, lang)


def _print_pages(out: Console, pages: Sequence[UnplacedPage], lang: str) -> None:
    for page in pages[:NAMED]:
        out.print(f"  {page.file} ({page.page}): {why(page, lang)}", markup=False, highlight=False)
    if len(pages) > NAMED:
        out.print(format_share("more", lang, n=len(pages) - NAMED), markup=False)


def falls_line(falls: Sequence[Fall], lang: str = "en") -> str:
    """One sentence on what fell below the baseline, the surest fall first."""
    told = [
        format_share(
            f"baseline.{fall.measure}",
            lang,
            kind=kind_word(fall.kind, lang),
            before=getattr(fall.before, fall.measure),
            n=fall.before.n,
            now=getattr(fall.now, fall.measure),
            m=fall.now.n,
        )
        for fall in falls
    ]
    return format_share("baseline.fell", lang, falls="; ".join(told)) if told else format_share("baseline.held", lang)


def why(page: UnplacedPage, lang: str) -> str:
    """Why a page gave no fields, in words."""
    return say_reason(page.reason, lang) if page.reason else format_share(page.status.value, lang)


def kind_word(name: str, lang: str) -> str:
    """A kind's name in words; a field id stays as it is."""
    return format_share(f"kind.{name}", lang) if name in KINDS else name


def _named(scores: Iterable[Score], before: str, lang: str) -> list[tuple[str, Score]]:
    return [(before + kind_word(held.name, lang), held) for held in scores]


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
        table.add_column(format_share(f"head.{head}", lang).replace(" ", "\n", 1), justify="right", no_wrap=True)
    for name, held in scores:
        row = cells(held, lang)
        more = [last[1].get(held.name, "–")] if last else []
        table.add_row(name, *(row[i] for i in shown), *more, style="bold" if held.name == "total" else None)
    out.print(table)


def empty_cell(held: Score | None) -> str:
    """How many of a field's empty ones were read as empty."""
    return f"{held.exact}/{held.n}" if held else "–"
