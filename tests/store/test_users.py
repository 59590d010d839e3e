"""People: their names, their passwords, and who may log in."""

from __future__ import annotations

import unicodedata
from time import perf_counter

import pytest

from scanner.errors import UserError
from scanner.store import users
from scanner.store.database import Store
from scanner.store.views import Viewer
from tests.store.conftest import PASSWORD


def test_name_is_one_however_it_is_typed(store: Store, hanh: Viewer) -> None:
    assert store.authenticate(" HaNh ", PASSWORD) == hanh
    store.add_user("Hạnh.Lê", "Lê Thị Hạnh", "reviewer", PASSWORD)
    apart = unicodedata.normalize("NFD", "hạnh.lê")
    assert apart != "hạnh.lê"
    found = store.authenticate(apart, PASSWORD)
    assert found is not None and found.name == "hạnh.lê"
    with pytest.raises(UserError, match="already"):
        store.add_user(apart.upper(), "Khác", "reviewer", PASSWORD)


def test_password_is_one_whether_the_keyboard_composes_its_letters_or_not(store: Store) -> None:
    store.add_user("lan", "Lan", "reviewer", unicodedata.normalize("NFD", "Mật khẩu của tôi"))
    assert store.authenticate("lan", unicodedata.normalize("NFC", "Mật khẩu của tôi"))
    assert store.authenticate("lan", "Mat khau cua toi") is None


def test_password_is_counted_in_letters_and_not_in_their_parts(store: Store) -> None:
    with pytest.raises(UserError, match="shorter"):
        store.add_user("lan", "Lan", "reviewer", unicodedata.normalize("NFD", "ếếếếếếế"))
    store.add_user("lan", "Lan", "reviewer", "ếếếếếếếế")


def test_disabled_user_is_out_until_enabled(store: Store, hanh: Viewer) -> None:
    store.disable_user("hanh")
    assert store.viewer(hanh.id) is None and store.authenticate("hanh", PASSWORD) is None
    assert [u.disabled for u in store.users()] == [True]
    store.enable_user("HANH")
    assert store.viewer(hanh.id) == hanh == store.authenticate("hanh", PASSWORD)


def test_unknown_name_costs_as_much_as_a_wrong_password(store: Store, hanh: Viewer) -> None:
    """The stand-in is hashed with today's settings; timed roughly, since 15 ms of hashing dwarf everything else."""
    assert not users.HASHER.check_needs_rehash(users.NOBODY)
    times: dict[str, list[float]] = {"hanh": [], "khong-co": []}
    for name in ("hanh", "khong-co") * 5:
        start = perf_counter()
        assert store.authenticate(name, "sai-mat-khau") is None
        times[name].append(perf_counter() - start)
    assert min(times["khong-co"]) > min(times["hanh"]) / 3


def test_communes_and_role_come_with_the_person(store: Store) -> None:
    user_id = store.add_user("lan", "", "supervisor", PASSWORD, (" 02374 ", "02377"))
    assert store.viewer(user_id) == Viewer(user_id, "lan", "lan", "supervisor", ("02374", "02377"))


def test_display_name_that_is_too_long_is_told(store: Store) -> None:
    with pytest.raises(UserError, match="longer"):
        store.add_user("lan", "x" * 161, "reviewer", PASSWORD)


def test_user_that_was_removed_from_under_a_session_is_nobody(store: Store) -> None:
    assert store.viewer("00000000-0000-0000-0000-000000000000") is None
