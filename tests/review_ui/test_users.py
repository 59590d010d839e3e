"""The administrator's page."""

from __future__ import annotations

from desk import PASSWORD, Desk

NEW = {"name": "hoa", "display": "Vũ Thị Hoa", "role": "reviewer", "communes": "02392, 02395", "password": PASSWORD}


def test_added_user_can_log_in_with_role_and_communes(desk: Desk) -> None:
    assert desk.person("admin").post("/users/", NEW).status_code == 302
    found = desk.store.authenticate("hoa", PASSWORD)
    assert found
    assert (found.role, found.communes, found.display) == ("reviewer", ("02392", "02395"), "Vũ Thị Hoa")


def test_what_cannot_be_a_user_is_told_and_stays_typed(desk: Desk) -> None:
    admin = desk.person("admin")
    for wrong in ({"password": "ngan"}, {"name": "reviewer"}, {"name": "hai ten"}, {"role": "vua"}):
        answer = admin.post("/users/", {**NEW, **wrong})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert 'value="Vũ Thị Hoa"' in answer.text
        assert PASSWORD not in answer.text
    assert "hoa" not in {u.name for u in desk.store.users()}


def test_user_is_disabled_but_nobody_disables_themselves(desk: Desk) -> None:
    admin = desk.person("admin")
    assert admin.post("/users/disable", {"name": "binh"}).status_code == 302
    assert desk.store.authenticate("binh", PASSWORD) is None
    assert admin.post("/users/disable", {"name": "admin"}).status_code == 422
    assert desk.store.authenticate("admin", PASSWORD)


def test_forgotten_password_is_replaced(desk: Desk) -> None:
    admin = desk.person("admin")
    assert admin.post("/users/password", {"name": "binh", "password": "mat-khau-khac"}).status_code == 302
    assert desk.store.authenticate("binh", "mat-khau-khac")
    assert admin.post("/users/password", {"name": "binh", "password": "x"}).status_code == 422


def test_only_an_administrator_changes_users(desk: Desk) -> None:
    supervisor = desk.person("supervisor")
    assert supervisor.post("/users/", NEW).status_code == 403
    assert supervisor.post("/users/disable", {"name": "binh"}).status_code == 403
    assert supervisor.post("/users/password", {"name": "binh", "password": "mat-khau-khac"}).status_code == 403
    assert desk.store.authenticate("binh", PASSWORD)
