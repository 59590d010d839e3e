"""The evaluation as one HTML file: tables, curves, and the worst readings with their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from scanner.confidence.statistics import EDGES
from scanner.evaluation.charts import TARGET, confidence_section
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import Score
from scanner.evaluation.table import HEADS, cells, empty_cell, format_share, gap, interval, kind_word, percent, why
from scanner.evaluation.worst import worst_section
from scanner.export.html import document, section, table, tiles
from scanner.files import replacing


def write_report(evaluation: Evaluation, path: Path, lang: str = "en") -> None:
    """Write the report; a file of that name is replaced only when the new one is complete.

    It shows wrong readings with their pictures and true values: keep it where the truth file may be kept.
    """
    text = render(evaluation, lang)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def render(evaluation: Evaluation, lang: str) -> str:
    """The report as HTML text."""
    forms = evaluation.forms
    names, versions = (", ".join(each) for each in ([f.id for f in forms], [f.version for f in forms]))
    intro = format_share("intro", lang, form=names, version=versions, pages=evaluation.pages, fields=evaluation.total.n)
    sections = [
        _tiles(evaluation, lang),
        _unplaced(evaluation, lang),
        _elsewhere(evaluation, lang),
        _kinds(evaluation, lang),
        confidence_section(evaluation, lang),
        _fields(evaluation, lang),
        _tags("by_hand", evaluation.by_hand, lang),
        _tags("by_wear", evaluation.by_wear, lang),
        worst_section(evaluation, lang),
    ]
    return document(format_share("title", lang), intro, sections, lang)


def _tiles(evaluation: Evaluation, lang: str) -> str:
    total, placed = evaluation.total, evaluation.pages - len(evaluation.unplaced)
    spread = interval(total.silent_interval, total.accepted, lang, 2)
    tone = "bad" if total.accepted and total.silent_rate > TARGET else "good"
    return tiles(
        [
            (
                f"{placed}/{evaluation.pages}",
                format_share("tile.pages", lang),
                "",
                "bad" if evaluation.unplaced else "good",
            ),
            (
                percent(total.exact_rate, lang),
                format_share("tile.exact", lang),
                interval(total.exact_interval, total.n, lang),
                "",
            ),
            (
                percent(total.accepted_rate, lang),
                format_share("tile.accepted", lang),
                f"{total.accepted}/{total.n}",
                "",
            ),
            (
                percent(total.silent_rate, lang, 2),
                format_share("tile.silent", lang),
                f"{total.silent}/{total.accepted} · {spread}",
                tone,
            ),
        ]
    )


def _unplaced(evaluation: Evaluation, lang: str) -> str:
    if not evaluation.unplaced:
        return f'<p class="note good">{escape(format_share("unplaced_none", lang))}</p>'
    rows = [[f"{page.file} ({page.page})", why(page, lang)] for page in evaluation.unplaced]
    body = table([format_share("head.file", lang), format_share("head.why", lang)], rows, words=2)
    return section(format_share("unplaced_title", lang, n=len(rows)), body, format_share("unplaced_note", lang))


def _elsewhere(evaluation: Evaluation, lang: str) -> str:
    if not evaluation.elsewhere:
        return ""
    rows = [[f"{page.file} ({page.page})", why(page, lang)] for page in evaluation.elsewhere]
    body = table([format_share("head.file", lang), format_share("head.why", lang)], rows, words=2)
    return section(format_share("elsewhere_title", lang, n=len(rows)), body, format_share("elsewhere_note", lang))


def _heads(lang: str) -> list[str]:
    return ["", *(format_share(f"head.{name}", lang) for name in HEADS)]


def _kinds(evaluation: Evaluation, lang: str) -> str:
    errors = evaluation.calibration_errors
    rows = [
        [kind_word(held.name, lang), *cells(held, lang), gap(errors.get(held.name), lang)]
        for held in (*evaluation.by_kind, evaluation.total)
    ]
    body = table([*_heads(lang), format_share("head.ece", lang)], rows, bold=[len(rows) - 1])
    return section(format_share("by_kind", lang), body, format_share("notes", lang, bins=len(EDGES) - 1))


def _fields(evaluation: Evaluation, lang: str) -> str:
    empty, fields = evaluation.empty_by_field, evaluation.fields
    rows = [
        [f"{fields[held.name].label} ({held.name})", *cells(held, lang), empty_cell(empty.get(held.name))]
        for held in evaluation.by_field
    ]
    return section(format_share("by_field", lang), table([*_heads(lang), format_share("head.empty", lang)], rows))


def _tags(title: str, groups: Mapping[str, Sequence[Score]], lang: str) -> str:
    scores = [(tag, held) for tag, group in groups.items() for held in group]
    rows = [[f"{tag} · {kind_word(held.name, lang)}", *cells(held, lang)] for tag, held in scores]
    sums = [number for number, (_, held) in enumerate(scores) if held.name == "total"]
    return section(format_share(title, lang), table(_heads(lang), rows, bold=sums)) if rows else ""
