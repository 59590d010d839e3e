"""The form designer's pages: who may, what is taken, what a save makes."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from desk import FORM, PERSON, Desk, Visitor, drawn_sheet, jpeg, open_desk, read_record
from werkzeug.test import TestResponse

from review_ui.designer_texts import check_parts
from review_ui.trial_reading import TrialReading
from review_ui.uploads import MAX_UPLOAD
from scanner.errors import FormError
from scanner.forms.loading import load_form
from scanner.forms.versions import copy_form, list_drafts, load_version, versions
from scanner.model import FormTemplate, PageRef, PageStatus, Reason, Record, Unreadable
from scanner.rules import CHECKS, CONSTANTS
from scanner.settings import Settings
from scanner.store.pictures import PictureStore
from scanner.trial_reading import add_to_draft, remove_from_draft, replace_in_draft

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
PATH = f"/forms/{FORM.id}"


def bench(settings: Settings) -> TrialReading:
    def draft(blank: Path, form_id: str, title: str) -> FormTemplate | Unreadable:
        if title == "hỏng":
            raise FormError("No.", "No.")
        if title == "lớn":
            return Unreadable(PageRef(blank), Reason("too_many_pages", {"most": 1}))
        form = FORM.model_copy(update={"id": form_id, "title": title, "version": "1"})
        copy_form(form, settings.drafts / form_id)
        return form

    def read(sheet: Path, form: FormTemplate) -> list[tuple[Record, bytes | None]]:
        assert sheet.read_bytes()
        record = read_record(PictureStore(settings.files), 1)
        return [(record, jpeg(drawn_sheet(PERSON))), (unplaced(record), None)]

    return TrialReading(
        draft=draft,
        read=read,
        add=partial(add_to_draft, settings),
        replace=partial(replace_in_draft, settings),
        remove=partial(remove_from_draft, settings),
    )


def unplaced(record: Record) -> Record:
    """A second page of the same file that the form was not found on."""
    ref = PageRef(record.ref.path, 2, record.ref.sha256)
    return Record(ref, FORM.id, FORM.version, PageStatus.UNPLACED, Reason("form_not_found"))


@pytest.fixture
def desk(filled: Path, tmp_path: Path) -> Iterator[Desk]:
    data = shutil.copytree(filled, tmp_path / "data")
    opened = open_desk(data, trial_reading=bench(Settings(data=data)))
    yield opened
    opened.store.close()


def upload(visitor: Visitor, content: bytes = PNG, **given: str) -> TestResponse:
    form = {"id": "phieu-thu", "title": "Phiếu thử", "csrf_token": visitor.token(), **given}
    body = b"".join(_part(f'name="{name}"', value.encode()) for name, value in form.items())
    body += _part('name="blank"; filename="x.png"', content) + b"--cut--\r\n"
    return visitor.client.post("/forms/", data=body, content_type="multipart/form-data; boundary=cut")


def _part(name: str, content: bytes) -> bytes:
    return f"--cut\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + content + b"\r\n"


def send(visitor: Visitor, path: str, body: object) -> TestResponse:
    headers = {"Accept": "application/json", "X-CSRFToken": visitor.token()}
    return visitor.client.post(path, json=body, headers=headers)


def seen(visitor: Visitor, path: str = PATH) -> dict[str, Any]:
    """What the designer's page gives its script."""
    page = visitor.get(path).text
    data = page.split('id="page-data">')[1].split("</script>")[0]
    return json.loads(data)


# --- who may -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["operator", "reviewer", "supervisor", "exporter"])
def test_only_an_administrator_may_design_forms(desk: Desk, name: str) -> None:
    visitor = desk.person(name)
    assert visitor.get("/forms/").status_code == 403
    assert visitor.get(PATH).status_code == visitor.get(f"{PATH}/blank/1").status_code == 403
    assert upload(visitor).status_code == 403
    for action in ("check", "save", "try", "discard", "pages", "pages/1/blank", "pages/1/remove"):
        assert send(visitor, f"{PATH}/{action}", {}).status_code == 403
    assert "/forms/" not in visitor.get("/password").text
    assert list_drafts(desk.settings.drafts) == []


