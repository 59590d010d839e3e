"""The report's part for the eye: the worst readings, each with its picture beside what was read and what is true."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

from rapidfuzz.distance import Levenshtein

from scanner.evaluation.pictures import SHOWN
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import WRITTEN, JudgedField
from scanner.evaluation.table import evaluation_text, format_number, kind_name
from scanner.export.html import section
from scanner.model import FieldSpec, Value


def worst_section(evaluation: Evaluation, lang: str) -> str:
    """The worst `SHOWN` readings in a list; nothing where everything is right."""
    wrong = evaluation.worst
    if not wrong:
        return ""
    shown = wrong[:SHOWN]
    rows = [_reading(item, evaluation.spec(item), evaluation.pictures.get(item.place), lang) for item in shown]
    silent = sum(item.silent for item in wrong)
    title = evaluation_text("worst_title", lang, shown=len(shown), n=len(wrong), silent=silent)
    return section(title, f'<ol class="worst">{"".join(rows)}</ol>', evaluation_text("worst_note", lang))


def _reading(item: JudgedField, spec: FieldSpec, picture: bytes | None, lang: str) -> str:
    written, read = _differing(item, spec, lang)
    heads = [escape(evaluation_text(f"head.{name}", lang)) for name in ("truth", "value")]
    values = f"<dl><dt>{heads[0]}</dt><dd>{written}</dd><dt>{heads[1]}</dt><dd>{read}</dd></dl>"
    kind = ' class="bad"' if item.silent else ""
    ink = f'<div class="ink">{_image(picture, spec, lang)}</div>'
    return f"<li{kind}>{ink}<div>{values}{_where(item, spec, lang)}</div></li>"


def _image(picture: bytes | None, spec: FieldSpec, lang: str) -> str:
    """The picture within the page itself. Its text names the field and not what stands in it."""
    if picture is None:
        return f"<span>{escape(evaluation_text('no_picture', lang))}</span>"
    data = base64.b64encode(picture).decode("ascii")
    return f'<img alt="{escape(spec.label)}" src="data:image/jpeg;base64,{data}">'


def _where(item: JudgedField, spec: FieldSpec, lang: str) -> str:
    """How sure, whether a person was asked, which field, and of which page in which hand and wear."""
    asked = evaluation_text("asked" if item.review else "silent_one", lang)
    sure = f"{evaluation_text('head.confidence', lang)} {format_number(item.confidence, lang, 3)}"
    tags = [tag for tag in (item.hand, item.wear) if tag]
    told = [asked, sure, f"{spec.label} ({item.field})", f"{item.file} ({item.page})", *tags]
    return f"<p>{''.join(f'<span>{escape(text)}</span>' for text in told)}</p>"


def _differing(item: JudgedField, spec: FieldSpec, lang: str) -> tuple[str, str]:
    """What is written and what was read, as HTML; in writing what differs is marked, an option differs as a whole."""
    truth, value = item.truth, item.value
    if item.unclear:
        return escape(kind_name("unclear", lang)), escape(_shown(value, spec, lang))
    if item.kind not in WRITTEN or not (isinstance(truth, str) and isinstance(value, str)):
        return escape(_shown(truth, spec, lang)), escape(_shown(value, spec, lang))
    steps = [step for step in Levenshtein.opcodes(truth, value) if step.tag != "equal"]
    return (
        _marked(truth, ((step.src_start, step.src_end) for step in steps)),
        _marked(value, ((step.dest_start, step.dest_end) for step in steps)),
    )


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    out, done = "", 0
    for start, end in spans:
        if end > start:
            out += f"{escape(text[done:start])}<mark>{escape(text[start:end])}</mark>"
            done = end
    return out + escape(text[done:])


def _shown(value: Value, spec: FieldSpec, lang: str) -> str:
    """A value in words: options by their printed labels."""
    if value is None or value == ():
        return evaluation_text("nothing", lang)
    if isinstance(value, bool):
        return evaluation_text("yes" if value else "no", lang)
    labels = {option.id: option.label for option in spec.options}
    return ", ".join(labels.get(one, one) for one in (value if isinstance(value, tuple) else (value,)))
