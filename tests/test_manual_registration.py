"""A page read again from a person's four points: the same page, the same picture, the same gate."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from samples.newspaper import on_a_newspaper
from scanner.batch import scan
from scanner.manual_registration import ManualReader
from scanner.model import FormTemplate, PageStatus
from scanner.settings import Settings
from scanner.store.views import RecordView
from scanner.store_factory import open_store
from tests.conftest import Desk

SCALE = 0.6


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder."""
    return Settings(data=tmp_path_factory.mktemp("rescue") / "data", workers=1)


@pytest.fixture(scope="module")
def rescuer(settings: Settings) -> ManualReader:
    """The reader of pages placed by hand."""
    return ManualReader(settings)


@pytest.fixture(scope="module")
def refused(settings: Settings, form: FormTemplate, desk_of_sheets: Desk) -> RecordView:
    """A page as the store holds it after the machine did not find the form on it."""
    image, _ = on_a_newspaper(desk_of_sheets.draw(71).image, SCALE)
    path = settings.data.parent / "bao.png"
    Image.fromarray(image).save(path)
    with open_store(settings) as store:
        scan([path], store, form, settings, batch="Đợt")
        (page,) = store.pages_needing_a_person()
        return store.record(page.record_id, None)


@pytest.fixture(scope="module")
def points(rescuer: ManualReader, form: FormTemplate, desk_of_sheets: Desk) -> list[tuple[float, float]]:
    """Where the guide's points lie on the page, px."""
    _, to_page = on_a_newspaper(desk_of_sheets.draw(71).image, SCALE)
    return [(float(x), float(y)) for x, y in to_page(np.array(rescuer.guide(form.id).points))]


def test_guide_shows_the_whole_blank_and_four_points_on_it(rescuer: ManualReader, form: FormTemplate) -> None:
    guide = rescuer.guide(form.id)
    with Image.open(io.BytesIO(guide.blank)) as blank:
        assert blank.size == (1240, 1754)
    assert len(guide.points) == 4
    assert all(0 <= x <= form.sheet[0] and 0 <= y <= form.sheet[1] for x, y in guide.points)


def test_page_read_by_hand_is_the_same_page_with_its_pictures(rescuer, refused, points, form, settings) -> None:
    record = rescuer.read(refused, points)
    assert record.status is PageStatus.READ and len(record.readings) == len(form.fields)
    assert (record.ref.sha256, record.ref.number, record.image) == (refused.sha256, refused.page, refused.image)
    assert record.aligned is not None and (settings.files / record.aligned).is_file()
    assert sum(r.crop is not None for r in record.readings) > 5


def test_what_was_read_is_what_the_sheet_says(rescuer, refused, points, desk_of_sheets: Desk) -> None:
    truth = desk_of_sheets.draw(71).truth
    record = rescuer.read(refused, points)
    right = [f for f, value in truth.items() if value and record.value(f) == value]
    assert len(right) > 0.7 * sum(bool(v) for v in truth.values())


def test_refused_page_says_why_and_keeps_no_new_picture(rescuer, refused, points, settings) -> None:
    before = sorted(settings.files.rglob("*.jpg"))
    record = rescuer.read(refused, [points[1], points[0], *points[2:]])
    assert (record.status, record.reason.code) == (PageStatus.UNPLACED, "points_wrong")
    assert (record.ref.sha256, record.image) == (refused.sha256, refused.image)
    assert sorted(settings.files.rglob("*.jpg")) == before


def test_picture_that_is_gone_is_told_not_raised(rescuer, refused, points) -> None:
    record = rescuer.read(replace(refused, image="ab/" + "ab" * 32 + ".jpg"), points)
    assert record.status is PageStatus.UNREADABLE and record.reason is not None