def test_strangers_are_sent_to_the_log_in(desk: Desk) -> None:
    assert desk.stranger().get(PATH).status_code == 302
    assert send(desk.stranger(), f"{PATH}/save", {}).status_code == 401


def test_nothing_changes_without_the_token(desk: Desk) -> None:
    admin = desk.person("admin")
    form = {"id": "phieu-thu", "title": "Phiếu thử", "blank": (io.BytesIO(PNG), "x.png")}
    assert admin.client.post("/forms/", data=form).status_code == 400
    for action in ("check", "save", "try", "discard", "pages", "pages/1/blank", "pages/1/remove"):
        assert admin.client.post(f"{PATH}/{action}", json={}).status_code == 400
    assert list_drafts(desk.settings.drafts) == []


# --- uploads -----------------------------------------------------------------------------------------


def test_a_blank_becomes_a_draft_that_is_no_form_yet(desk: Desk) -> None:
    admin = desk.person("admin")
    answer = upload(admin)
    assert answer.status_code == 302 and answer.location == "/forms/phieu-thu"
    assert len(seen(admin, "/forms/phieu-thu")["form"]["fields"]) == len(FORM.fields)
    assert "bản nháp, chưa dùng" in admin.get("/forms/").text
    with pytest.raises(FormError):
        load_form("phieu-thu", *desk.settings.form_places)
    assert list(desk.settings.data.glob("upload-*")) == []


@pytest.mark.parametrize(
    "wrong",
    [{"id": "../x"}, {"id": "a/b"}, {"id": "Phiếu"}, {"id": ""}, {"id": FORM.id}, {"title": ""}, {"title": "x" * 201},
     {"title": "hỏng"}, {"title": "lớn"}, {"content": b"MZ not a scan"}, {"content": b""}],
)  # fmt: skip
def test_what_cannot_become_a_form_is_told_and_what_was_typed_stays(desk: Desk, wrong: dict[str, Any]) -> None:
    admin = desk.person("admin")
    answer = upload(admin, **wrong)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert 'value="Phiếu thử"' in answer.text or "title" in wrong
    assert list_drafts(desk.settings.drafts) == []
    assert list(desk.settings.data.glob("upload-*")) == []


def test_a_draft_is_not_overwritten_by_another_upload(desk: Desk) -> None:
    admin = desk.person("admin")
    assert upload(admin).status_code == 302
    assert upload(admin).status_code == 422


def test_scans_may_be_large_for_who_may_send_them_and_no_larger(desk: Desk) -> None:
    assert upload(desk.person("admin"), PNG + b"\0" * 1_000_000).status_code == 302
    assert upload(desk.person("admin"), PNG + b"\0" * MAX_UPLOAD).status_code == 413
    assert upload(desk.person("supervisor"), PNG + b"\0" * 1_000_000).status_code == 413


def test_one_sheet_is_read_at_a_time(desk: Desk) -> None:
    desk.app.extensions["sohoa_trial_reading"].busy.acquire()
    assert upload(desk.person("admin")).status_code == 422
    assert list_drafts(desk.settings.drafts) == []


@pytest.mark.parametrize("path", ["/forms/khong-co", "/forms/..", "/forms/.drafts", "/forms/%2e%2e%2fforms"])
def test_a_form_that_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.person("admin").get(path).status_code in (404, 308)
    assert desk.person("admin").get(f"{path}/blank/1").status_code == 404


# --- saving ------------------------------------------------------------------------------------------


