"""The evaluation as one HTML file: tables, curves, and what was read wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from scanner.evaluation.curves import calibration_error, reliability, risk_coverage
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import Item, Score
from scanner.evaluation.svg import reliability_plot, risk_plot
from scanner.evaluation.table import HEADS, cells, empty_cell, interval, kind_word, percent, why
from scanner.export.html import document, figure, section, table, tiles
from scanner.export.outfile import replacing
from scanner.model import FieldKind, Value
from scanner.words import word

TARGET = 0.005
"""Silent errors among the accepted that the project allows itself."""
WORST = 200
"""Wrong readings listed; more would hide the first."""


def write_report(evaluation: Evaluation, path: Path, lang: str = "en") -> None:
    """Write the report; a file of that name is replaced only when the new one is complete.

    It lists wrong readings with their true values: keep it where the truth file may be kept.
    """
    text = render(evaluation, lang)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def render(evaluation: Evaluation, lang: str) -> str:
    """The report as HTML text."""
    form = evaluation.form
    intro = _say("intro", lang, form=form.id, version=form.version, pages=evaluation.pages, fields=evaluation.total.n)
    sections = [
        _tiles(evaluation, lang),
        _unplaced(evaluation, lang),
        _kinds(evaluation, lang),
        _risk(evaluation, lang),
        _reliability(evaluation, lang),
        _fields(evaluation, lang),
        _tags("by_hand", evaluation.by_hand, lang),
        _tags("by_wear", evaluation.by_wear, lang),
        _worst(evaluation, lang),
    ]
    return document(_say("title", lang), intro, sections, lang)


def _say(code: str, lang: str, **params: str | float) -> str:
    return word(f"evaluation.{code}", lang, **params)


def _tiles(evaluation: Evaluation, lang: str) -> str:
    total, placed = evaluation.total, evaluation.pages - len(evaluation.unplaced)
    spread = interval(total.silent_interval, total.accepted, lang, 2)
    tone = "bad" if total.accepted and total.silent_rate > TARGET else "good"
    return tiles(
        [
            (
                f"{placed}/{evaluation.pages}",
                _say("tile.pages", lang),
                "",
                "bad" if evaluation.unplaced else "good",
            ),
            (
                percent(total.exact_rate, lang),
                _say("tile.exact", lang),
                interval(total.exact_interval, total.n, lang),
                "",
            ),
            (percent(total.accepted_rate, lang), _say("tile.accepted", lang), f"{total.accepted}/{total.n}", ""),
            (
                percent(total.silent_rate, lang, 2),
                _say("tile.silent", lang),
                f"{total.silent}/{total.accepted} · {spread}",
                tone,
            ),
        ]
    )


def _unplaced(evaluation: Evaluation, lang: str) -> str:
    if not evaluation.unplaced:
        return f'<p class="note good">{escape(_say("unplaced_none", lang))}</p>'
    rows = [[f"{page.file} ({page.page})", why(page, lang)] for page in evaluation.unplaced]
    body = table([_say("head.file", lang), _say("head.why", lang)], rows, words=2)
    return section(_say("unplaced_title", lang, n=len(rows)), body, _say("unplaced_note", lang))


def _heads(lang: str) -> list[str]:
    return ["", *(_say(f"head.{name}", lang) for name in HEADS)]


def _kinds(evaluation: Evaluation, lang: str) -> str:
    scores = (*evaluation.by_kind, evaluation.total)
    rows = [[kind_word(held.name, lang), *cells(held, lang)] for held in scores]
    return section(_say("by_kind", lang), table(_heads(lang), rows, bold=[len(rows) - 1]), _say("notes", lang))


def _fields(evaluation: Evaluation, lang: str) -> str:
    empty, form = evaluation.empty_by_field, evaluation.form
    rows = [
        [f"{form.field(held.name).label} ({held.name})", *cells(held, lang), empty_cell(empty.get(held.name))]
        for held in evaluation.by_field
    ]
    return section(_say("by_field", lang), table([*_heads(lang), _say("head.empty", lang)], rows))


def _tags(title: str, groups: Mapping[str, Sequence[Score]], lang: str) -> str:
    scores = [(tag, held) for tag, group in groups.items() for held in group]
    rows = [[f"{tag} · {kind_word(held.name, lang)}", *cells(held, lang)] for tag, held in scores]
    sums = [number for number, (_, held) in enumerate(scores) if held.name == "total"]
    return section(_say(title, lang), table(_heads(lang), rows, bold=sums)) if rows else ""


def _of_kinds(evaluation: Evaluation) -> dict[FieldKind, list[Item]]:
    """The fields of each kind that have a right value, empty ones included."""
    held: dict[FieldKind, list[Item]] = {kind: [] for kind in FieldKind}
    for item in evaluation.items:
        if not item.unclear:
            held[item.kind].append(item)
    return {kind: items for kind, items in held.items() if items}


def _risk(evaluation: Evaluation, lang: str) -> str:
    axes = (_say("risk_x", lang), _say("risk_y", lang))
    plots = []
    for kind, items in _of_kinds(evaluation).items():
        accepted = sum(item.accepted for item in items)
        now = (accepted / len(items), sum(item.silent for item in items) / accepted) if accepted else None
        plot = risk_plot(risk_coverage(items), now, TARGET, axes, lang)
        plots.append(figure(f"{kind_word(kind.value, lang)} · n = {len(items)}", plot))
    note = _say("risk_note", lang, target=percent(TARGET, lang))
    return section(_say("risk_title", lang), f'<div class="plots">{"".join(plots)}</div>', note) if plots else ""


def _reliability(evaluation: Evaluation, lang: str) -> str:
    kinds = _of_kinds(evaluation)
    if not kinds:
        return ""
    axes, bins = (_say("reliability_x", lang), _say("reliability_y", lang)), reliability(evaluation.items)
    plots = figure(_say("reliability_all", lang), reliability_plot(bins, 0.0, axes, lang))
    plots += figure(_say("reliability_top", lang), reliability_plot(bins, 0.9, axes, lang))
    rows = [
        [kind_word(kind.value, lang), str(len(items)), percent(calibration_error(items), lang, 2)]
        for kind, items in kinds.items()
    ]
    gaps = table(["", _say("head.n", lang), _say("head.ece", lang)], rows)
    note = _say("reliability_note", lang, ece=percent(calibration_error(evaluation.items), lang, 2))
    return section(_say("reliability_title", lang), f'<div class="plots">{plots}<figure>{gaps}</figure></div>', note)


def _worst(evaluation: Evaluation, lang: str) -> str:
    wrong = evaluation.worst
    if not wrong:
        return ""
    shown = wrong[:WORST]
    heads = [_say(f"head.{name}", lang) for name in ("file", "field", "truth", "value", "person", "confidence")]
    rows = [_wrong(item, lang) for item in shown]
    body = table(heads, rows, words=5, bad=[number for number, item in enumerate(shown) if item.silent])
    if len(wrong) > WORST:
        body += f'<p class="note">{escape(_say("worst_more", lang, n=len(wrong) - WORST))}</p>'
    return section(_say("worst_title", lang, n=len(wrong)), body, _say("worst_note", lang))


def _wrong(item: Item, lang: str) -> list[str]:
    truth = kind_word("unclear", lang) if item.unclear else _shown(item.truth, lang)
    person = _say("yes" if item.review else "no", lang)
    where = f"{item.file} ({item.page})"
    return [where, item.field, truth, _shown(item.value, lang), person, f"{item.confidence:.3f}"]


def _shown(value: Value, lang: str) -> str:
    if value is None or value == ():
        return _say("nothing", lang)
    if isinstance(value, bool):
        return _say("yes" if value else "no", lang)
    return ", ".join(value) if isinstance(value, tuple) else value
