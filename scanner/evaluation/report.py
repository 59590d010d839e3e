"""The evaluation as one HTML file: tables, curves, and the worst readings with their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.confidence.statistics import EDGES
from scanner.evaluation.curves import reliability, risk_coverage
from scanner.evaluation.plots import Plot, reliability_plot, risk_plot
from scanner.evaluation.run import Evaluation, UnplacedPage
from scanner.evaluation.scores import JudgedField, Score
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
)  # fmt: skip
from scanner.evaluation.worst import worst_readings
from scanner.export.html_report import Table, Tile, render_report
from scanner.files import replacing

TARGET = 0.005
"""Silent errors among the accepted that the project allows itself."""
TOP = 0.9
"""Confidence from here to 1 is shown once more, enlarged: there acceptance is decided."""


@dataclass(frozen=True, slots=True)
class CaptionedPlot:
    """A plot under its caption."""

    caption: str
    plot: Plot


@dataclass(frozen=True, slots=True)
class KindPlots:
    """The plots of one kind of field."""

    title: str
    plots: Sequence[CaptionedPlot]


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
    return render_report(
        "evaluation.html",
        lang,
        title=evaluation_text("title", lang),
        intro=intro,
        tiles=_tiles(evaluation, lang),
        unplaced=_pages(evaluation.unplaced, lang),
        misidentified=_pages(evaluation.misidentified, lang),
        by_kind=_kinds(evaluation, lang),
        notes=evaluation_text("notes", lang, bins=len(EDGES) - 1),
        confidence=_confidence(evaluation, lang),
        confidence_note=evaluation_text("confidence_note", lang, target=format_percent(TARGET, lang)),
        by_field=_fields(evaluation, lang),
        by_tag=[
            (evaluation_text("by_hand", lang), _tags(evaluation.by_hand, lang)),
            (evaluation_text("by_wear", lang), _tags(evaluation.by_wear, lang)),
        ],
        worst=worst_readings(evaluation, lang),
    )


def _tiles(evaluation: Evaluation, lang: str) -> list[Tile]:
    total, placed = evaluation.total, evaluation.pages - len(evaluation.unplaced)
    spread = format_interval(total.silent_interval, total.accepted, lang, 2)
    tone = "bad" if total.accepted and total.silent_rate > TARGET else "good"
    figures = (
        ("pages", f"{placed}/{evaluation.pages}", "", "bad" if evaluation.unplaced else "good"),
        ("exact", format_percent(total.exact_rate, lang), format_interval(total.exact_interval, total.n, lang), ""),
        ("accepted", format_percent(total.accepted_rate, lang), f"{total.accepted}/{total.n}", ""),
        ("silent", format_percent(total.silent_rate, lang, 2), f"{total.silent}/{total.accepted} · {spread}", tone),
    )
    return [Tile(figure, evaluation_text(f"tile.{code}", lang), small, tone) for code, figure, small, tone in figures]


def _pages(pages: Sequence[UnplacedPage], lang: str) -> Table:
    rows = [[f"{page.file} ({page.page})", page_reason(page, lang)] for page in pages]
    return Table([evaluation_text("head.file", lang), evaluation_text("head.why", lang)], rows, words=2)


def _heads(lang: str, *more: str) -> list[str]:
    return ["", *(evaluation_text(f"head.{name}", lang) for name in (*HEADS, *more))]


def _kinds(evaluation: Evaluation, lang: str) -> Table:
    errors = evaluation.calibration_errors
    rows = [
        [kind_name(s.name, lang), *score_cells(s, lang), format_calibration_error(errors.get(s.name), lang)]
        for s in (*evaluation.by_kind, evaluation.total)
    ]
    return Table(_heads(lang, "ece"), rows, sums=[len(rows) - 1])


def _fields(evaluation: Evaluation, lang: str) -> Table:
    empty, fields = evaluation.empty_by_field, evaluation.fields
    rows = [
        [f"{fields[s.name].label} ({s.name})", *score_cells(s, lang), empty_cell(empty.get(s.name))]
        for s in evaluation.by_field
    ]
    return Table(_heads(lang, "empty"), rows)


def _tags(groups: Mapping[str, Sequence[Score]], lang: str) -> Table:
    scores = [(tag, s) for tag, group in groups.items() for s in group]
    rows = [[f"{tag} · {kind_name(s.name, lang)}", *score_cells(s, lang)] for tag, s in scores]
    return Table(_heads(lang), rows, sums=[number for number, (_, s) in enumerate(scores) if s.name == "total"])


def _confidence(evaluation: Evaluation, lang: str) -> list[KindPlots]:
    """For each kind of field risk against coverage, and reliability; none where nothing was read."""
    errors = evaluation.calibration_errors
    return [
        KindPlots(
            evaluation_text(
                "kind_line",
                lang,
                kind=kind_name(kind.value, lang),
                n=len(items),
                ece=format_calibration_error(errors[kind.value], lang),
            ),
            _plots(items, lang),
        )
        for kind, items in evaluation.readings.items()
    ]


def _plots(items: Sequence[JudgedField], lang: str) -> list[CaptionedPlot]:
    axes, bins = (evaluation_text("reliability_x", lang), evaluation_text("reliability_y", lang)), reliability(items)
    plots = [("risk_title", _risk(items, lang)), ("reliability_all", reliability_plot(bins, 0.0, axes, lang))]
    if any(b.confidence >= TOP for b in bins):
        plots.append(("reliability_top", reliability_plot(bins, TOP, axes, lang)))
    return [CaptionedPlot(evaluation_text(code, lang), plot) for code, plot in plots]


def _risk(items: Sequence[JudgedField], lang: str) -> Plot:
    accepted = sum(item.accepted for item in items)
    now = (accepted / len(items), sum(item.silent for item in items) / accepted) if accepted else None
    axes = (evaluation_text("risk_x", lang), evaluation_text("risk_y", lang))
    return risk_plot(risk_coverage(items), now, TARGET, axes, lang)
