"""The report's part on confidence: for each kind of reading risk against coverage, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scanner.evaluation.curves import reliability, risk_coverage
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import Item
from scanner.evaluation.svg import reliability_plot, risk_plot
from scanner.evaluation.table import gap, kind_word, percent, say
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
        told = say("kind_line", lang, kind=kind_word(kind.value, lang), n=len(items), ece=gap(errors[kind.value], lang))
        rows.append(f'<h3>{escape(told)}</h3><div class="plots">{_plots(items, lang)}</div>')
    note = say("confidence_note", lang, target=percent(TARGET, lang))
    return section(say("confidence_title", lang), "".join(rows), note) if rows else ""


def _plots(items: Sequence[Item], lang: str) -> str:
    axes, bins = (say("reliability_x", lang), say("reliability_y", lang)), reliability(items)
    plots = figure(say("risk_title", lang), _risk(items, lang))
    plots += figure(say("reliability_all", lang), reliability_plot(bins, 0.0, axes, lang))
    if any(b.confidence >= TOP for b in bins):
        plots += figure(say("reliability_top", lang), reliability_plot(bins, TOP, axes, lang))
    return plots


def _risk(items: Sequence[Item], lang: str) -> str:
    accepted = sum(item.accepted for item in items)
    now = (accepted / len(items), sum(item.silent for item in items) / accepted) if accepted else None
    axes = (say("risk_x", lang), say("risk_y", lang))
    return risk_plot(risk_coverage(items), now, TARGET, axes, lang)
