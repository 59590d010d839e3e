"""Lists grow with verified records and forget with them; what one person wrote never becomes an entry."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import main
from scanner.forms.loading import load_form
from scanner.site_lists.growth import ListChange, fields_of, update_lists
from scanner.site_lists.lists import GROWING, LONGEST, site_lists
from scanner.store.database import Store
from scanner.store.views import Viewer
from scanner.vietnam.wordlists import word_list
from tests.store.conftest import user
from tests.store.test_frequent_values import person

FORM = load_form("mau-so-03")
FALCONER, MILLER = "Huấn luyện chim cắt", "Thợ đóng cối"
as_user = pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions bind no root")


@pytest.fixture
def hanh(store: Store) -> Viewer:
    """A reviewer."""
    return user(store, "hanh")


def put(store: Store, times: int, first: int = 0, review: tuple[str, ...] = (), **answers: str) -> None:
    """As many people with the same answers, each with a number of their own."""
    batch = store.ensure_batch("Đợt 1", xa="02374", form=FORM.id)
    for seed in range(first, first + times):
        assert store.add_record(batch, person(seed, review, **answers))
    assert sum(b.records - b.verified for b in store.batches()) == (times if review else 0)


def update(store: Store, data: Path, least: int = 3) -> dict[str, ListChange]:
    """The update, by list."""
    return {c.name: c for c in update_lists(store, [FORM], data / "lists", least)}


def run(data: Path, *arguments: object) -> Result:
    """A command as the operator gives it."""
    return CliRunner().invoke(main, ["--data", str(data), *map(str, arguments)])


def good(data: Path, *arguments: object) -> Result:
    """A command that ends well."""
    result = run(data, *arguments)
    assert result.exit_code == 0, result.output
    return result


# --- what becomes an entry ---------------------------------------------------------------------------


def test_value_in_three_verified_records_becomes_an_entry_and_in_two_not(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    put(store, 2, first=10, cong_viec=MILLER)
    assert update(store, data)["jobs"] == ListChange("jobs", 1, 1, 0)
    assert site_lists(data / "lists") == {"jobs": (FALCONER,)}


def test_each_field_feeds_its_own_list(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER, chuyen_nganh="Nuôi dạy chim săn", noi_lam_viec="Trại chim Hồng Hà")
    update(store, data)
    assert site_lists(data / "lists") == {
        "jobs": (FALCONER,), "majors": ("Nuôi dạy chim săn",), "workplaces": ("Trại chim Hồng Hà",)
    }  # fmt: skip


def test_unverified_records_do_not_count(store: Store, data: Path) -> None:
    put(store, 2, cong_viec=FALCONER)
    put(store, 5, first=10, review=("ho_ten",), cong_viec=FALCONER)
    update(store, data)
    assert site_lists(data / "lists") == {}


@pytest.mark.parametrize(
    "value",
    ["Thợ may 2", "0912345678", "x" * (LONGEST + 1), "Nguyễn Văn Hùng", "Hộ kinh doanh Lý Thị Mai", "Thôn Nà Lại"],
)
def test_digits_long_values_names_and_addresses_never_become_entries(store: Store, data: Path, value: str) -> None:
    put(store, 5, cong_viec=value, noi_lam_viec=value)
    update(store, data)
    assert site_lists(data / "lists") == {}


def test_no_list_takes_from_fields_of_names_and_places(store: Store, data: Path) -> None:
    put(store, 5, ho_ten="Huấn Luyện", tinh="Miền Mơ", noi_thuong_tru="Đỉnh Mây", dia_chi_lam_viec="Bến Sương")
    update(store, data)
    assert site_lists(data / "lists") == {}
    fed = {field for name in GROWING for _, field in fields_of(name, [FORM])}
    assert not fed & {f.id for f in FORM.fields if f.lexicon in ("names", "places", None)}


@pytest.mark.parametrize("shape", [str, str.upper, str.lower])
def test_what_ships_is_not_taken_again_whatever_its_case(store: Store, data: Path, shape: type[str]) -> None:
    put(store, 3, cong_viec=shape(word_list("jobs")[0]))
    update(store, data)
    assert site_lists(data / "lists") == {}


# --- growing again and forgetting --------------------------------------------------------------------


def test_second_update_changes_nothing_and_writes_nothing(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    update(store, data)
    path = data / "lists" / "jobs.txt"
    before = path.stat()
    assert update(store, data)["jobs"] == ListChange("jobs", 1, 0, 0)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_entry_that_fewer_records_hold_is_forgotten(store: Store, data: Path, hanh: Viewer) -> None:
    put(store, 3, cong_viec=FALCONER)
    put(store, 3, first=10, cong_viec=MILLER)
    update(store, data)
    gone = next(r for r in store.export_rows() if r.values["cong_viec"] == FALCONER)
    store.correct(gone.record_id, "cong_viec", "Làm nông", viewer=hanh, seen_revision=0, manner="typed")
    assert update(store, data)["jobs"] == ListChange("jobs", 1, 0, 1)
    assert site_lists(data / "lists") == {"jobs": (MILLER,)}
    assert FALCONER not in (data / "lists" / "jobs.txt").read_text(encoding="utf-8")


def test_list_without_entries_leaves_no_file(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    update(store, data)
    update(store, data, least=4)
    assert list((data / "lists").iterdir()) == []


def test_form_that_is_gone_takes_its_entries_along(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    update(store, data)
    update_lists(store, [], data / "lists", 3)
    assert site_lists(data / "lists") == {}


def test_damaged_list_is_made_anew(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    (data / "lists").mkdir()
    (data / "lists" / "jobs.txt").write_bytes(b"\xff\xfe")
    (data / "lists" / "majors.txt").write_bytes(b"\xff\xfe")
    update(store, data)
    assert site_lists(data / "lists") == {"jobs": (FALCONER,)}
    assert not (data / "lists" / "majors.txt").exists()


# --- the file ----------------------------------------------------------------------------------------


def test_file_is_sorted_one_entry_a_line_under_a_header_in_both_languages(store: Store, data: Path) -> None:
    for number, job in enumerate((MILLER, "Đan rổ tre", "Ép dầu sở", "Đẽo guốc mộc")):
        put(store, 3, first=10 * number, cong_viec=job)
    update(store, data)
    lines = (data / "lists" / "jobs.txt").read_text(encoding="utf-8").split("\n")
    assert [line for line in lines if not line.startswith("#")] == [
        "Đan rổ tre", "Đẽo guốc mộc", "Ép dầu sở", MILLER, ""
    ]  # fmt: skip
    header = " ".join(line for line in lines if line.startswith("#"))
    assert "verified records" in header and "phiếu đã duyệt" in header


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_lists_are_their_owners_alone_and_nothing_half_written_stays(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    update(store, data)
    assert stat.S_IMODE((data / "lists").stat().st_mode) == 0o700
    assert [p.name for p in (data / "lists").iterdir()] == ["jobs.txt"]
    assert stat.S_IMODE((data / "lists" / "jobs.txt").stat().st_mode) == 0o600


# --- the commands ------------------------------------------------------------------------------------


def test_update_tells_counts_and_no_entry(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    told = good(data, "lists", "update").output
    assert "jobs: 1 entries of this site, 1 new, 0 removed." in told
    assert FALCONER not in told


def test_show_tells_the_lists_and_the_entries_of_one(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    good(data, "lists", "update")
    assert f"jobs\t{len(word_list('jobs'))} shipped\t1 of this site" in good(data, "lists", "show").stdout
    assert good(data, "lists", "show", "jobs").stdout == f"{FALCONER}\n"
    assert good(data, "lists", "show", "majors").stdout == ""


@pytest.mark.parametrize("name", ["names", "places", "../jobs"])
def test_list_that_does_not_grow_is_told(data: Path, name: str) -> None:
    result = run(data, "lists", "show", name)
    assert result.exit_code == 1 and "jobs" in result.stderr


def test_how_many_records_must_share_an_entry_is_a_setting(
    store: Store, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, 2, cong_viec=FALCONER)
    monkeypatch.setenv("SOHOA_LIST_MIN_RECORDS", "2")
    good(data, "lists", "update")
    assert site_lists(data / "lists") == {"jobs": (FALCONER,)}


def no_page(tmp_path: Path) -> Path:
    """A file that a scan takes no time over."""
    path = tmp_path / "empty.png"
    path.write_bytes(b"")
    return path


def test_scan_begins_with_the_update_and_tells_counts_only(store: Store, data: Path, tmp_path: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    result = run(data, "scan", no_page(tmp_path), "--batch", "Đợt mới")
    assert site_lists(data / "lists") == {"jobs": (FALCONER,)}
    assert "Lists: 1 new entries, 0 removed." in result.stderr and FALCONER not in result.output
    assert "Lists" not in run(data, "scan", no_page(tmp_path), "--batch", "Đợt mới").output


def test_scan_goes_on_where_the_lists_cannot_be_written(store: Store, data: Path, tmp_path: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    (data / "lists").write_bytes(b"")
    result = run(data, "scan", no_page(tmp_path), "--batch", "Đợt mới")
    assert "The lists were not updated" in result.stderr and "pages read now" in result.stdout
    assert run(data, "lists", "update").exit_code == 1


@as_user
def test_folder_that_may_not_be_written_to_is_one_sentence(store: Store, data: Path) -> None:
    put(store, 3, cong_viec=FALCONER)
    (data / "lists").mkdir(mode=0o500)
    result = run(data, "lists", "update")
    assert result.exit_code == 1 and "lists" in result.stderr and FALCONER not in result.output


def test_broken_form_does_not_keep_the_others_from_growing(
    store: Store, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FORM.folder, tmp_path / "forms" / FORM.id)
    (tmp_path / "forms" / "mine").mkdir()
    (tmp_path / "forms" / "mine" / "form.json").write_text(json.dumps({"id": "mine"}), encoding="utf-8")
    monkeypatch.setenv("SOHOA_FORMS", str(tmp_path / "forms"))
    put(store, 3, cong_viec=FALCONER)
    good(data, "lists", "update")
    assert site_lists(data / "lists") == {"jobs": (FALCONER,)}
