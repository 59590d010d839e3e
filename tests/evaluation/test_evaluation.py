"""The evaluation's figures, against figures worked out by hand."""

from __future__ import annotations

import io
import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from scanner.errors import SourceError
from scanner.evaluation import (
    Evaluation,
    JudgedField,
    calibration_error,
    evaluate,
    evaluation_to_json,
    print_table,
    reliability,
    risk_coverage,
    write_report,
)
from scanner.evaluation.scores import tone_blind
from scanner.model import (
    Box,
    FieldKind,
    FieldLayout,
    FieldReading,
    FieldSpec,
    FormTemplate,
    Option,
    PageRef,
    PageStatus,
    Reason,
    Record,
    Value,
)

BOX = Box(10, 10, 50, 6)


def spec(name: str, kind: FieldKind, *options: str) -> FieldSpec:
    layout = FieldLayout.TICKS if options else FieldLayout.LINE
    held = tuple(Option(id=o, label=o.upper(), box=BOX) for o in options)
    return FieldSpec(id=name, label=name.title(), kind=kind, layout=layout, boxes=(BOX,), options=held)


FORM = FormTemplate(
    id="slip",
    version="1",
    title="A slip",
    sheet=(210, 297),
    blank="blank.pdf",
    fields=(
        spec("name", FieldKind.TEXT),
        spec("number", FieldKind.DIGITS),
        spec("born", FieldKind.DATE),
        spec("sex", FieldKind.CHOICE, "m", "f"),
        spec("rights", FieldKind.CHOICES, "a", "b", "c"),
        spec("signed", FieldKind.SIGNATURE),
    ),
)


def reading(field: str, value: Value, confidence: float = 0.99, review: bool = False) -> FieldReading:
    return FieldReading(field, value, "", confidence, confidence, review, "fake-1", BOX)


def record(ref: PageRef, *readings: FieldReading) -> Record:
    return Record(ref, FORM.id, FORM.version, PageStatus.READ, readings=readings)


def folder(tmp_path: Path, *lines: Mapping[str, Any] | str) -> Path:
    """A truth file with its images (which nothing opens here) beside it."""
    for line in lines:
        if isinstance(line, dict) and "file" in line:
            (tmp_path / str(line["file"])).touch()
    text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    truth = tmp_path / "truth.jsonl"
    truth.write_text(text + "\n", encoding="utf-8")
    return truth


def judged(tmp_path: Path, records: Mapping[str, tuple[FieldReading, ...]], *lines: Mapping[str, Any]) -> Evaluation:
    return evaluate(folder(tmp_path, *lines), None, FORM, lambda ref: record(ref, *records[ref.source]))


THREE_PAGES = (
    {"file": "1.jpg", "hand": "typed", "wear": "scan", "fields": {"name": "Đỗ Thị Hoà", "sex": "f", "number": None}},
    {"file": "2.jpg", "hand": "typed", "wear": "photo", "fields": {"name": "Lý An", "sex": None, "number": "0123"}},
    {"file": "3.jpg", "hand": "real", "wear": "photo", "fields": {"name": "Tô Ba", "sex": "m", "number": None}},
)
THREE_READINGS = {
    # a tone wrong, silently; an empty field read as empty
    "1.jpg": (reading("name", "Đỗ Thị Hòa", 0.9), reading("sex", "f"), reading("number", None, 0.999)),
    # right but a person is asked; an empty group read as empty; a digit lost, a person is asked
    "2.jpg": (reading("name", "Lý An", 0.5, True), reading("sex", None), reading("number", "123", 0.4, True)),
    # nothing read; the wrong option, silently; a speck read as 1 in an empty field, silently
    "3.jpg": (reading("name", None, 0.1, True), reading("sex", "f", 0.95), reading("number", "1", 0.98)),
}


def three(tmp_path: Path) -> Evaluation:
    return judged(tmp_path, THREE_READINGS, *THREE_PAGES)


