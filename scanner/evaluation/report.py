"""The evaluation as one HTML file: tables, curves, and the worst readings with their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from scanner.evaluation.charts import TARGET, confidence_section
from scanner.evaluation.curves import EDGES
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import Score
from scanner.evaluation.table import (
    HEADS,
    empty_cell,
    evaluation_text,
    format_calibration_error,
    format_interval,
    format_percent,
    kind_name,
    page_reason,
    score_cells,
)
from scanner.evaluation.worst import worst_section
from scanner.export.html import document, section, table, tiles
from scanner.export.outfile import replacing


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
    intro = evaluation_text(
        "intro", lang, form=names, version=versions, pages=evaluation.pages, fields=evaluation.total.n
    )
    sections = [
        _tiles(evaluation, lang),
        _unplaced(evaluation, lang),
        _misidentified(evaluation, lang),
        _kinds(evaluation, lang),
        confidence_section(evaluation, lang),
        _fields(evaluation, lang),
        _tags("by_hand", evaluation.by_hand, lang),
        _tags("by_wear", evaluation.by_wear, lang),
        worst_section(evaluation, lang),
    ]
    return document(evaluation_text("title", lang), intro, sections, lang)


def _tiles(evaluation: Evaluation, lang: str) -> str:
    total, placed = evaluation.total, evaluation.pages - len(evaluation.unplaced)
    spread = format_interval(total.silent_interval, total.accepted, lang, 2)
    tone = "bad" if total.accepted and total.silent_rate > TARGET else "good"
    return tiles(
        [
            (
                f"{placed}/{evaluation.pages}",
                evaluation_text("tile.pages", lang),
                "",
                "bad" if evaluation.unplaced else "good",
            ),
            (
                format_percent(total.exact_rate, lang),
                evaluation_text("tile.exact", lang),
                format_interval(total.exact_interval, total.n, lang),
                "",
            ),
            (
                format_percent(total.accepted_rate, lang),
                evaluation_text("tile.accepted", lang),
                f"{total.accepted}/{total.n}",
                "",
            ),
            (
                format_percent(total.silent_rate, lang, 2),
                evaluation_text("tile.silent", lang),
                f"{total.silent}/{total.accepted} · {spread}",
                tone,
            ),
        ]
    )


def _unplaced(evaluation: Evaluation, lang: str) -> str:
    if not evaluation.unplaced:
        return f'<p class="note good">{escape(evaluation_text("unplaced_none", lang))}</p>'
    rows = [[f"{page.file} ({page.page})", page_reason(page, lang)] for page in evaluation.unplaced]
    body = table([evaluation_text("head.file", lang), evaluation_text("head.why", lang)], rows, words=2)
    return section(evaluation_text("unplaced_title", lang, n=len(rows)), body, evaluation_text("unplaced_note", lang))


def _misidentified(evaluation: Evaluation, lang: str) -> str:
    if not evaluation.misidentified:
        return ""
    rows = [[f"{page.file} ({page.page})", page_reason(page, lang)] for page in evaluation.misidentified]
    body = table([evaluation_text("head.file", lang), evaluation_text("head.why", lang)], rows, words=2)
    return section(
        evaluation_text("misidentified_title", lang, n=len(rows)), body, evaluation_text("misidentified_note", lang)
    )


def _heads(lang: str) -> list[str]:
    return ["", *(evaluation_text(f"head.{name}", lang) for name in HEADS)]


def _kinds(evaluation: Evaluation, lang: str) -> str:
    errors = evaluation.calibration_errors
    rows = [
        [kind_name(held.name, lang), *score_cells(held, lang), format_calibration_error(errors.get(held.name), lang)]
        for held in (*evaluation.by_kind, evaluation.total)
    ]
    body = table([*_heads(lang), evaluation_text("head.ece", lang)], rows, bold=[len(rows) - 1])
    return section(evaluation_text("by_kind", lang), body, evaluation_text("notes", lang, bins=len(EDGES) - 1))


def _fields(evaluation: Evaluation, lang: str) -> str:
    empty, fields = evaluation.empty_by_field, evaluation.fields
    rows = [
        [f"{fields[held.name].label} ({held.name})", *score_cells(held, lang), empty_cell(empty.get(held.name))]
        for held in evaluation.by_field
    ]
    return section(evaluation_text("by_field", lang), table([*_heads(lang), evaluation_text("head.empty", lang)], rows))


def _tags(title: str, groups: Mapping[str, Sequence[Score]], lang: str) -> str:
    scores = [(tag, held) for tag, group in groups.items() for held in group]
    rows = [[f"{tag} · {kind_name(held.name, lang)}", *score_cells(held, lang)] for tag, held in scores]
    sums = [number for number, (_, held) in enumerate(scores) if held.name == "total"]
    return section(evaluation_text(title, lang), table(_heads(lang), rows, bold=sums)) if rows else ""
