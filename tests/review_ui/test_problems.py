"""Error pages and what goes to the log."""

from __future__ import annotations

import logging

import pytest
from desk import Desk

from scanner.errors import Conflict, NotThere, SettingsError, StorageFull, StoreError

SECRET = "Phạm Thúy Xuyến 008193418359"


def raising(desk: Desk, error: Exception) -> None:
    def view() -> str:
        raise error

    desk.app.add_url_rule("/hong", "hong", view)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (ValueError(SECRET), 500, "Máy chủ gặp lỗi"),
        (StoreError("database_busy"), 500, "Cơ sở dữ liệu đang bận với chương trình khác"),
        (SettingsError("data_folder_unusable", path="/srv/sohoa"), 500, "Máy chủ gặp lỗi"),
        (StorageFull("disk_full"), 507, "Ổ đĩa máy chủ đã đầy"),
        (Conflict("field_changed"), 409, "Người khác vừa sửa chỗ này"),
        (NotThere(), 404, "Không tìm thấy trang"),
    ],
)
def test_error_becomes_a_clean_page_and_no_value_reaches_page_or_log(
    desk: Desk, caplog: pytest.LogCaptureFixture, error: Exception, status: int, words: str
) -> None:
    raising(desk, error)
    page = desk.stranger().get("/hong")
    assert page.status_code == status
    assert words in page.text
    assert "Traceback" not in page.text and "Xuyến" not in page.text
    assert "Xuyến" not in caplog.text and "008193" not in caplog.text


def test_log_says_where_an_unknown_error_happened(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    raising(desk, ValueError(SECRET))
    with caplog.at_level(logging.ERROR):
        desk.stranger().get("/hong")
    assert "ValueError at hong" in caplog.text and "test_problems.py" in caplog.text


def test_script_gets_errors_as_json(desk: Desk) -> None:
    raising(desk, ValueError(SECRET))
    answer = desk.stranger().get("/hong", headers={"Accept": "application/json"})
    assert answer.status_code == 500
    assert answer.json == {
        "error": "500",
        "message": "Máy chủ gặp lỗi. Những gì đã lưu vẫn an toàn. Hãy thử lại;"
        " nếu vẫn lỗi, báo cho người quản lý máy chủ.",
    }


def test_known_error_is_shown_in_the_language_that_the_person_chose(desk: Desk) -> None:
    raising(desk, StoreError("database_busy"))
    client = desk.stranger()
    assert "Hãy chờ một lát rồi thử lại." in client.get("/hong").text
    client.client.set_cookie("sohoa_language", "en")
    assert "The database is busy with another program" in client.get("/hong").text