def test_figures_by_kind_are_those_counted_by_hand(tmp_path: Path) -> None:
    text, digits, choice, empty = three(tmp_path).by_kind
    assert (text.name, text.n, text.exact, text.accepted, text.silent) == ("text", 3, 1, 1, 1)
    # "Hoà" for "Hòa" is two letters of 10 + 5 + 5; "Tô Ba" is lost: 5
    assert (text.errors, text.chars) == (2 + 5, 20)
    assert text.cer == pytest.approx(7 / 20)
    assert text.tone_blind_cer == pytest.approx(5 / 20)
    assert (digits.name, digits.n, digits.exact, digits.accepted, digits.cer) == ("digits", 1, 0, 0, 0.25)
    assert (choice.name, choice.n, choice.exact, choice.accepted, choice.silent) == ("choice", 3, 2, 3, 1)
    assert choice.cer is None
    assert (empty.name, empty.n, empty.exact, empty.accepted, empty.silent) == ("empty", 2, 1, 2, 1)


def test_total_holds_every_field_and_every_silent_error(tmp_path: Path) -> None:
    total = three(tmp_path).total
    assert (total.n, total.exact, total.accepted, total.silent) == (9, 4, 6, 3)
    assert total.silent_rate == pytest.approx(0.5)
    assert total.accepted_rate == pytest.approx(6 / 9)


def test_empty_fields_do_not_flatter_their_field_but_are_counted_beside_it(tmp_path: Path) -> None:
    evaluation = three(tmp_path)
    fields = {s.name: s for s in evaluation.by_field}
    assert [s.name for s in evaluation.by_field] == ["name", "number", "sex"]
    assert (fields["number"].n, fields["number"].exact) == (1, 0)
    assert (evaluation.empty_by_field["number"].exact, evaluation.empty_by_field["number"].n) == (1, 2)
    assert (fields["sex"].n, fields["sex"].exact) == (3, 2)


def test_hands_and_wear_have_scores_of_their_own(tmp_path: Path) -> None:
    evaluation = three(tmp_path)
    assert list(evaluation.by_hand) == ["real", "typed"]
    assert [(s.name, s.n, s.exact) for s in evaluation.by_hand["real"]] == [
        ("text", 1, 0),
        ("choice", 1, 0),
        ("empty", 1, 0),
        ("total", 3, 0),
    ]
    assert {tag: group[-1].n for tag, group in evaluation.by_wear.items()} == {"photo": 6, "scan": 3}


def test_wrong_readings_are_listed_silent_and_sure_ones_first(tmp_path: Path) -> None:
    worst = three(tmp_path).worst
    assert [(i.file, i.field) for i in worst] == [
        ("3.jpg", "number"),
        ("3.jpg", "sex"),
        ("1.jpg", "name"),
        ("2.jpg", "number"),
        ("3.jpg", "name"),
    ]


def test_unicode_form_and_spaces_make_no_difference(tmp_path: Path) -> None:
    line = {"file": "1.jpg", "fields": {"name": "Nguye\u0302\u0303n  Va\u0306n\u00a0A "}}
    assert judged(tmp_path, {"1.jpg": (reading("name", "Nguyễn Văn A"),)}, line).total.exact == 1


def test_choices_are_exact_as_a_set_whatever_the_order(tmp_path: Path) -> None:
    lines = [{"file": f"{i}.jpg", "fields": {"rights": ["a", "c"]}} for i in range(3)]
    delivered = {"0.jpg": ("c", "a"), "1.jpg": ("a",), "2.jpg": ("a", "b", "c")}
    held = {file: (reading("rights", value),) for file, value in delivered.items()}
    assert judged(tmp_path, held, *lines).total.exact == 1


def test_no_choices_and_null_are_the_same_answer(tmp_path: Path) -> None:
    lines = [{"file": "0.jpg", "fields": {"rights": []}}, {"file": "1.jpg", "fields": {"rights": None}}]
    evaluation = judged(tmp_path, {"0.jpg": (reading("rights", ()),), "1.jpg": (reading("rights", None),)}, *lines)
    assert [(s.name, s.n, s.exact) for s in evaluation.by_kind] == [("choices", 2, 2)]


def test_a_signature_missed_is_wrong(tmp_path: Path) -> None:
    lines = [{"file": "0.jpg", "fields": {"signed": True}}, {"file": "1.jpg", "fields": {"signed": False}}]
    evaluation = judged(tmp_path, {"0.jpg": (reading("signed", False),), "1.jpg": (reading("signed", False),)}, *lines)
    assert (evaluation.total.n, evaluation.total.exact) == (2, 1)


