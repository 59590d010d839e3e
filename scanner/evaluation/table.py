"""The evaluation as a table on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from scanner.evaluation.curves import calibration_error
from scanner.evaluation.run import Evaluation, UnplacedPage
from scanner.evaluation.scores import Score
from scanner.words import say, word

NAMED = 20
"""Pages without fields named on the terminal; the report names all."""
PIPE_WIDTH = 140
WIDE = 110
"""Columns of a terminal from which the intervals fit."""
HEADS = ("n", "exact", "interval", "cer", "tone_blind", "accepted", "silent", "interval")
KINDS = frozenset({"text", "digits", "date", "choice", "choices", "signature", "empty", "unclear", "total"})


def percent(share: float | None, lang: str, places: int = 1) -> str:
    """A share as "98.7 %" ("98,7 %" in Vietnamese); "–" where there is none."""
    return "–" if share is None or math.isnan(share) else f"{_number(100 * share, lang, places)} %"


def interval(bounds: tuple[float, float], n: int, lang: str, places: int = 1) -> str:
    """A 95 % interval as "97.1–99.2"; "–" where nothing was counted."""
    return "–".join(_number(100 * bound, lang, places) for bound in bounds) if n else "–"


def _number(number: float, lang: str, places: int) -> str:
    text = f"{number:.{places}f}"
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
    """Print the figures by kind, by field, by hand and wear, and name the pages without fields.

    Intervals and empty fields are shown where the terminal is wide enough; into a pipe the table is never cut.
    """
    out = console or Console()
    if not out.is_terminal and console is None:
        out = Console(width=PIPE_WIDTH)
    _print(out, word("evaluation.by_kind", lang), _named((*evaluation.by_kind, evaluation.total), "", lang), lang)
    empty = evaluation.empty_by_field
    _print(out, word("evaluation.by_field", lang), [(s.name, s) for s in evaluation.by_field], lang, empty)
    for title, groups in (("evaluation.by_hand", evaluation.by_hand), ("evaluation.by_wear", evaluation.by_wear)):
        rows = [row for tag, group in groups.items() for row in _named(group, f"{tag} · ", lang)]
        if rows:
            _print(out, word(title, lang), rows, lang)
    out.print(word("evaluation.ece", lang, ece=f"{calibration_error(evaluation.items):.4f}"), markup=False)
    placed = evaluation.pages - len(evaluation.unplaced)
    out.print(word("evaluation.pages_line", lang, placed=placed, pages=evaluation.pages), markup=False)
    for page in evaluation.unplaced[:NAMED]:
        out.print(f"  {page.file} ({page.page}): {why(page, lang)}", markup=False, highlight=False)
    if len(evaluation.unplaced) > NAMED:
        out.print(word("evaluation.more", lang, n=len(evaluation.unplaced) - NAMED), markup=False)


def why(page: UnplacedPage, lang: str) -> str:
    """Why a page gave no fields, in words."""
    return say(page.reason, lang) if page.reason else word(f"evaluation.{page.status.value}", lang)


def kind_word(name: str, lang: str) -> str:
    """A kind's name in words; a field id stays as it is."""
    return word(f"evaluation.kind.{name}", lang) if name in KINDS else name


def _named(scores: Iterable[Score], before: str, lang: str) -> list[tuple[str, Score]]:
    return [(before + kind_word(held.name, lang), held) for held in scores]


def _print(
    out: Console,
    title: str,
    scores: Sequence[tuple[str, Score]],
    lang: str,
    empty: Mapping[str, Score] | None = None,
) -> None:
    empty = empty if out.width >= WIDE else None
    shown = [i for i, head in enumerate(HEADS) if head != "interval" or out.width >= WIDE]
    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("", no_wrap=True)
    for head in [HEADS[i] for i in shown] + (["empty"] if empty is not None else []):
        # A heading may take two lines; a figure never breaks.
        narrow = word(f"evaluation.head.{head}", lang).replace(" ", "\n", 1)
        table.add_column(narrow, justify="right", no_wrap=True)
    for name, held in scores:
        row = cells(held, lang)
        last = [] if empty is None else [empty_cell(empty.get(held.name))]
        table.add_row(name, *(row[i] for i in shown), *last, style="bold" if held.name == "total" else None)
    out.print(table)


def empty_cell(held: Score | None) -> str:
    """How many of a field's empty ones were read as empty."""
    return f"{held.exact}/{held.n}" if held else "–"