def test_a_save_without_faults_is_a_version_and_old_records_keep_theirs(desk: Desk) -> None:
    admin = desk.person("admin")
    data = seen(admin)
    data["form"]["fields"][0]["label"] = "Tên tỉnh mới"
    answer = send(admin, f"{PATH}/save", {"form": data["form"], "seen": data["seen"]})
    assert answer.json and (answer.json["version"], answer.json["faults"]) == ("2022.2", [])
    assert load_form(FORM.id, *desk.settings.form_places).fields[0].label == "Tên tỉnh mới"
    assert versions(FORM.id, desk.settings.own_forms) == ["2022.1", "2022.2"]
    assert "Tên tỉnh mới" not in desk.person("reviewer").get(f"/records/{desk.records[0]}").text
    assert load_version(FORM.id, "2022.1", *desk.settings.form_places) == load_form(FORM.id).model_copy(
        update={"folder": desk.settings.own_forms / FORM.id / "versions" / "v2022.1"}
    )


def test_a_save_with_faults_is_kept_as_a_draft_and_told_beside_its_field(desk: Desk) -> None:
    admin = desk.person("admin")
    data = seen(admin)
    data["form"]["fields"][4]["layout"] = "parts"
    answer = send(admin, f"{PATH}/save", {"form": data["form"], "seen": data["seen"]})
    assert answer.json and answer.json["version"] is None
    (fault,) = answer.json["faults"]
    assert fault["field"] == "ho_ten" and "Chữ" in fault["text"] and "parts" not in fault["text"]
    assert seen(admin)["form"]["fields"][4]["layout"] == "parts"
    assert load_form(FORM.id, *desk.settings.form_places).version == FORM.version
    assert admin.post(f"{PATH}/discard").status_code == 302
    assert seen(admin)["form"]["fields"][4]["layout"] == "line"


def test_who_saves_over_somebody_else_is_told(desk: Desk) -> None:
    admin = desk.person("admin")
    data = seen(admin)
    body = {"form": data["form"], "seen": data["seen"]}
    first = send(admin, f"{PATH}/save", body)
    assert first.status_code == 200 and first.json
    assert send(admin, f"{PATH}/save", body).status_code == 409
    assert send(admin, f"{PATH}/save", {**body, "seen": first.json["seen"]}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"id": "khac"}, {"blank": "/etc/passwd"}, {"folder": "/"}, {"next_pages": []}, {"blank_page": 2},
     {"fields": "x"}, {"fields": [{"id": "a"}]},
     {"fields": [{"id": "a", "label": "a", "kind": "text", "layout": "line", "boxes": [[0, 0, float("nan"), 1]]}]},
     {"fields": [{"id": "a", "label": "a", "kind": "text", "layout": "line", "script": 1}]}],
)  # fmt: skip
def test_what_is_no_form_is_refused_whole(desk: Desk, change: dict[str, Any]) -> None:
    admin = desk.person("admin")
    data = seen(admin)
    for action in ("check", "save"):
        form = {**data["form"], **change}
        body = form if action == "check" else {"form": form, "seen": data["seen"]}
        assert send(admin, f"{PATH}/{action}", body).status_code == 400
    assert not desk.settings.own_forms.exists() and list_drafts(desk.settings.drafts) == []


def test_faults_are_told_without_saving(desk: Desk) -> None:
    admin = desk.person("admin")
    form = seen(admin)["form"]
    assert send(admin, f"{PATH}/check", form).json == {"faults": []}
    form["rules"].append({"rule": "moi", "check": "age", "fields": {"birth": ""}, "params": {}})
    answer = send(admin, f"{PATH}/check", form)
    assert answer.json
    texts = " ".join(fault["text"] for fault in answer.json["faults"])
    assert "Tuổi thấp nhất" in texts and "least" not in texts and "moi" not in texts


# --- pages -------------------------------------------------------------------------------------------