def test_an_unclear_field_is_right_only_in_review(tmp_path: Path) -> None:
    lines = [{"file": f"{i}.jpg", "fields": {"sex": None}, "unclear": ["sex"]} for i in range(2)]
    held = {"0.jpg": (reading("sex", None, 0.2, review=True),), "1.jpg": (reading("sex", None, 0.9),)}
    evaluation = judged(tmp_path, held, *lines)
    assert [(s.name, s.n, s.exact, s.silent) for s in evaluation.by_kind] == [("unclear", 2, 1, 1)]
    assert evaluation.total.silent == 1
    assert evaluation.by_field == ()


def test_an_unclear_field_needs_no_value_in_the_truth(tmp_path: Path) -> None:
    line = {"file": "0.jpg", "fields": {}, "unclear": ["name"]}
    assert judged(tmp_path, {"0.jpg": (reading("name", "?", 0.3, review=True),)}, line).total.exact == 1


def test_a_field_without_a_reading_is_not_taken_for_accepted(tmp_path: Path) -> None:
    total = judged(tmp_path, {"0.jpg": ()}, {"file": "0.jpg", "fields": {"name": "An"}}).total
    assert (total.n, total.exact, total.accepted, total.silent) == (1, 0, 0, 0)


def test_unplaced_pages_are_named_and_in_no_score(tmp_path: Path) -> None:
    lines = [{"file": f"{i}.jpg", "page": i + 1, "fields": {"name": "An"}} for i in range(2)]

    def read(ref: PageRef) -> Record:
        if ref.source == "0.jpg":
            return record(ref, reading("name", "An"))
        return Record(ref, FORM.id, FORM.version, PageStatus.UNPLACED, reason=Reason("some_reason"))

    evaluation = evaluate(folder(tmp_path, *lines), None, FORM, read)
    assert [(p.file, p.page, p.status) for p in evaluation.unplaced] == [("1.jpg", 2, PageStatus.UNPLACED)]
    assert (evaluation.pages, evaluation.total.n) == (2, 1)


def test_pages_can_be_read_through_an_executor_in_order(tmp_path: Path) -> None:
    truth = folder(tmp_path, *({"file": f"{i}.jpg", "fields": {"name": f"Người {i}"}} for i in range(20)))

    def read(ref: PageRef) -> Record:
        return record(ref, reading("name", f"Người {ref.path.stem}"))

    with ThreadPoolExecutor(4) as pool:
        evaluation = evaluate(truth, None, FORM, read, map_pages=pool.map)
    assert (evaluation.total.n, evaluation.total.exact) == (20, 20)


def test_images_may_lie_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    truth = folder(tmp_path, {"file": "0.jpg", "fields": {"name": "An"}})
    (tmp_path / "0.jpg").rename(tmp_path / "images" / "0.jpg")
    evaluation = evaluate(truth, tmp_path / "images", FORM, lambda ref: record(ref, reading("name", "An")))
    assert evaluation.total.exact == 1


GOOD = {"file": "ok.jpg", "fields": {}}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"file": "1.jpg", "fields": {', "Line 2 of truth.jsonl is not JSON"),
        ("[1, 2]", "Line 2 of truth.jsonl is not a JSON object"),
        ({"fields": {}}, 'Line 2 of truth.jsonl has no "file"'),
        ({"file": "1.jpg"}, 'Line 2 of truth.jsonl has no "fields"'),
        ({"file": "1.jpg", "page": 0, "fields": {}}, 'Line 2 of truth.jsonl: "page"'),
        ({"file": "1.jpg", "hand": 3, "fields": {}}, 'Line 2 of truth.jsonl: "hand"'),
        ({"file": "1.jpg", "fields": {"height": "2 m"}}, 'Line 2 of truth.jsonl names the field "height"'),
        ({"file": "1.jpg", "fields": {"sex": "x"}}, 'Line 2 of truth.jsonl: "sex" names an option'),
        ({"file": "1.jpg", "fields": {"rights": "a"}}, 'Line 2 of truth.jsonl: "rights" must be a list'),
        ({"file": "1.jpg", "fields": {"name": 7}}, 'Line 2 of truth.jsonl: "name" must be text'),
        ({"file": "1.jpg", "fields": {"signed": "yes"}}, 'Line 2 of truth.jsonl: "signed" must be true or false'),
        ({"file": "1.jpg", "fields": {}, "unclear": "sex"}, 'Line 2 of truth.jsonl: "unclear"'),
        ('{"file": "gone.jpg", "fields": {}}', "Line 2 of truth.jsonl names gone.jpg, which is not in"),
        ('{"file": "ok.jpg", "fields": {}}', "Line 2 of truth.jsonl names the same page as line 1"),
    ],
)
def test_a_bad_line_is_told_by_its_number_before_anything_is_read(
    tmp_path: Path, line: Mapping[str, Any] | str, told: str
) -> None:
    def read(ref: PageRef) -> Record:
        raise AssertionError("no page may be read")

    with pytest.raises(SourceError) as caught:
        evaluate(folder(tmp_path, GOOD, line), None, FORM, read)
    assert str(caught.value).startswith(told)


