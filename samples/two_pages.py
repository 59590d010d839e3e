"""A form of two pages, and pages of invented people on it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from scanner.model import (
    Box,
    FieldKind,
    FieldLayout,
    FieldReading,
    FieldSpec,
    FormTemplate,
    NextPage,
    Option,
    PageRef,
    PageStatus,
    Reason,
    Record,
    RuleSpec,
    Value,
)
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store_factory import _Forms


def _text(name: str, label: str, page: int, y: float, **more: Any) -> FieldSpec:
    line = (Box(70, y, 110, 7),)
    return FieldSpec(
        id=name, label=label, kind=FieldKind.TEXT, layout=FieldLayout.LINE, boxes=line, page=page, **more
    )  # fmt: skip


def _number(name: str, label: str, page: int, y: float, **more: Any) -> FieldSpec:
    cells = tuple(Box(70 + 6 * n, y, 5, 7) for n in range(12))
    return FieldSpec(
        id=name, label=label, kind=FieldKind.DIGITS, layout=FieldLayout.COMB, boxes=cells, page=page, **more
    )  # fmt: skip


TWO = FormTemplate(
    id="hai-trang",
    version="1",
    title="Phiếu hai trang",
    sheet=(210.0, 297.0),
    blank="blank.pdf",
    next_pages=(NextPage(sheet=(210.0, 297.0), blank="blank.pdf", blank_page=2),),
    fields=(
        _text("ten", "Họ và tên", 1, 60, required=True),
        _number("so", "Số định danh", 1, 80),
        _text("nghe", "Nghề nghiệp", 2, 60),
        _number("so_lai", "Số định danh (trang 2)", 2, 80, same_as="so"),
        FieldSpec(
            id="ky",
            label="Có ký hợp đồng không",
            kind=FieldKind.CHOICE,
            layout=FieldLayout.TICKS,
            page=2,
            required=True,
            options=(
                Option(id="co", label="Có", box=Box(70, 100, 4, 4)),
                Option(id="khong", label="Không", box=Box(100, 100, 4, 4)),
            ),
        ),
    ),
    rules=(
        RuleSpec(rule="bat_buoc", check="required", fields={}),
        RuleSpec(rule="mot_lan", check="unique", fields={"number": "so"}),
        RuleSpec(
            rule="nghe_khi_ky",
            check="needed_when",
            fields={"when": "ky", "then": ("ten", "nghe")},
            params={"values": ["co"]},
        ),
    ),
)
NAMES = {"a": "Quan Ngọc Sơn", "b": "Hà Thị Mỵ", "c": "Lò Văn Tiên", "d": "Phạm Thúy Xuyến"}


def number_of(who: str) -> str:
    """A person's number; no two are near each other."""
    return str(int(hashlib.sha256(who.encode()).hexdigest(), 16))[:12]


def page(
    form_page: int, who: str, at: int, *, review: tuple[str, ...] = (), file: str = "", **answers: Value
) -> Record:
    """A read page of the form; `at` is its place in the pile, `review` the fields that the machine doubts."""
    values: dict[str, Value] = {
        "ten": NAMES[who],
        "so": number_of(who),
        "nghe": "thợ mộc",
        "so_lai": number_of(who),
        "ky": "co",
    }
    readings = tuple(
        FieldReading(
            spec.id, (values | answers).get(spec.id), str((values | answers).get(spec.id) or ""), 0.9,
            0.5 if spec.id in review else 0.9, spec.id in review, "test-1", spec.area,
            reasons=(Reason("not_sure"),) if spec.id in review else (),
        ) for spec in TWO.fields if spec.page == form_page
    )  # fmt: skip
    name = file or f"quet-{at}.jpg"
    ref = PageRef(Path(name), at if file else 1, hashlib.sha256(name.encode()).hexdigest())
    return Record(ref, TWO.id, TWO.version, PageStatus.READ, readings=readings, form_page=form_page)


def unplaced(at: int, status: PageStatus = PageStatus.UNPLACED) -> Record:
    """A page on which no form was found."""
    name = f"quet-{at}.jpg"
    ref = PageRef(Path(name), 1, hashlib.sha256(name.encode()).hexdigest())
    return Record(ref, "", "", status, Reason("form_not_found"))


class OneForm(_Forms):
    """The one form of these tests, with its rules at work."""

    def __init__(self, form: FormTemplate = TWO) -> None:
        self._load = lambda form_id, version: form if form_id == form.id else None


def open_sheets(url: str, folder: Path) -> Store:
    """A store that knows the form."""
    forms = OneForm()
    return Store.open(url, PictureStore(folder), rules=forms.check, unique=forms.unique, forms=forms.whole)
