"""Sheets of several pages in the store: one record each, whoever put them together, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from samples.two_pages import NAMES, TWO, number_of, open_sheets, page, unplaced
from scanner.errors import Conflict, NotThere, StoreError, UserError
from scanner.model import PageStatus, Record
from scanner.store.database import Store
from scanner.store.tables import page_id
from scanner.store.views import Viewer
from tests.store.conftest import counted, holding, recounted, user


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """An open store that knows a form of two pages."""
    with open_sheets(url, tmp_path / "files") as opened:
        yield opened
        assert counted(opened) == recounted(opened)


def put(store: Store, *records: Record, batch: str = "Đợt 1", together: bool = True) -> str:
    """Put pages into a batch of any forms and assemble it."""
    batch_id = store.ensure_batch(batch, xa=None, form="")
    for one in records:
        assert store.add_record(batch_id, one)
    if together:
        store.assemble(batch_id)
    return batch_id


def pile(text: str, first: int = 1) -> list[Record]:
    """Pages from "1a 2a ? 1b"."""
    words = enumerate(text.split(), first)
    return [unplaced(at) if word == "?" else page(int(word[0]), word[1], at) for at, word in words]


def id_of(record: Record) -> str:
    return page_id(record.ref.sha256, record.ref.number)


def sheets(store: Store) -> list[str]:
    """What goes out, as "12a": pages and person."""
    people = {number_of(who): who for who in NAMES}
    return [
        "".join(str(p.form_page) for p in row.pages) + people[str(row.values.get("so") or row.values.get("so_lai"))]
        for row in store.export_rows("all")
    ]


def issues(store: Store, record_id: str) -> list[str]:
    return [issue.rule for issue in store.record(record_id, None).issues if issue.open]


def test_two_pages_are_one_record_everywhere(store: Store, hanh: Viewer) -> None:
    first, second = page(1, "a", 1, review=("ten",)), page(2, "a", 2, review=("nghe", "ky"))
    batch = put(store, first, second)
    (item,) = store.queue(hanh)
    assert (item.record_id, item.pages, item.open_fields, item.open_issues) == (id_of(first), 2, 3, 0)
    (summary,) = store.batches()
    assert (summary.pages, summary.records, summary.open_fields, summary.open_records) == (2, 1, 3, 1)
    (row,) = store.export_rows("all")
    assert row.values == {
        "ten": NAMES["a"],
        "so": number_of("a"),
        "nghe": "thợ mộc",
        "so_lai": number_of("a"),
        "ky": "co",
    }
    view = store.record(id_of(first), hanh)
    assert [f.field for f in view.fields] == ["ten", "so", "nghe", "so_lai", "ky"]
    assert [(p.record_id, p.form_page, p.source) for p in view.pages] == [
        (id_of(first), 1, "quet-1.jpg"), (id_of(second), 2, "quet-2.jpg")]  # fmt: skip
    part = store.record(id_of(second), hanh)
    assert part.head == id_of(first) and [f.field for f in part.fields] == ["nghe", "so_lai", "ky"]
    assert store.forms_going(batch="Đợt 1") == {TWO.id: 1}
    store.assemble(batch)
    assert [i.record_id for i in store.queue(hanh)] == [id_of(first)]


def test_sheet_is_verified_when_the_fields_of_all_its_pages_are(store: Store, hanh: Viewer) -> None:
    first, second = page(1, "a", 1, review=("ten",)), page(2, "a", 2, review=("nghe",))
    put(store, first, second)
    store.correct(id_of(first), "ten", NAMES["a"], viewer=hanh, seen_revision=0, manner="accepted")
    assert list(store.export_rows("verified")) == []
    store.correct(id_of(second), "nghe", "thợ xây", viewer=hanh, seen_revision=0, manner="typed")
    (row,) = store.export_rows("verified")
    assert (row.values["nghe"], row.verified_by) == ("thợ xây", "Hanh")
    assert store.queue(hanh) == []
    (summary,) = store.batches()
    assert (summary.records, summary.verified, summary.open_fields) == (1, 1, 0)
    assert [r.field for r in store.revisions(row.record_id, hanh)] == ["ten", "nghe"]
    assert {d.field for d in store.decided_readings()} == {"ten", "nghe"}, (
        "what people said of both pages is learnt from"
    )


def test_page_whose_other_is_missing_is_not_verified_before_a_person_says_so(store: Store, hanh: Viewer) -> None:
    alone = page(1, "a", 1)
    put(store, alone, together=False)
    assert list(store.export_rows("verified")) == [], "not even before the pages are put together"
    (issue,) = store.record(id_of(alone), hanh).issues
    assert (issue.rule, issue.message.params) == ("page_missing", {"page": 2, "pages": 2})
    assert issue.fields == ("nghe", "so_lai", "ky")
    store.settle_issue(issue.id, viewer=hanh, note="không có trang 2")
    (row,) = store.export_rows("verified")
    assert row.verified_by == "Hanh" and "nghe" not in row.values
    store.replace_machine_reading(id_of(alone), alone)
    store.assemble(store.batches()[0].id)
    assert len(list(store.export_rows("verified"))) == 1, "it is not asked again"


def test_page_that_comes_later_finds_its_sheet(store: Store, hanh: Viewer) -> None:
    first, second = page(1, "a", 1, review=("ten",)), page(2, "a", 2)
    put(store, second)
    assert issues(store, id_of(second)) == ["page_missing"]
    put(store, first)
    assert sheets(store) == ["12a"]
    assert issues(store, id_of(first)) == [] == issues(store, id_of(second))
    assert [item.record_id for item in store.queue(hanh)] == [id_of(first)], "the first page stands for both now"


def test_page_that_was_not_placed_shifts_nobody(store: Store, hanh: Viewer) -> None:
    put(store, *pile("1a ? 1b 2b 1c 2c"))
    assert sheets(store) == ["1a", "12b", "12c"]
    assert [len(store.record(r.record_id, hanh).issues) for r in store.export_rows("all")] == [1, 0, 0]


def test_page_placed_by_hand_joins_its_sheet_at_once(store: Store, hanh: Viewer) -> None:
    put(store, *pile("1a ? 1b 2b"))
    lost = replace(page(2, "a", 2), ref=unplaced(2).ref)
    store.place(id_of(lost), lost, viewer=hanh)
    assert sheets(store) == ["12a", "12b"]
    assert len(list(store.export_rows("verified"))) == 2


@pytest.mark.parametrize("cuts", [(2,), (1, 3), (1, 2, 3, 4, 5)])
def test_runs_of_one_batch_end_as_one_run(store: Store, cuts: tuple[int, ...]) -> None:
    pages = pile("2a 1a 2b 1b 2c 1c")
    for start, end in zip((0, *cuts), (*cuts, len(pages)), strict=True):
        put(store, *pages[start:end])
    assert sorted(sheets(store)) == ["12a", "12b", "12c"]


def test_sheets_that_were_wrong_and_pages_that_are_new_are_put_together_in_one_run(store: Store) -> None:
    put(store, *pile("1a ? 1b 2b"))
    lost = replace(page(2, "b", 2, so_lai=None), ref=unplaced(2).ref)
    store.replace_machine_reading(id_of(lost), lost)
    pages = pile("1c 2c 1d 2d", first=5)
    put(store, *pages)
    assert sheets(store) == ["12a", "12b", "12c", "12d"]


def test_rules_see_the_answers_of_all_pages(store: Store, hanh: Viewer) -> None:
    first, second = page(1, "a", 1), page(2, "a", 2, nghe=None)
    put(store, first, second, together=False)
    assert issues(store, id_of(second)) == ["page_missing"], "a rule of both pages is silent while one is not there"
    store.assemble(store.batches()[0].id)
    assert issues(store, id_of(first)) == ["nghe_khi_ky"]
    store.correct(id_of(second), "nghe", "thợ mộc", viewer=hanh, seen_revision=0, manner="typed")
    assert issues(store, id_of(first)) == []


def test_pages_that_do_not_say_the_same_are_told_with_both_fields(store: Store, hanh: Viewer) -> None:
    other = number_of("a")[:-1] + ("3" if number_of("a")[-1] != "3" else "4")
    first, second = page(1, "a", 1), page(2, "a", 2, so_lai=other)
    put(store, first, second)
    (issue,) = [i for i in store.record(id_of(first), hanh).issues if i.open]
    assert (issue.rule, issue.fields) == ("pages_disagree", ("so", "so_lai"))
    store.correct(id_of(second), "so_lai", number_of("a"), viewer=hanh, seen_revision=0, manner="typed")
    assert issues(store, id_of(first)) == []


def test_number_is_counted_once_a_sheet(store: Store) -> None:
    put(store, *pile("1a 2a"))
    assert holding(store, TWO.id, "so", number_of("a")) == 1
    again = [replace(p, ref=replace(p.ref, sha256=f"{n}" * 64)) for n, p in enumerate(pile("1a 2a", 5), 1)]
    put(store, *again, batch="Đợt 2")
    assert holding(store, TWO.id, "so", number_of("a")) == 2
    for row in store.export_rows("all"):
        assert [i.rule for i in row.issues if i.open] == ["mot_lan"]


def test_same_sheet_twice_in_a_batch_is_told_of_the_later(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2a 1b 2b 1a 2a")
    put(store, *pages)
    assert sheets(store) == ["12a", "12b", "12a"]
    assert [issues(store, id_of(pages[n])) for n in (0, 2)] == [["mot_lan"], []]
    assert sorted(issues(store, id_of(pages[4]))) == ["mot_lan", "page_doubled"]
    (told,) = [i for i in store.record(id_of(pages[4]), hanh).issues if i.rule == "page_doubled"]
    store.settle_issue(told.id, viewer=hanh)
    store.assemble(store.batches()[0].id)
    store.replace_machine_reading(id_of(pages[4]), pages[4])
    assert issues(store, id_of(pages[4])) == ["mot_lan"]


# --- by hand -----------------------------------------------------------------------------------------


def test_person_joins_a_loose_page_and_it_stays(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2b ? 1c")
    batch = put(store, *pages)
    assert sorted(sheets(store)) == ["1a", "1c", "2b"]
    unmatched = store.unmatched_pages(id_of(pages[0]), hanh)
    assert [found.page.record_id for found in unmatched] == [id_of(pages[1])]
    assert [f.field for f in unmatched[0].fields] == ["nghe", "so_lai", "ky"]
    assert [p.page.record_id for p in store.unmatched_pages(id_of(pages[1]), hanh)] == [
        id_of(pages[0]),
        id_of(pages[3]),
    ]
    assert store.join(id_of(pages[1]), id_of(pages[0]), viewer=hanh) == id_of(pages[0])
    store.assemble(batch)
    assert sorted(sheets(store)) == ["12a", "1c"]
    assert issues(store, id_of(pages[0])) == ["pages_disagree"]
    act = store.page_acts(id_of(pages[1]), hanh)[-1]
    assert (act.did, act.by) == ("joined", "Hanh")


def test_joined_first_page_stands_for_the_sheet(store: Store, hanh: Viewer) -> None:
    pages = pile("2a ? 1b")
    put(store, *pages)
    assert store.join(id_of(pages[2]), id_of(pages[0]), viewer=hanh) == id_of(pages[2])
    assert [item.record_id for item in store.queue(hanh)] == [id_of(pages[2])]


def test_person_splits_a_page_off_and_it_stays_off(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2a 1b 2b")
    batch = put(store, *pages)
    assert store.split(id_of(pages[1]), viewer=hanh) == id_of(pages[0])
    store.assemble(batch)
    assert sorted(sheets(store)) == ["12b", "1a", "2a"]
    assert issues(store, id_of(pages[0])) == issues(store, id_of(pages[1])) == ["page_missing"]
    assert [a.did for a in store.page_acts(id_of(pages[1]), hanh)] == ["split"]
    store.join(id_of(pages[1]), id_of(pages[0]), viewer=hanh)
    store.assemble(batch)
    assert sheets(store) == ["12a", "12b"]


def test_head_can_be_split_off(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2a")
    put(store, *pages)
    assert store.split(id_of(pages[0]), viewer=hanh) == id_of(pages[1])
    assert sorted(sheets(store)) == ["1a", "2a"]
    assert holding(store, TWO.id, "so", number_of("a")) == 1


def test_sheet_that_a_person_worked_on_stays_together(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2a")
    batch = put(store, *pages)
    store.correct(id_of(pages[1]), "so_lai", number_of("b"), viewer=hanh, seen_revision=0, manner="typed")
    store.assemble(batch)
    assert len(sheets(store)) == 1, "even where the values now say that it is of two people"
    assert issues(store, id_of(pages[0])) == ["pages_disagree"]


def test_page_said_to_be_the_last_gets_no_other_by_its_place(store: Store, hanh: Viewer) -> None:
    first = page(1, "a", 1)
    put(store, first)
    (issue,) = store.record(id_of(first), hanh).issues
    store.settle_issue(issue.id, viewer=hanh)
    put(store, page(2, "b", 2, so_lai=None))
    assert len(list(store.export_rows("all"))) == 2


def test_who_joins_what_is_not_loose_is_told(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2a 1b 2b 2c ? 1d")
    put(store, *pages)
    with pytest.raises(Conflict):
        store.join(id_of(pages[4]), id_of(pages[0]), viewer=hanh)
    with pytest.raises(Conflict):
        store.join(id_of(pages[1]), id_of(pages[6]), viewer=hanh)
    with pytest.raises(Conflict):
        store.split(id_of(pages[6]), viewer=hanh)
    with pytest.raises(UserError):
        store.join(id_of(pages[4]), id_of(pages[6]), viewer=user(store, "op", "operator"))
    stranger = user(store, "xa", communes=("09999",))
    with pytest.raises(NotThere):
        store.split(id_of(pages[0]), viewer=stranger)
    put(store, replace(pages[4], ref=replace(pages[4].ref, sha256="9" * 64)), batch="Đợt 2")
    with pytest.raises(ValueError, match="one batch"):
        store.join(page_id("9" * 64, 1), id_of(pages[6]), viewer=hanh)


def test_sheet_scanned_twice_is_set_aside_and_taken_back(store: Store, hanh: Viewer) -> None:
    pages = pile("1a 2a 1b 2b 1a 2a")
    put(store, *pages)
    store.leave_out(id_of(pages[5]), viewer=hanh)
    assert sheets(store) == ["12a", "12b"]
    assert holding(store, TWO.id, "so", number_of("a")) == 1
    assert len(list(store.export_rows("verified"))) == 2, "the number stands once only now"
    assert [p.record_id for p in sorted(store.pages_set_aside(hanh), key=lambda p: p.source)] == [
        id_of(pages[4]),
        id_of(pages[5]),
    ]
    for page_of in pages[4:]:
        store.take_back(id_of(page_of), viewer=hanh)
    assert sheets(store) == ["12a", "12b", "12a"]
    assert "page_doubled" in issues(store, id_of(pages[4]))
    with pytest.raises(Conflict):
        store.leave_out(id_of(pages[0]), viewer=hanh)


# --- pages that change -------------------------------------------------------------------------------


def test_reading_a_page_again_keeps_its_sheet(store: Store, hanh: Viewer) -> None:
    first, second = page(1, "a", 1), page(2, "a", 2)
    batch = put(store, first, second)
    assert store.replace_machine_reading(id_of(second), page(2, "a", 2, nghe="thợ xây"))
    store.assemble(batch)
    (row,) = store.export_rows("verified")
    assert row.values["nghe"] == "thợ xây"


@pytest.mark.parametrize("which", [0, 1])
def test_page_that_is_no_longer_placed_leaves_its_sheet(store: Store, which: int) -> None:
    pages = pile("1a 2a")
    batch = put(store, *pages)
    gone = replace(unplaced(which + 1), ref=pages[which].ref)
    assert store.replace_machine_reading(id_of(pages[which]), gone)
    store.assemble(batch)
    (row,) = store.export_rows("all")
    assert row.record_id == id_of(pages[1 - which])
    assert [i.rule for i in row.issues if i.open] == ["page_missing"]
    assert store.batches()[0].by_status == {"read": 1, "unplaced": 1}


def test_page_read_as_another_page_leaves_its_sheet(store: Store) -> None:
    pages = pile("1a 2a")
    put(store, *pages)
    again = replace(page(1, "b", 2), ref=pages[1].ref)
    store.replace_machine_reading(id_of(pages[1]), again)
    assert sorted(sheets(store)) == ["1a", "1b"]


def test_batch_of_one_form_may_go_on_with_any(store: Store) -> None:
    begun = store.ensure_batch("Đợt 1", xa="1", form=TWO.id)
    assert store.ensure_batch("Đợt 1", xa="1", form="") == begun
    assert store.ensure_batch("Đợt 1", xa="1", form=TWO.id) == begun, "a batch of any form takes each"
    store.ensure_batch("Đợt 2", xa="1", form=TWO.id)
    with pytest.raises(StoreError):
        store.ensure_batch("Đợt 2", xa="1", form="khac")


def test_pages_count_as_pages_when_they_come_in(store: Store) -> None:
    from datetime import UTC, datetime, timedelta

    put(store, *pile("1a 2a ?"))
    now = datetime.now(UTC)
    rows = list(store.pages_between(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert [(r.status, r.joined) for r in rows] == [
        (PageStatus.READ, False), (PageStatus.READ, True), (PageStatus.UNPLACED, False)]  # fmt: skip


def test_store_without_forms_leaves_each_page_by_itself(url: str, tmp_path: Path, open_store) -> None:
    plain = open_store()
    put(plain, *pile("1a 2a"))
    assert len(list(plain.export_rows("all"))) == 2
