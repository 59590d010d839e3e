"""Everything on the screens is Vietnamese unless somebody chose English."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from desk import FORM, Desk

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "compile_translations.py"
SPOKEN = ("title", "alt", "placeholder", "aria-label")
BOTH = {"Sohoa", "English", "Excel", "CSV", "JSON Lines", "JSON", "Lines", "Enter", "Shift", "Alt", "Esc", "Backspace"}
"""Names and keys that are the same in both languages."""
ENGLISH = re.compile(
    r"\b(the|and|of|is|are|not|you|your|this|page|record|records|field|fields|batch|save|saved|next|log|user|name"
    r"|password|review|export|done|error|wrong|with|from|yes|none|all|empty|loading|close|back|file)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compile_translations", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def catalog(script: ModuleType) -> Catalog:
    return read_po(io.BytesIO(script.po_path("vi").read_bytes()))


def test_every_text_of_the_package_has_a_vietnamese_one(script: ModuleType) -> None:
    assert script.untranslated(script.merged("vi")) == []
    assert len(list(script.gathered())) > 100


def test_committed_catalog_is_up_to_date_and_so_is_its_compiled_form(script: ModuleType) -> None:
    path = script.po_path("vi")
    assert path.read_bytes() == script.as_po(script.merged("vi"))
    assert path.with_suffix(".mo").read_bytes() == script.as_mo(path.read_bytes())


def test_translations_keep_the_parts_that_are_filled_in(catalog: Catalog) -> None:
    part = re.compile(r"%\(\w+\)[sd]")
    for message in catalog:
        assert sorted(part.findall(str(message.string))) == sorted(part.findall(str(message.id))), message.id


class Spoken(HTMLParser):
    """What a person reads or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.texts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        self.said += [value for name, value in attrs if name in SPOKEN and value]
        if tag in ("meta", "link", "input", "img", "br", "image", "rect"):
            self._inside.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" not in self._inside and "style" not in self._inside and data.strip():
            self.said.append(data.strip())
        elif "script" in self._inside:
            given = json.loads(data)
            names = [name for group in given.get("names", {}).values() for name in group.values()]
            self.said += [re.sub(r"{\w+}", "", text) for text in (*given["texts"].values(), *names)]


def screens(desk: Desk) -> dict[str, str]:
    """Every kind of page there is, as an administrator and as a stranger see it."""
    admin, stranger, operator = desk.person("admin"), desk.stranger(), desk.person("operator")
    record = desk.records[0]
    wrong = {"value": "x", "seen_revision": 0}
    pages = {
        path: admin.get(path).text
        for path in (
            "/batches/",
            f"/batches/{desk.batch}",
            "/queue/",
            f"/queue/?batch={desk.batch}",
            f"/records/{record}",
            "/exports/",
            "/users/",
            "/forms/",
            f"/forms/{FORM.id}",
            "/password",
            "/khong-co-trang-nay",
        )
    }
    unplaced, _ = desk.store.pages_needing_a_person(desk.boss)
    pages["placing"] = admin.get(f"/unplaced/{unplaced.record_id}").text
    pages["unplaced"] = admin.get("/unplaced/").text
    admin.post(f"/unplaced/{unplaced.record_id}/aside", {"as": "rescan"})
    admin.post(f"/unplaced/{unplaced.record_id}/aside", {"as": "other"})
    pages["set aside"] = admin.get("/unplaced/").text
    pages["log-in"] = stranger.get("/login").text
    pages["wrong log-in"] = stranger.post("/login", {"name": "a", "password": "b"}).text
    pages["csrf"] = stranger.client.post("/login").text
    pages["403"] = operator.get("/users/").text
    pages["refused"] = admin.post(f"/records/{record}/fields/ngay_sinh", wrong).text
    assert admin.post(f"/records/{record}/fields/ho_ten", wrong).status_code == 302
    pages["conflict"] = admin.post(f"/records/{record}/fields/ho_ten", wrong).text
    pages["no user"] = admin.post("/users/", {"role": "reviewer"}).text
    pages["no password"] = admin.post("/password", {"old": "x", "new": "y", "again": "z"}).text
    pages["no form"] = admin.post("/forms/", {"id": "?"}).text
    pages["413"] = admin.post(f"/records/{record}/fields/ho_ten", {"value": "x" * 70_000}).text
    admin.post(f"/records/{record}/release")
    for other in desk.records:
        desk.store.hold(other, desk.store.authenticate("binh", "mat-khau-thu-1"))  # type: ignore[arg-type]
    pages["taken"] = admin.get(f"/queue/next?batch={desk.batch}").text
    return pages


def test_vietnamese_screens_hold_no_english(desk: Desk, catalog: Catalog) -> None:
    foreign = {str(m.id).split("%(")[0].strip() for m in catalog if m.id and m.id != m.string} - {""}
    for name, page in screens(desk).items():
        reader = Spoken()
        reader.feed(page)
        assert reader.said, name
        for said in reader.said:
            assert said not in foreign, f"{name}: {said}"
            bare = said
            for same in BOTH:
                bare = bare.replace(same, "")
            # a display name or a file's name is nobody's translation
            bare = re.sub(r"Nguyễn Văn \w+|[\w-]+\.(pdf|jpg|xlsx|csv|jsonl)\b|\(\.\w+\)", "", bare)
            if said in ("operator", "reviewer", "supervisor", "exporter", "admin", "binh", "xa-khac"):
                continue
            assert not ENGLISH.search(bare), f"{name}: {said}"


def test_english_screens_are_there_for_who_wants_them(desk: Desk) -> None:
    visitor = desk.person("admin")
    visitor.post("/language", {"language": "en", "back": "/"})
    page = visitor.get(f"/records/{desk.records[0]}").text
    assert "accept and continue" in page and "The machine is not sure enough." in page
    assert "Họ, chữ đệm và tên khai sinh" in page, "the form keeps its own language"
