"""What manual registration needs of the pipeline; `sohoa serve` passes it to `create_app`.

The UI knows no pixels and no engines: `scanner.manual_registration.ManualReader` implements this protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from flask import Flask, current_app

from scanner.model import Record
from scanner.store.views import RecordView

Point = tuple[float, float]


class ManualPoints(Protocol):
    """A blank (PNG of the whole sheet), the sheet's size and four printed points on it, mm."""

    @property
    def sheet(self) -> tuple[float, float]: ...

    @property
    def points(self) -> tuple[Point, ...]: ...

    @property
    def blank(self) -> bytes: ...


class ManualRegistration(Protocol):
    """Reads a page of the store again from four points, px of its picture in the order of the guide's.

    `page` is which printed page of the form it is, from 1. Whoever names no form means the one that the record is held
    for. Both raise FormError for a form or a page that is not there.
    """

    def guide(self, form_id: str, page: int = 1) -> ManualPoints: ...

    def read(
        self, record: RecordView, points: Sequence[Point], form_id: str | None = None, page: int = 1
    ) -> Record: ...


def set_up_manual_registration(app: Flask, registration: ManualRegistration | None) -> None:
    """Give the views access to it; templates ask `can_register()` whether to offer it."""
    app.extensions["sohoa_registration"] = registration
    app.template_global("can_register")(lambda: registration is not None)


def manual_registration() -> ManualRegistration | None:
    """The manual registration of this app, if it has one."""
    return cast("ManualRegistration | None", current_app.extensions["sohoa_registration"])
