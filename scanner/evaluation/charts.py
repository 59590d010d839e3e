"""The report's part on confidence: for each kind of reading risk against coverage, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scanner.evaluation.curves import reliability, risk_coverage
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import JudgedField
from scanner.evaluation.svg import reliability_plot, risk_plot
from scanner.evaluation.table import evaluation_text, format_calibration_error, format_percent, kind_name
from scanner.export.html import figure, section

TARGET = 0.005
"""Silent errors among the accepted that the project allows itself."""
TOP = 0.9
"""From here up confidence is shown once more, enlarged: there acceptance is decided."""


def confidence_section(evaluation: Evaluation, lang: str) -> str:
    """A row of three plots for each kind of reading; nothing where nothing was read."""
    errors = evaluation.calibration_errors
    rows = []
    for kind, items in evaluation.readings.items():
        told = evaluation_text(
            "kind_line",
            lang,
            kind=kind_name(kind.value, lang),
            n=len(items),
            ece=format_calibration_error(errors[kind.value], lang),
        )
        rows.append(f'<h3>{escape(told)}</h3><div class="plots">{_plots(items, lang)}</div>')
    note = evaluation_text("confidence_note", lang, target=format_percent(TARGET, lang))
    return section(evaluation_text("confidence_title", lang), "".join(rows), note) if rows else ""


def _plots(items: Sequence[JudgedField], lang: str) -> str:
    axes, bins = (evaluation_text("reliability_x", lang), evaluation_text("reliability_y", lang)), reliability(items)
    plots = figure(evaluation_text("risk_title", lang), _risk(items, lang))
    plots += figure(evaluation_text("reliability_all", lang), reliability_plot(bins, 0.0, axes, lang))
    if any(b.confidence >= TOP for b in bins):
        plots += figure(evaluation_text("reliability_top", lang), reliability_plot(bins, TOP, axes, lang))
    return plots


def _risk(items: Sequence[JudgedField], lang: str) -> str:
    accepted = sum(item.accepted for item in items)
    now = (accepted / len(items), sum(item.silent for item in items) / accepted) if accepted else None
    axes = (evaluation_text("risk_x", lang), evaluation_text("risk_y", lang))
    return risk_plot(risk_coverage(items), now, TARGET, axes, lang)
