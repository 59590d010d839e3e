"""Logging in, who may enter where, and what protects the pages."""

from __future__ import annotations

import logging
import re
import stat
from html import unescape

import pytest
from desk import PASSWORD, Desk

ROOMS = {
    "/batches/": {"operator", "reviewer", "supervisor", "admin"},
    "/queue/": {"reviewer", "supervisor", "admin"},
    "/exports/": {"exporter", "supervisor", "admin"},
    "/users/": {"admin"},
}


def test_stranger_is_led_to_the_log_in_and_back(desk: Desk) -> None:
    stranger = desk.stranger()
    first = stranger.get(f"/queue/?batch={desk.batch}")
    assert first.status_code == 302
    asked = stranger.get(first.location).text
    target = unescape(asked.split('name="next" value="')[1].split('"')[0])
    done = stranger.post("/login", {"name": "reviewer", "password": PASSWORD, "next": target})
    assert done.location == f"/queue/?batch={desk.batch}"


def test_wrong_password_and_unknown_name_look_the_same(desk: Desk) -> None:
    stranger = desk.stranger()
    wrong = stranger.post("/login", {"name": "reviewer", "password": "sai-mat-khau"})
    unknown = stranger.post("/login", {"name": "reviewes", "password": "sai-mat-khau"})
    assert wrong.status_code == unknown.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in wrong.text
    shown = [
        re.sub(r'name="csrf_token"[^>]*value="[^"]*"|content="[^"]*"', "", page.text.replace("reviewer", "reviewes"))
        for page in (wrong, unknown)
    ]
    assert shown[0] == shown[1], "but for the tokens, which hold the second they were made in"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_log_in_never_leads_to_another_site(desk: Desk, target: str) -> None:
    done = desk.stranger().post("/login", {"name": "reviewer", "password": PASSWORD, "next": target})
    assert done.location == "/queue/"


