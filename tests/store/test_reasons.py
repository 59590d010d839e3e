"""Why a person must look is kept whole, and an acceptance is of the value that the person saw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.errors import Conflict
from scanner.model import Reason
from scanner.store.convert import reason_values, reasons_row
from scanner.store.database import Store
from scanner.store.views import Viewer
from tests.store.conftest import record
from tests.store.test_contract import only, put

SEVERAL = (Reason("mark_unclear", {"count": 2}), Reason("stamp_over"), Reason("rule_broken"))


def test_all_reasons_of_a_reading_come_back_in_their_order(store: Store) -> None:
    sheet = record()
    doubted = tuple(
        replace(r, review=True, reasons=SEVERAL) if r.field == "ho_ten" else replace(r, reasons=())
        for r in sheet.readings
    )
    put(store, replace(sheet, readings=doubted))
    views = {view.field: view for view in store.record(only(store), None).fields}
    assert views["ho_ten"].reasons == SEVERAL
    assert views["xa"].reasons == ()


def test_rows_of_before_there_were_several_have_their_one() -> None:
    assert reason_values({"code": "not_sure", "params": {}}) == (Reason("not_sure"),)
    assert reason_values(None) == ()


def test_the_first_reason_stands_where_the_only_one_stood() -> None:
    row = reasons_row(SEVERAL)
    assert row is not None and (row["code"], row["params"]) == ("mark_unclear", {"count": 2})
    assert reasons_row(SEVERAL[:1]) == {"code": "mark_unclear", "params": {"count": 2}}
    assert reasons_row(()) is None


def test_a_value_that_stands_no_more_is_not_accepted(store: Store, hanh: Viewer) -> None:
    """The page was read again while a person looked at the first reading: the revision is still the same."""
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    with pytest.raises(Conflict):
        store.correct(record_id, "ho_ten", "Máy Đọc", viewer=hanh, seen_revision=0, manner="accepted")
    (field,) = [f for f in store.record(record_id, None).fields if f.field == "ho_ten"]
    assert (field.value, field.open, field.revision) == ("Quan Ngọc Sơn", True, 0)
    store.correct(record_id, "ho_ten", "Quan Ngọc Sơn", viewer=hanh, seen_revision=0, manner="accepted")
