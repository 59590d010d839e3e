"""What many people wrote is told, in its commonest spelling; what fewer wrote stays in the store."""

from __future__ import annotations

import unicodedata

import pytest

from scanner.model import Record, Value
from scanner.store.database import Store
from scanner.store.views import Viewer
from tests.store.conftest import record
from tests.store.test_contract import put

JOB, PLACE = ("mau-so-03", "cong_viec"), ("mau-so-03", "noi_lam_viec")
FALCONER = "Huấn luyện chim cắt"
AT_WORK: dict[str, Value] = {
    "tinh_trang": "co_viec_lam", "that_nghiep": None, "vi_the": "tu_lam", "cong_viec": "Làm nông",
    "trinh_do_cmkt": "so_cap",
}  # fmt: skip
"""Answers by which the form's rules let job, workplace and major stand."""


def person(seed: int, review: tuple[str, ...] = (), **answers: Value) -> Record:
    """A page of somebody at work whose number nobody else has."""
    number = {"so_dinh_danh": f"0080801{seed:05}"}
    return record(f"{seed}.jpg", review=review, **{**AT_WORK, **number, **answers})


def people(*jobs: str) -> list[Record]:
    """A page each for people of these jobs."""
    return [person(seed, cong_viec=job) for seed, job in enumerate(jobs)]


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_text_is_told_where_enough_people_wrote_it(store: Store, times: int) -> None:
    put(store, *people(*[FALCONER] * times))
    assert store.shared_texts({JOB}, 3) == ((FALCONER,) if times >= 3 else ())


def test_records_that_wait_do_not_count_until_a_person_settles_them(store: Store, hanh: Viewer) -> None:
    put(store, *people(FALCONER, FALCONER), person(9, ("ho_ten",), cong_viec=FALCONER))
    assert store.shared_texts({JOB}, 3) == ()
    (waiting,) = [r for r in store.export_rows("all") if not r.verified]
    store.correct(waiting.record_id, "ho_ten", "Lý Thị Mai", viewer=hanh, seen_revision=0, manner="typed")
    assert store.shared_texts({JOB}, 3) == (FALCONER,)


def test_value_that_counts_is_the_settled_one(store: Store, hanh: Viewer) -> None:
    put(store, *people(FALCONER, FALCONER), person(9, ("cong_viec",), cong_viec="Huấn luyện chim cất"))
    (waiting,) = [r for r in store.export_rows("all") if not r.verified]
    store.correct(waiting.record_id, "cong_viec", FALCONER, viewer=hanh, seen_revision=0, manner="typed")
    assert store.shared_texts({JOB}, 3) == (FALCONER,)
    store.correct(waiting.record_id, "cong_viec", "", viewer=hanh, seen_revision=1, manner="unreadable")
    assert store.shared_texts({JOB}, 3) == ()


def test_forms_of_one_person_count_as_one(store: Store, hanh: Viewer) -> None:
    put(store, *(person(n, so_dinh_danh="008080123456", cong_viec=FALCONER) for n in range(4)))
    assert not any(r.verified for r in store.export_rows("all"))
    for row in list(store.export_rows("all")):
        for issue in store.record(row.record_id, hanh).issues:
            store.settle_issue(issue.id, viewer=hanh)
    assert sum(r.verified for r in store.export_rows("all")) == 4
    assert store.shared_texts({JOB}, 2) == ()


def test_two_fields_of_one_record_count_once(store: Store) -> None:
    put(store, *(person(n, cong_viec=FALCONER, noi_lam_viec=FALCONER) for n in range(2)))
    assert store.shared_texts({JOB, PLACE}, 3) == ()
    assert store.shared_texts({JOB, PLACE}, 2) == (FALCONER,)


def test_case_and_unicode_form_make_no_difference_and_the_commonest_spelling_is_told(store: Store) -> None:
    spelt = ["HUẤN LUYỆN CHIM CẮT", "HUẤN LUYỆN CHIM CẮT", "huấn luyện chim cắt", FALCONER]
    put(store, *people(*spelt, unicodedata.normalize("NFD", FALCONER)))
    assert store.shared_texts({JOB}, 5) == (FALCONER,)


def test_only_the_fields_asked_for_are_looked_at(store: Store) -> None:
    put(store, *(person(n, cong_viec=FALCONER) for n in range(3)))
    assert store.shared_texts({PLACE}, 3) == ()
    assert store.shared_texts({("other-form", JOB[1])}, 3) == ()
    assert store.shared_texts({("other-form", JOB[1]), PLACE, ("mau-so-03", "tinh")}, 3) == ()
    assert store.shared_texts(set(), 3) == ()


def test_empty_fields_and_ticks_are_no_text(store: Store) -> None:
    put(store, *(person(n, noi_lam_viec=empty) for n, empty in enumerate(("", None, " "))))
    assert all(r.verified for r in store.export_rows("all"))
    assert store.shared_texts({PLACE, ("mau-so-03", "doi_tuong_uu_tien"), ("mau-so-03", "chu_ky")}, 2) == ()
