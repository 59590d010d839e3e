"""Static files: one hash over all of them in the path, so that a browser may keep each for ever."""

from __future__ import annotations

import re

from desk import Desk


def address_of_script(desk: Desk) -> str:
    page = desk.person("reviewer").get(f"/records/{desk.records[0]}").text
    found = re.search(r'<script src="([^"]+)" type="module">', page)
    assert found
    return found[1]


def test_address_of_a_script_holds_the_hash_and_is_kept_for_a_year(desk: Desk) -> None:
    address = address_of_script(desk)
    assert re.fullmatch(r"/static/[0-9a-f]{12}/record/page\.js", address)
    with desk.stranger().get(address) as answer:
        assert answer.mimetype == "text/javascript" and answer.cache_control.max_age == 365 * 24 * 3600
        text = answer.text
    assert 'from "../shared/page.js"' in text, "a relative import: it stays under the same hash"


def test_address_with_another_hash_is_not_there(desk: Desk) -> None:
    address = re.sub(r"/[0-9a-f]{12}/", "/000000000000/", address_of_script(desk))
    with desk.stranger().get(address) as answer:
        assert answer.status_code == 404


def test_pages_hold_no_script_of_their_own(desk: Desk) -> None:
    visitor = desk.person("admin")
    for path in (f"/records/{desk.records[0]}", "/forms/", "/forms/mau-so-03"):
        answer = visitor.get(path)
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
        assert set(re.findall(r"<script(?! src=)([^>]*)>", answer.text)) <= {' type="application/json" id="page-data"'}
