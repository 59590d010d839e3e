"""A desk over a real store: read records of invented people, two pages that could not be read, a user of each role."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw, ImageFont
from werkzeug.test import TestResponse

from review_ui import create_app
from review_ui.page_reader import ManualRegistration
from review_ui.trial_reading import TrialReading
from scanner.forms.loading import load_form
from scanner.model import (
    FieldKind,
    FieldLayout,
    FieldReading,
    FieldSpec,
    PageRef,
    PageStatus,
    Reason,
    Record,
    Step,
    Value,
)
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.views import RecordView, Viewer
from scanner.store_factory import open_store

FORM = load_form("mau-so-03")
PASSWORD = "mat-khau-thu-1"
BATCH, COMMUNE = "Đợt 12/10", "02392"
VIEW_PX_PER_MM = 150 / 25.4

PERSON: dict[str, Value] = {
    "tinh": "Tuyên Quang",
    "huyen": "Hàm Yên",
    "xa": "Bình Xa",
    "thon": "Lập Bình",
    "ho_ten": "Phạm Thúy Xuyến",
    "ngay_sinh": "13/09/1993",
    "gioi_tinh": "nu",
    "so_dinh_danh": "008193418359",
    "ma_bhxh": "0812345678",
    "noi_thuong_tru": "Thôn Lập Bình, xã Bình Xa, Hàm Yên",
    "doi_tuong_uu_tien": ("ho_can_ngheo", "dan_toc_thieu_so"),
    "ten_dan_toc": "Cao Lan",
    "trinh_do_gdpt": "thpt",
    "trinh_do_cmkt": "cao_dang",
    "chuyen_nganh": "Sư phạm mầm non",
    "tinh_trang": "co_viec_lam",
    "vi_the": "lam_cong_an_luong",
    "cong_viec": "Giáo viên mầm non",
    "bhxh": "bat_buoc",
    "hop_dong": "khong_xac_dinh",
    "ngay_hop_dong": "01/09/2016",
    "noi_lam_viec": "Trường mầm non Hoa Sen",
    "loai_hinh": "khu_vuc_nha_nuoc",
    "dia_chi_lam_viec": "Xã Bình Xa, Hàm Yên, Tuyên Quang",
    "ngay_lap": "12/10/2024",
    "chu_ky": True,
}
"""What stands on the first sheet; nobody of that name and number lives anywhere."""

DOUBTED: dict[str, tuple[Value, float, tuple[str, ...]]] = {
    "ho_ten": ("Phạm Thúy Xuyên", 0.72, ("Phạm Thúy Xuyến", "Phạm Thùy Xuyên", "Phạm Thúy Xuyền")),
    "ngay_sinh": ("13/09/1983", 0.60, ("13/09/1993",)),
    "doi_tuong_uu_tien": (("ho_can_ngheo",), 0.50, ()),
    "noi_lam_viec": ("Trường mầm non Hoa Sẽn", 0.48, ()),
    "loai_hinh": ("dn_nha_nuoc", 0.44, ()),
}
"""What the machine made of some fields: value, confidence, alternatives."""


MENDED: dict[str, tuple[str, tuple[Step, ...]]] = {
    "thon": ("Lạp Bình", (Step("Lạp Bình", "Lập Bình", "known_place"),)),
    "noi_lam_viec": (
        "Trướng mấm non Hoa Sẽn",
        (Step("Trướng", "Trường", "likelier_words"), Step("mấm", "mầm", "unknown_word")),
    ),
}
"""What an engine had read of some fields, and the steps from there to the machine's value."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a test needs: the app, its store, and what is in it."""

    app: Flask
    store: Store
    settings: Settings
    batch: str
    records: tuple[str, ...]
    boss: Viewer

    def person(self, name: str) -> Visitor:
        """Somebody at their own browser, logged in."""
        visitor = Visitor(self.app.test_client())
        answer = visitor.post("/login", {"name": name, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return visitor

    def stranger(self) -> Visitor:
        """A browser that nobody has logged in with."""
        return Visitor(self.app.test_client())


class Visitor:
    """A browser: it takes the CSRF token from a page and sends it with what it posts."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: object) -> TestResponse:
        return self.client.get(path, **more)

    def token(self) -> str:
        page = self.get("/login", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]

    def post(self, path: str, form: Mapping[str, object] | None = None, **more: object) -> TestResponse:
        return self.client.post(path, data={**(form or {}), "csrf_token": self.token()}, **more)

    def save(self, path: str, form: Mapping[str, object]) -> TestResponse:
        """What our script sends: a JSON answer is asked for, the token goes in a header."""
        headers = {"Accept": "application/json", "X-CSRFToken": self.token()}
        return self.client.post(path, data=dict(form), headers=headers)


@lru_cache(maxsize=1)
def _blank() -> Image.Image:
    size = (round(FORM.sheet[0] * VIEW_PX_PER_MM), round(FORM.sheet[1] * VIEW_PX_PER_MM))
    blank = Image.open(FORM.folder / "blank.png").convert("L")
    return blank.resize(size)


def drawn_sheet(values: Mapping[str, Value]) -> Image.Image:
    """The blank with values written into it, 150 dpi."""
    image = _blank().copy()
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=22)
    for spec in FORM.fields:
        value = values.get(spec.id)
        if spec.layout is FieldLayout.TICKS:
            chosen = value if isinstance(value, tuple) else (value,)
            for box in (o.box for o in spec.options if o.id in chosen):
                x, y = box.x * VIEW_PX_PER_MM, box.y * VIEW_PX_PER_MM
                pen.line([x + 3, y + 9, x + 9, y + 16, x + 22, y - 4], fill=30, width=3)
        elif isinstance(value, str):
            marks = [c for c in value if c.isdigit()] if len(spec.boxes) > 1 else [value]
            for box, mark in zip(spec.boxes, marks, strict=False):
                pen.text((box.x * VIEW_PX_PER_MM + 4, box.bottom * VIEW_PX_PER_MM - 27), mark, font=font, fill=40)
    return image


def jpeg(image: Image.Image) -> bytes:
    """The bytes of a JPEG."""
    out = io.BytesIO()
    image.convert("L").save(out, "JPEG", quality=70)
    return out.getvalue()


def _snippet(text: str) -> Image.Image:
    font = ImageFont.load_default(size=46)
    image = Image.new("L", (int(font.getlength(text)) + 36, 76), 252)
    ImageDraw.Draw(image).text((18, 8), text, font=font, fill=40)
    return image


def _reading(spec: FieldSpec, values: Mapping[str, Value], files: PictureStore | None) -> FieldReading:
    nothing: Value = {FieldKind.CHOICES: (), FieldKind.SIGNATURE: False}.get(spec.kind)
    truth = values.get(spec.id, nothing)
    value, confidence, others = DOUBTED.get(spec.id, (truth, 0.997, ()))
    doubted = spec.id in DOUBTED
    raw, steps = MENDED.get(spec.id, (str(value or ""), ()))
    written = isinstance(truth, str) and spec.layout is not FieldLayout.TICKS
    return FieldReading(
        field=spec.id,
        value=value,
        raw=raw,
        score=confidence,
        confidence=confidence,
        review=doubted,
        engine="drawn",
        box_mm=spec.area,
        alternatives=others,
        reasons=(Reason("not_sure"),) if doubted else (),
        crop=files.put(jpeg(_snippet(str(truth))), ".jpg") if files is not None and written else None,
        steps=steps,
    )


def unpictured_record(values: Mapping[str, Value]) -> Record:
    """What was read of a page, without pictures."""
    readings = tuple(_reading(spec, values, None) for spec in FORM.fields)
    return Record(PageRef(Path("x.jpg"), 1, "0" * 64), FORM.id, FORM.version, PageStatus.READ, readings=readings)


def read_record(files: PictureStore, number: int, values: Mapping[str, Value] = PERSON) -> Record:
    """A page as the pipeline hands it over, with its pictures stored."""
    sheet = drawn_sheet(values)
    ref = PageRef(Path(f"quet-{number:04}.pdf"), number, hashlib.sha256(f"tờ {number}".encode()).hexdigest())
    return Record(
        ref=ref,
        form=FORM.id,
        form_version=FORM.version,
        status=PageStatus.READ,
        readings=tuple(_reading(spec, values, files) for spec in FORM.fields),
        image=files.put(jpeg(sheet.rotate(1.2, fillcolor=235)), ".jpg"),
        aligned=files.put(jpeg(sheet), ".jpg"),
    )


def unread_record(files: PictureStore, number: int, status: PageStatus, reason: Reason) -> Record:
    """A page that nothing could be read from."""
    ref = PageRef(Path(f"hong-{number:04}.jpg"), 1, hashlib.sha256(f"hỏng {number}".encode()).hexdigest())
    image = files.put(jpeg(Image.new("L", (200, 280), 200 + number)), ".jpg")
    return Record(ref=ref, form=FORM.id, form_version=FORM.version, status=status, reason=reason, image=image)


def without(record: Record, field: str) -> Record:
    """The record with no ink snippet for one field."""
    return replace(record, readings=tuple(replace(r, crop=None) if r.field == field else r for r in record.readings))


def fill(folder: Path, records: int = 2) -> None:
    """Make a data folder with so many records to review and a user of each role."""
    store = open_store(Settings(data=folder).ready())
    batch = store.ensure_batch(BATCH, xa=COMMUNE, form=FORM.id)
    for number in range(1, records + 1):
        values = {**PERSON, "so_dinh_danh": f"0081934183{number:02}"}
        assert store.add_record(batch, read_record(store.files, number, values))
    store.add_record(batch, unread_record(store.files, 1, PageStatus.UNPLACED, Reason("form_not_found")))
    store.add_record(batch, unread_record(store.files, 2, PageStatus.BLANK, Reason("page_blank")))
    for role in ("operator", "reviewer", "supervisor", "exporter", "admin"):
        store.add_user(role, f"Nguyễn Văn {role.title()}", role, PASSWORD)
    store.add_user("binh", "Trần Văn Bình", "reviewer", PASSWORD)
    store.add_user("xa-khac", "Lê Thị Thu", "reviewer", PASSWORD, ("09999",))
    store.close()


class FakeRegistration:
    """Manual registration without pixels: it finds the form unless `refusal` is set, and keeps the points given."""

    sheet = FORM.sheet
    points = ((20.0, 16.0), (195.5, 9.25), (180.0, 265.0), (20.5, 246.0))

    def __init__(self) -> None:
        self.refusal: Reason | None = None
        self.given: list[Sequence[tuple[float, float]]] = []
        self.asked: list[tuple[str | None, int]] = []  # forms and pages that guides were wanted of, or readings

    def guide(self, form_id: str, page: int = 1) -> FakeRegistration:
        """One guide for every printed page."""
        self.asked.append((form_id, page))
        return self

    @property
    def blank(self) -> bytes:
        """A small blank."""
        out = io.BytesIO()
        _blank().resize((210, 297)).save(out, "PNG")
        return out.getvalue()

    def read(
        self, record: RecordView, points: Sequence[tuple[float, float]], form_id: str | None = None, page: int = 1
    ) -> Record:
        """What the pipeline would hand over."""
        self.given.append(points)
        self.asked.append((form_id, page))
        ref = PageRef(Path(record.source), record.page, record.sha256)
        if self.refusal is not None:
            return Record(ref, FORM.id, FORM.version, PageStatus.UNPLACED, self.refusal)
        values = {**PERSON, "so_dinh_danh": "008193418377"}
        return replace(unpictured_record(values), ref=ref, image=record.image, form_page=page)


def open_desk(
    folder: Path, registration: ManualRegistration | None = None, trial_reading: TrialReading | None = None
) -> Desk:
    """The app over a filled data folder; close its store when done."""
    settings = Settings(data=folder)
    store = open_store(settings)
    boss = store.authenticate("admin", PASSWORD)
    assert boss
    (batch,) = store.batches(boss)
    records = tuple(item.record_id for item in store.queue(boss))
    app = create_app(settings, store, registration, trial_reading)
    return Desk(app, store, settings, batch.id, records, boss)