def test_guessing_is_slowed_down_with_a_vietnamese_page(desk: Desk) -> None:
    stranger = desk.stranger()
    codes = [stranger.post("/login", {"name": "reviewer", "password": "sai"}).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    blocked = stranger.post("/login", {"name": "reviewer", "password": PASSWORD})
    assert blocked.status_code == 429
    assert "Thử quá nhiều lần" in blocked.text
    other = stranger.post("/login", {"name": "binh", "password": PASSWORD})
    assert other.status_code == 302, "another name from the same office is not shut out"


def test_posting_without_a_csrf_token_changes_nothing(desk: Desk) -> None:
    answer = desk.stranger().client.post("/login", data={"name": "reviewer", "password": PASSWORD})
    assert answer.status_code == 400
    assert "Trang này đã cũ" in answer.text
    reviewer = desk.person("reviewer")
    path = f"/records/{desk.records[0]}/fields/ho_ten"
    refused = reviewer.client.post(
        path, data={"value": "X", "seen_revision": "0"}, headers={"Accept": "application/json"}
    )
    assert refused.status_code == 400
    assert refused.json["error"] == "csrf"
    assert desk.store.record(desk.records[0], desk.boss).fields[4].revision == 0


@pytest.mark.parametrize("path", ROOMS)
@pytest.mark.parametrize("role", ["operator", "reviewer", "supervisor", "exporter", "admin"])
def test_each_role_enters_its_rooms_only(desk: Desk, role: str, path: str) -> None:
    answer = desk.person(role).get(path)
    assert answer.status_code == (200 if role in ROOMS[path] else 403)
    if role not in ROOMS[path]:
        assert "Bạn không có quyền xem trang này" in answer.text


@pytest.mark.parametrize(
    ("role", "home"),
    [("operator", "/batches/"), ("reviewer", "/queue/"), ("exporter", "/exports/"), ("admin", "/batches/")],
)
def test_log_in_leads_to_the_work_of_the_role(desk: Desk, role: str, home: str) -> None:
    assert desk.person(role).get("/").location == home


def test_session_cookie_is_hidden_from_scripts_and_secure_over_https(desk: Desk) -> None:
    plain = desk.stranger().get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in plain and "SameSite=Lax" in plain and "Secure" not in plain
    secure = desk.app.test_client().get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert "Secure" in secure


def test_every_answer_forbids_scripts_from_elsewhere_and_being_kept(desk: Desk) -> None:
    for path in ("/login", "/không-có", "/queue/"):
        headers = desk.stranger().get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(desk: Desk) -> None:
    admin = desk.person("admin")
    for path in ("/login", "/batches/", "/queue/", "/users/", "/exports/", f"/records/{desk.records[0]}"):
        page = admin.get(path, follow_redirects=True).text
        assert " style=" not in page and "<style" not in page and " onclick" not in page
        assert "<script>" not in page


def test_log_out_ends_the_session(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    assert reviewer.post("/logout").headers["Clear-Site-Data"] == '"cache"'
    assert reviewer.get("/queue/").status_code == 302


def test_log_in_drops_a_planted_session(desk: Desk) -> None:
    visitor = desk.stranger()
    visitor.get("/login")
    with visitor.client.session_transaction() as session:
        session["planted"] = True
    visitor.post("/login", {"name": "reviewer", "password": PASSWORD})
    with visitor.client.session_transaction() as session:
        assert "planted" not in session
        assert session.permanent


def test_disabled_user_is_out_at_the_next_request(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    desk.store.disable_user("reviewer")
    assert reviewer.get("/queue/").status_code == 302


def test_own_password_is_changed_only_with_the_present_one(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    new = {"new": "mat-khau-moi-2", "again": "mat-khau-moi-2"}
    assert "Mật khẩu hiện tại không đúng." in reviewer.post("/password", {"old": "sai", **new}).text
    assert "không giống nhau" in reviewer.post("/password", {"old": PASSWORD, "new": "a" * 12, "again": "b" * 12}).text
    assert "quá ngắn" in reviewer.post("/password", {"old": PASSWORD, "new": "a", "again": "a"}).text
    assert desk.store.authenticate("reviewer", PASSWORD)
    assert reviewer.post("/password", {"old": PASSWORD, **new}).status_code == 302
    assert desk.store.authenticate("reviewer", "mat-khau-moi-2")
    assert not desk.store.authenticate("reviewer", PASSWORD)


def test_language_switch_is_kept_and_changes_the_chrome(desk: Desk) -> None:
    visitor = desk.stranger()
    assert '<html lang="vi">' in visitor.get("/login").text
    assert visitor.post("/language", {"language": "en", "back": "/login"}).location == "/login"
    page = visitor.get("/login").text
    assert '<html lang="en">' in page and "Log in" in page and "Đăng nhập" not in page


def test_secret_key_is_made_once_and_readable_by_its_owner_alone(desk: Desk) -> None:
    key = desk.app.config["SECRET_KEY"]
    assert len(key) >= 32
    assert desk.settings.secret_key() == key
    path = next(p for p in desk.settings.data.iterdir() if p.is_file() and p.read_bytes() == key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_password_ends_every_other_session(desk: Desk) -> None:
    here, elsewhere = desk.stranger(), desk.stranger()
    for visitor in (here, elsewhere):
        visitor.post("/login", {"name": "reviewer", "password": PASSWORD})
        assert visitor.get("/queue/").status_code == 200
    new = {"new": "mat-khau-moi-2", "again": "mat-khau-moi-2"}
    assert here.post("/password", {"old": PASSWORD, **new}).status_code == 302
    assert here.get("/queue/").status_code == 200, "who changed it works on"
    assert elsewhere.get("/queue/").status_code == 302, "who was logged in elsewhere is asked for the new one"
    desk.store.set_password("reviewer", "mat-khau-moi-3")
    assert here.get("/queue/").status_code == 302, "so it is when the administrator gives a new one"


def test_log_holds_neither_password_nor_name_of_who_failed(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        desk.stranger().post("/login", {"name": "pham-thuy-xuyen", "password": "bi-mat-sai"})
    assert "log-in failed" in caplog.text
    assert "bi-mat-sai" not in caplog.text and "pham-thuy-xuyen" not in caplog.text