def change(visitor: Visitor, path: str, *, blank: bytes | None = PNG, **other: str) -> TestResponse:
    """Ask for a change of the form's pages, as the script does."""
    data = seen(visitor)
    body: dict[str, Any] = {"form": json.dumps(data["form"]), "seen": data["seen"], **other}
    if blank is not None:
        body["blank"] = (io.BytesIO(blank), "x.png")
    headers = {"Accept": "application/json"}
    return visitor.post(f"{PATH}/{path}", body, content_type="multipart/form-data", headers=headers)


def test_each_page_has_its_blank_and_no_other_has_one(desk: Desk) -> None:
    admin = desk.person("admin")
    assert [page["blank"] for page in seen(admin)["pages"]] == [f"{PATH}/blank/1"]
    assert admin.get(f"{PATH}/blank/1").data.startswith(b"\x89PNG")
    assert admin.get(f"{PATH}/blank/2").status_code == admin.get(f"{PATH}/blank/0").status_code == 404


@pytest.mark.parametrize(("path", "status"), [("pages", 422), ("pages/1/blank", 422), ("pages/2/blank", 404)])
def test_what_is_no_blank_changes_no_page(desk: Desk, path: str, status: int) -> None:
    admin = desk.person("admin")
    for blank in (b"MZ not a scan", PNG, None):  # the second only looks like one
        answer = change(admin, path, blank=blank)
        assert answer.status_code == status and (status == 404 or (answer.json and answer.json["message"]))
    assert list_drafts(desk.settings.drafts) == []
    assert list(desk.settings.data.glob("upload-*")) == []


def test_the_only_page_stays(desk: Desk) -> None:
    admin = desk.person("admin")
    assert change(admin, "pages/1/remove", blank=None).status_code == 422
    assert change(admin, "pages/2/remove", blank=None).status_code == 404
    assert list_drafts(desk.settings.drafts) == []


def test_pages_changed_under_somebody_elses_save_are_told(desk: Desk) -> None:
    admin = desk.person("admin")
    assert change(admin, "pages", seen="another").status_code == 409
    assert change(admin, "pages", form="no form").status_code == 400
    desk.app.extensions["sohoa_trial_reading"].busy.acquire()
    assert change(admin, "pages").status_code == 503
    assert list_drafts(desk.settings.drafts) == []


# --- trying ------------------------------------------------------------------------------------------


def attempt(visitor: Visitor, form: object, sheet: bytes = PNG) -> TestResponse:
    body = {"form": json.dumps(form), "sheet": (io.BytesIO(sheet), "x.png")}
    headers = {"Accept": "application/json"}
    return visitor.post(f"{PATH}/try", body, content_type="multipart/form-data", headers=headers)


def test_a_tried_sheet_comes_back_with_its_values_and_leaves_nothing(desk: Desk) -> None:
    admin = desk.person("admin")
    before = sorted(desk.settings.data.iterdir())
    answer = attempt(admin, seen(admin)["form"])
    assert answer.status_code == 200 and answer.json
    first, second = answer.json["pages"]
    values = {r["field"]: r["value"] for r in first["readings"]}
    assert values["gioi_tinh"] == "Nữ" and values["thon"] == PERSON["thon"]
    assert first["picture"] and not first["message"]
    assert second["page"] is None and second["message"] and not second["readings"]
    assert sorted(desk.settings.data.iterdir()) == before


def test_what_cannot_be_tried_says_why(desk: Desk) -> None:
    admin = desk.person("admin")
    form = seen(admin)["form"]
    assert attempt(admin, form, b"text").status_code == 422
    assert attempt(admin, {**form, "fields": []}).status_code == 422
    assert attempt(admin, "no form").status_code == 400


def test_every_part_of_a_check_has_a_name(desk: Desk) -> None:
    parts = {p for c in CHECKS.values() for p in (*c.roles, *c.params, *c.spare, *c.spare_params)}
    with desk.app.test_request_context():
        assert parts <= set(check_parts())
    constants = {p for c in CHECKS.values() for p in (*c.params, *c.spare_params)}
    assert constants <= set(CONSTANTS)
