"""Downloading records."""

from __future__ import annotations

import csv
import io
import json

import pytest
from desk import FORM, Desk

FORM_FIELDS = {"form": FORM.id, "batch": "", "status": "all"}


@pytest.mark.parametrize(("fmt", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("jsonl", b"{")])
def test_file_is_sent_and_no_copy_stays_behind(desk: Desk, fmt: str, start: bytes) -> None:
    before = set(desk.settings.data.iterdir())
    answer = desk.person("exporter").post("/exports/", {**FORM_FIELDS, "format": fmt})
    assert answer.status_code == 200
    assert answer.data.startswith(start)
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers["Content-Disposition"].endswith(f'.{fmt}"')
    assert answer.headers["Cache-Control"] == "no-store"
    answer.close()
    assert set(desk.settings.data.iterdir()) == before


def test_verified_only_leaves_out_what_nobody_checked(desk: Desk) -> None:
    exporter = desk.person("exporter")
    checked = exporter.post("/exports/", {**FORM_FIELDS, "status": "verified", "format": "csv"})
    assert list(csv.DictReader(io.StringIO(checked.data.decode("utf-8-sig")))) == []
    everything = exporter.post("/exports/", {**FORM_FIELDS, "format": "csv", "batch": desk.batch})
    rows = list(csv.DictReader(io.StringIO(everything.data.decode("utf-8-sig"))))
    assert [row["so_dinh_danh"] for row in rows] == ["008193418301", "008193418302"]


def test_export_holds_the_correction_its_reviewer_and_the_machine_value(desk: Desk) -> None:
    path = f"/records/{desk.records[0]}/fields/ho_ten"
    desk.person("reviewer").save(path, {"value": "Phạm Thúy Xuyến", "seen_revision": 0})
    answer = desk.person("exporter").post("/exports/", {**FORM_FIELDS, "format": "jsonl"})
    first = json.loads(answer.data.decode().splitlines()[0])
    assert first["fields"]["ho_ten"]["value"] == "Phạm Thúy Xuyến"
    assert "Nguyễn Văn Reviewer" in answer.data.decode()


@pytest.mark.parametrize("wrong", [{"format": "exe"}, {"status": "none"}, {"form": "khong-co"}, {"batch": "../x"}])
def test_what_cannot_be_exported_is_refused_cleanly(desk: Desk, wrong: dict[str, str]) -> None:
    answer = desk.person("exporter").post("/exports/", {**FORM_FIELDS, "format": "csv", **wrong})
    assert answer.status_code in (400, 404)
    assert "<html" in answer.text


def test_export_is_scoped_to_the_communes_of_the_person(desk: Desk) -> None:
    desk.store.add_user("xuat-khac", "Hà Thị Mai", "exporter", "mat-khau-thu-1", ("09999",))
    visitor = desk.person("xuat-khac")
    assert desk.batch not in visitor.get("/exports/").text
    answer = visitor.post("/exports/", {**FORM_FIELDS, "format": "jsonl"})
    assert answer.data == b""
    assert visitor.post("/exports/", {**FORM_FIELDS, "format": "csv", "batch": desk.batch}).status_code == 404
