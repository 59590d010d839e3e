"""The worst readings in the report, each with its picture."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scanner.errors import StoreError
from scanner.evaluation import Evaluation, WorstPictures, evaluate, write_report
from scanner.evaluation.pictures import AROUND_MM, LABEL_MM, SHOWN, MemoryPictureStore
from scanner.evaluation.worst import mark_spans
from scanner.model import PageRef, PageStatus, Record
from tests.evaluation.test_evaluation import (
    BOX,
    FORM,
    THREE_PAGES,
    THREE_READINGS,
    Outside,
    folder,
    judged,
    reading,
    record,
)

SHEET = (1240, 1754)
"""The aligned page at 150 dpi, (columns, rows)."""


def jpeg(seed: int, size: tuple[int, int] = (80, 24)) -> bytes:
    """A little JPEG, different for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, size[::-1], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def with_pictures(page: Record, pictures: WorstPictures, *inked: str) -> Record:
    """The page as the pipeline gives it with a file store: an aligned sheet, and a snippet of each inked field."""
    aligned = pictures.files.put(jpeg(0, SHEET), ".jpg")
    readings = tuple(
        replace(r, crop=pictures.files.put(jpeg(n + 1), ".jpg")) if r.field in inked else r
        for n, r in enumerate(page.readings)
    )
    return replace(page, aligned=aligned, readings=readings)


def three_seen(tmp_path: Path, pictures: WorstPictures) -> Evaluation:
    """The three pages of `test_evaluation`, with pictures of names and numbers."""

    def read(ref: PageRef) -> Record:
        return with_pictures(record(ref, *THREE_READINGS[ref.source]), pictures, "name", "number")

    return evaluate(folder(tmp_path, *THREE_PAGES), None, FORM, read, pictures=pictures)


def html_of(evaluation: Evaluation, tmp_path: Path, lang: str = "en") -> str:
    """The report's text."""
    write_report(evaluation, tmp_path / "report.html", lang)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def listed(html: str) -> list[str]:
    """The worst readings as they stand in the report."""
    return re.findall(r"<li.*?</li>", html, re.DOTALL)


def test_every_wrong_reading_and_no_right_one_has_its_picture(tmp_path: Path) -> None:
    evaluation = three_seen(tmp_path, WorstPictures(FORM))
    assert set(evaluation.pictures) == {item.place for item in evaluation.worst}
    assert evaluation.pictures["1.jpg", 1, "name"] == jpeg(1)  # the first reading of its page, as it was kept
    assert evaluation.pictures["3.jpg", 1, "number"] == jpeg(3)


def test_ticks_are_shown_where_they_stand_on_the_sheet_with_the_label_of_the_last(tmp_path: Path) -> None:
    picture = three_seen(tmp_path, WorstPictures(FORM)).pictures["3.jpg", 1, "sex"]
    with Image.open(io.BytesIO(picture)) as seen:
        per_mm = SHEET[0] / FORM.sheet[0]
        across, down = BOX.w + 2 * AROUND_MM + LABEL_MM, BOX.h + 2 * AROUND_MM
        assert seen.size == pytest.approx((across * per_mm, down * per_mm), abs=1)


def test_pictures_are_kept_of_the_worst_alone_and_of_no_page(tmp_path: Path) -> None:
    pictures = WorstPictures(FORM, room=2)
    evaluation = three_seen(tmp_path, pictures)
    assert set(evaluation.pictures) == {item.place for item in evaluation.worst[:2]}
    with pytest.raises(StoreError):
        pictures.files.read(MemoryPictureStore().put(jpeg(0, SHEET), ".jpg"))


def test_page_that_was_not_placed_is_not_kept_either(tmp_path: Path) -> None:
    pictures, keys = WorstPictures(FORM), []

    def read(ref: PageRef) -> Record:
        keys.append(pictures.files.put(jpeg(0, SHEET), ".jpg"))
        return Record(ref, FORM.id, FORM.version, PageStatus.UNPLACED, image=keys[-1])

    evaluate(folder(tmp_path, {"file": "1.jpg", "fields": {"name": "An"}}), None, FORM, read, pictures=pictures)
    with pytest.raises(StoreError):
        pictures.files.read(keys[0])


def test_page_without_an_aligned_sheet_is_listed_without_a_picture(tmp_path: Path) -> None:
    truth = folder(tmp_path, {"file": "1.jpg", "fields": {"name": "An"}})
    evaluation = evaluate(
        truth, None, FORM, lambda ref: record(ref, reading("name", "Anh")), pictures=WorstPictures(FORM)
    )
    assert evaluation.pictures == {}
    assert "no picture" in html_of(evaluation, tmp_path)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_report_holds_the_pictures_within_itself_in_the_order_of_the_worst(tmp_path: Path, lang: str) -> None:
    evaluation = three_seen(tmp_path, WorstPictures(FORM))
    page = Outside()
    page.feed(html_of(evaluation, tmp_path, lang))
    assert page.found == []
    shown = [base64.b64decode(source.partition(",")[2]) for source in page.pictures]
    assert shown == [evaluation.pictures[item.place] for item in evaluation.worst]


def test_each_reading_is_told_with_truth_confidence_field_page_hand_and_wear(tmp_path: Path) -> None:
    first = listed(html_of(three_seen(tmp_path, WorstPictures(FORM)), tmp_path))[0]
    for told in ("<dd>nothing</dd>", "<dd>1</dd>", "0.980", "Number (number)", "3.jpg (1)", "real", "photo"):
        assert told in first
    assert 'class="bad"' in first and "silent error" in first


def test_options_are_told_by_their_labels(tmp_path: Path) -> None:
    second = listed(html_of(three_seen(tmp_path, WorstPictures(FORM)), tmp_path))[1]
    assert "<dd>M</dd>" in second and "<dd>F</dd>" in second


def test_what_differs_between_truth_and_reading_is_marked(tmp_path: Path) -> None:
    html = html_of(three_seen(tmp_path, WorstPictures(FORM)), tmp_path)
    assert "<dd>Đỗ Thị H<mark>oà</mark></dd>" in html
    assert "<dd>Đỗ Thị H<mark>òa</mark></dd>" in html


@given(st.text(alphabet="ab<&>à", max_size=12), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=3))
def test_marking_loses_no_letter(text: str, spans: list[tuple[int, int]]) -> None:
    ordered = sorted({n for span in spans for n in span})
    pieces = mark_spans(text, zip(ordered[::2], ordered[1::2], strict=False))
    assert "".join(piece for piece, _ in pieces) == text


def test_report_shows_fifty_of_more_and_says_how_many_are_wrong(tmp_path: Path) -> None:
    lines = [{"file": f"{n:02}.jpg", "fields": {"name": "An"}} for n in range(SHOWN + 9)]
    held = {f"{n:02}.jpg": (reading("name", "Anh", n / 100, review=True),) for n in range(SHOWN + 9)}
    html = html_of(judged(tmp_path, held, *lines), tmp_path)
    assert len(listed(html)) == SHOWN
    assert "58.jpg (1)" in listed(html)[0]  # the most confident first
    assert f"worst {SHOWN} of {SHOWN + 9} wrong readings" in html