def test_a_wrong_value_in_the_truth_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        evaluate(folder(tmp_path, {"file": "1.jpg", "fields": {"name": 123456789012}}), None, FORM, lambda ref: None)  # type: ignore[arg-type,return-value]
    assert "123456789012" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"\n \n"])
def test_a_truth_file_that_is_none_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    truth = tmp_path / "truth.jsonl"
    if content is not None:
        truth.write_bytes(content)
    with pytest.raises(SourceError, match=r"truth file .*truth\.jsonl"):
        evaluate(truth, None, FORM, lambda ref: record(ref))


def test_tone_blind_text_has_no_diacritics_and_no_capitals() -> None:
    assert tone_blind("Đặng Thị Hoà, TỔ 3") == "dang thi hoa, to 3"


def items(*held: tuple[float, bool]) -> list[JudgedField]:
    """Fields read with some confidence, rightly or not."""
    return [
        JudgedField("1.jpg", 1, f"f{i}", FieldKind.TEXT, None, None, "a", "a" if right else "b", confidence, False)
        for i, (confidence, right) in enumerate(held)
    ]


def test_risk_falls_with_the_threshold_and_equal_confidences_enter_together() -> None:
    points = risk_coverage(items((0.9, True), (0.8, False), (0.8, True), (0.5, False)))
    assert [(p.confidence, p.coverage, p.risk) for p in points] == [
        (0.9, 0.25, 0.0),
        (0.8, 0.75, pytest.approx(1 / 3)),
        (0.5, 1.0, 0.5),
    ]
    assert risk_coverage([]) == ()


def test_calibration_error_is_the_mean_gap_between_confidence_and_right() -> None:
    # bin 0.8-0.9: mean 0.85, right 1/2; bin 0.99-1: mean 1, right 2/2
    held = items((0.85, True), (0.85, False), (1.0, True), (1.0, True))
    assert calibration_error(held) == pytest.approx((2 * 0.35 + 2 * 0) / 4)
    assert [(b.low, b.high, b.n, b.right) for b in reliability(held)] == [(0.8, 0.9, 2, 0.5), (0.99, 1.0, 2, 1.0)]
    assert calibration_error([]) == 0.0


def test_calibration_error_of_a_kind_is_that_of_its_readings_empty_ones_included(tmp_path: Path) -> None:
    errors = three(tmp_path).calibration_errors
    # text: 0.9 wrong, 0.5 right, 0.1 wrong, each in a bin of its own
    assert errors["text"] == pytest.approx((0.9 + 0.5 + 0.1) / 3)
    # digits: 0.999 right and 0.98 wrong in empty fields, 0.4 wrong
    assert errors["digits"] == pytest.approx((0.001 + 0.98 + 0.4) / 3)
    # choice: 0.99 right twice, 0.95 wrong in the bin below
    assert errors["choice"] == pytest.approx((2 * 0.01 + 0.95) / 3)
    assert list(errors) == ["text", "digits", "choice", "total"]


def test_unclear_fields_have_no_calibration(tmp_path: Path) -> None:
    line = {"file": "0.jpg", "fields": {}, "unclear": ["name"]}
    assert judged(tmp_path, {"0.jpg": (reading("name", "?", 0.3),)}, line).calibration_errors == {}


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_every_field_stands_in_one_bin_and_full_coverage_is_the_error_rate(held: list[tuple[float, bool]]) -> None:
    fields = items(*held)
    assert sum(b.n for b in reliability(fields)) == len(fields)
    last = risk_coverage(fields)[-1]
    assert last.coverage == 1.0
    assert last.risk == pytest.approx(sum(not right for _, right in held) / len(held))
    assert 0 <= calibration_error(fields) <= 1


def test_values_stay_out_of_repr(tmp_path: Path) -> None:
    assert "Hoà" not in repr(three(tmp_path))


def test_table_names_rates_and_pages_without_fields(tmp_path: Path) -> None:
    evaluation = evaluate(
        folder(tmp_path, {"file": "[odd].jpg", "fields": {"name": "An"}}, {"file": "2.jpg", "fields": {"name": "An"}}),
        None,
        FORM,
        lambda ref: (
            record(ref, reading("name", "An"))
            if ref.source == "2.jpg"
            else Record(ref, FORM.id, FORM.version, PageStatus.BLANK)
        ),
    )
    out = io.StringIO()
    print_table(evaluation, Console(width=200, file=out))
    text = out.getvalue()
    assert "Pages placed: 1 of 2." in text
    assert "[odd].jpg (1): The page is blank." in text
    assert re.search(r"text .* 100\.0 %", text)


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("lang", ["en", "vi"])
def test_table_tells_calibration_by_kind_and_its_bins_and_no_value(tmp_path: Path, width: int, lang: str) -> None:
    out = io.StringIO()
    print_table(three(tmp_path), Console(width=width, file=out), lang)
    text = out.getvalue()
    assert re.search(r"(text|chữ) .* 0[.,]500\s*\n", text)
    assert "12" in text.split("(ECE)")[1]
    assert "evaluation." not in text
    assert "Hoà" not in text and "0123" not in text
    for tag in ("real", "typed", "photo", "scan"):
        assert f"{tag} · " in text


class Outside(HTMLParser):
    """Collects what a browser would fetch or run, and apart from it the pictures that the page itself holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src") or ""
        if tag == "img" and source.startswith("data:image/jpeg;base64,"):
            self.pictures.append(source)
            attrs = [(k, v) for k, v in attrs if k != "src"]
        elif tag in ("script", "link", "iframe", "img", "object"):
            self.found.append(tag)
        self.found += [f"{k}={v}" for k, v in attrs if k in ("src", "href", "srcset") or k.startswith("on")]


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_report_stands_alone_and_holds_the_figures(tmp_path: Path, lang: str) -> None:
    evaluation = three(tmp_path)
    out = tmp_path / "new" / "report.html"
    write_report(evaluation, out, lang)
    text = out.read_text(encoding="utf-8")
    outside = Outside()
    outside.feed(text)
    assert outside.found == []
    assert "url(" not in text
    assert "@import" not in text
    assert "3/6" in text  # silent errors of accepted
    assert "evaluation." not in text  # every code has its words
    plots = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]
    assert len(plots) == 9  # for each of three kinds the risk, reliability, and that of the top enlarged
    assert [p.name for p in out.parent.iterdir()] == ["report.html"]


def test_report_escapes_what_is_written_on_sheets(tmp_path: Path) -> None:
    line = {"file": "1.jpg", "hand": "<b>", "fields": {"name": "<script>alert(1)</script>"}}
    evaluation = judged(tmp_path, {"1.jpg": (reading("name", "<img src=x>", 0.9),)}, line)
    out = tmp_path / "report.html"
    write_report(evaluation, out)
    outside = Outside()
    outside.feed(out.read_text(encoding="utf-8"))
    assert outside.found == []


def test_report_of_pages_without_any_field_is_written(tmp_path: Path) -> None:
    evaluation = evaluate(
        folder(tmp_path, {"file": "1.jpg", "fields": {"name": "An"}}),
        None,
        FORM,
        lambda ref: Record(ref, FORM.id, FORM.version, PageStatus.UNREADABLE),
    )
    assert math.isnan(evaluation.total.exact_rate)
    write_report(evaluation, tmp_path / "report.html")
    assert "1.jpg" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_figures_as_json_hold_no_value(tmp_path: Path) -> None:
    text = json.dumps(evaluation_to_json(three(tmp_path)), ensure_ascii=False, allow_nan=False)
    assert "Hoà" not in text
    assert json.loads(text)["by_kind"]["text"] == {
        "n": 3,
        "exact": 1,
        "cer": 0.35,
        "tone_blind_cer": 0.25,
        "accepted": 1,
        "silent": 1,
    }
