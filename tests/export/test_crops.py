"""Training data out of verified records: what goes out, what stays, and what the folder says of itself."""

from __future__ import annotations

import errno
import io
import stat
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import create_engine, text

from scanner.cli import main
from scanner.errors import SohoaError, StorageFull
from scanner.export.columns import VIETNAM
from scanner.export.crops import LABELS, NUMBER, NUMBERS, README, CropSummary, CropTerms, export_crops
from scanner.files import new_folder
from scanner.forms.loading import load_form
from scanner.model import Record, Value
from scanner.settings import load_settings
from scanner.store.database import Store
from tests.store.conftest import PASSWORD, failed, record

HERE, THERE = "02374", "02377"
NAME, NUMBER_OF_ID, HOME = "Quan Ngọc Sơn", "008080123456", "Thôn Nà Lại"
FORM = load_form("mau-so-03")
SECRETS = (NAME, NUMBER_OF_ID, HOME, "05/01/1980", "Quan", "080123", "Nà Lại")


def picture(seed: int) -> bytes:
    """A little JPEG, different for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 80), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def with_pictures(store: Store, page: Record, seed: int = 1) -> Record:
    """The page with a picture of every field that was read, ticks and signature too."""
    crops = [
        None if r.value is None else store.files.put(picture(100 * seed + n), ".jpg")
        for n, r in enumerate(page.readings)
    ]
    return replace(page, readings=tuple(replace(r, crop=c) for r, c in zip(page.readings, crops, strict=True)))


def put(store: Store, *pages: Record, batch: str = "Đợt 1", xa: str = HERE) -> None:
    """Pages into a batch."""
    batch_id = store.ensure_batch(batch, xa=xa, form=FORM.id)
    for page in pages:
        assert store.add_record(batch_id, page)


def person(store: Store, seed: int, **answers: Value) -> Record:
    """A page with pictures, of somebody whose number nobody else has."""
    return with_pictures(store, record(f"{seed}.jpg", so_dinh_danh=f"0080801{seed:05}", **answers), seed)


def run(data: Path, out: Path, *more: object) -> Result:
    """The command as the operator gives it."""
    return CliRunner().invoke(main, ["--data", str(data), "crops", "export", "--out", str(out), *map(str, more)])


def good(data: Path, out: Path, *more: object) -> Result:
    """The command with consent, that ends well."""
    result = run(data, out, "--consent", *more)
    assert result.exit_code == 0, result.output
    return result


def labels(folder: Path, table: str = LABELS) -> dict[str, str]:
    """File → text, as the training reads it."""
    rows = [line.partition("\t") for line in (folder / table).read_text(encoding="utf-8").splitlines()]
    assert len({name for name, _, _ in rows}) == len(rows)
    return {name: text for name, _, text in rows}


def texts(folder: Path, table: str = LABELS) -> list[str]:
    """The texts alone, sorted."""
    return sorted(labels(folder, table).values())


def age(data: Path, source: str, days: float) -> None:
    """Let a page have come in so many days ago."""
    engine = create_engine(f"sqlite:///{data / 'sohoa.sqlite3'}")
    arrived = (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None).isoformat(" ")
    with engine.begin() as connection:
        changed = connection.execute(
            text("UPDATE records SET created_at = :at WHERE source = :source"), {"at": arrived, "source": source}
        )
        assert changed.rowcount == 1
    engine.dispose()


# --- what goes out ---------------------------------------------------------------------------------


def test_pictures_go_out_as_they_are_kept_with_their_texts(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    result = good(data, tmp_path / "out")
    assert texts(tmp_path / "out") == [NAME, HOME]
    (row,) = store.export_rows()
    crops = {f.value: f.crop for f in row.fields}
    for name, said in labels(tmp_path / "out").items():
        assert (tmp_path / "out" / name).read_bytes() == store.files.read(crops[said] or "")
        assert name.endswith(".jpg")
    assert "2 pictures, 0 of them settled by a person" in result.stdout


def test_folder_is_read_by_the_training(data: Path, store: Store, tmp_path: Path) -> None:
    lines = pytest.importorskip("training.handwriting.lines", exc_type=ImportError)
    put(store, with_pictures(store, record()))
    good(data, tmp_path / "out")
    found = lines.photographed(tmp_path / "out")
    assert sorted(line.text for line in found) == [NAME, HOME]
    assert all(line.picture.size for line in found)
    assert lines.photographed(tmp_path / "out", range(1000)) == []  # no name passes for a sheet's number


def test_text_is_the_verified_one_and_not_what_the_machine_read(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record(review=("ho_ten",))))
    store.add_user("hanh", "Hạnh", "reviewer", PASSWORD)
    hanh = store.authenticate("hanh", PASSWORD)
    assert hanh is not None
    (row,) = store.export_rows("all")
    store.correct(row.record_id, "ho_ten", "Quan Ngọc Sen", viewer=hanh, seen_revision=0, manner="typed")
    store.correct(row.record_id, "noi_thuong_tru", None, viewer=hanh, seen_revision=0, manner="unreadable")
    issues = store.record(row.record_id, None).issues
    for issue in issues:
        store.settle_issue(issue.id, viewer=hanh)
    result = good(data, tmp_path / "out")
    assert texts(tmp_path / "out") == ["Quan Ngọc Sen"]
    assert "1 pictures, 1 of them settled by a person" in result.stdout


def test_records_that_are_not_verified_stay(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record(review=("ho_ten",))), failed("b.jpg"))
    good(data, tmp_path / "out", "--digits")
    assert texts(tmp_path / "out") == texts(tmp_path / "out", NUMBERS) == []


def test_ticks_signatures_and_empty_fields_stay(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record(noi_lam_viec="", cong_viec="  ")))
    good(data, tmp_path / "out", "--digits")
    assert texts(tmp_path / "out") == [NAME, HOME]
    assert texts(tmp_path / "out", NUMBERS) == [NUMBER_OF_ID, "05/01/1980"]
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 4


def test_text_is_composed_and_of_one_line(data: Path, store: Store, tmp_path: Path) -> None:
    split = unicodedata.normalize("NFD", "Thôn\tNà\nLại\u2028Dưới ")
    put(store, with_pictures(store, record(noi_thuong_tru=split)))
    good(data, tmp_path / "out")
    assert texts(tmp_path / "out") == [NAME, "Thôn Nà Lại Dưới"]
    assert b"\r" not in (tmp_path / "out" / LABELS).read_bytes()


def test_field_whose_picture_is_gone_is_left_out_and_counted(data: Path, store: Store, tmp_path: Path) -> None:
    page = with_pictures(store, record())
    crops = {r.field: r.crop or "" for r in page.readings}
    store.files.path(crops["ho_ten"]).unlink()
    put(store, page, record("b.jpg", so_dinh_danh="008080123457"))  # the second has no pictures at all
    result = good(data, tmp_path / "out")
    assert texts(tmp_path / "out") == [HOME]
    assert "Left out: 3 fields have no picture." in result.stderr


def test_same_picture_in_two_records_keeps_both_texts(data: Path, store: Store, tmp_path: Path) -> None:
    one, two = record("a.jpg"), record("b.jpg", ho_ten="Quan Ngọc Sen", so_dinh_danh="008080123457")
    put(store, with_pictures(store, one), with_pictures(store, two))
    good(data, tmp_path / "out")
    assert texts(tmp_path / "out") == ["Quan Ngọc Sen", NAME, HOME, HOME]


def test_record_of_a_form_that_is_gone_is_left_out_and_counted(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    terms = CropTerms(datetime.now(UTC), 365)
    done = export_crops(store.export_rows(), lambda _: None, store.files, tmp_path / "out", terms)
    assert (done.pictures, done.no_form) == (0, 1)


# --- numbers and dates -----------------------------------------------------------------------------


def test_numbers_and_dates_stay_unless_asked_for(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    result = good(data, tmp_path / "out")
    assert not (tmp_path / "out" / NUMBERS).exists()
    assert NUMBER_OF_ID not in (tmp_path / "out" / LABELS).read_text(encoding="utf-8")
    assert "Left out: 2 fields are numbers or dates" in result.stderr


def test_numbers_asked_for_have_a_table_of_their_own(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    good(data, tmp_path / "out", "--digits")
    assert texts(tmp_path / "out") == [NAME, HOME]
    assert texts(tmp_path / "out", NUMBERS) == [NUMBER_OF_ID, "05/01/1980"]
    assert NUMBERS in (tmp_path / "out" / README).read_text(encoding="utf-8")


def test_number_written_where_text_belongs_counts_as_a_number(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record(noi_thuong_tru="CCCD 008 080 123 456")))
    good(data, tmp_path / "out", "--digits")
    assert texts(tmp_path / "out") == [NAME]
    assert "CCCD 008 080 123 456" in texts(tmp_path / "out", NUMBERS)


@pytest.mark.parametrize("said", ["DN 4 01 0123456789", "0912.345.678", "sinh 5/1/80", "1980-01-05", "012345678"])
def test_numbers_are_known_in_whatever_writing(said: str) -> None:
    assert NUMBER.search(said)


@pytest.mark.parametrize("said", ["Số 12, ngõ 345", "Tổ 7 khu 2", "Quốc lộ 1A km 1234", "Số 5/12 đường 30/4"])
def test_numbers_of_sites_are_text(said: str) -> None:
    assert not NUMBER.search(said)


# --- consent, retention, scope ---------------------------------------------------------------------


def test_nothing_goes_out_without_stated_consent(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    result = run(data, tmp_path / "out")
    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1 and "consent" in result.stderr and "--consent" in result.stderr
    assert not (tmp_path / "out").exists()


def test_records_past_the_retention_stay_and_are_counted(
    data: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, person(store, 1, ho_ten="Một"), person(store, 2, ho_ten="Hai"), person(store, 3, ho_ten="Ba"))
    age(data, "1.jpg", 364.9)
    age(data, "2.jpg", 365.1)
    result = good(data, tmp_path / "year")
    assert texts(tmp_path / "year") == ["Ba", "Một", HOME, HOME]
    assert "Left out: 1 records are older than 365 days" in result.stderr
    monkeypatch.setenv("SOHOA_CROPS_RETENTION_DAYS", "30")
    result = good(data, tmp_path / "month")
    assert texts(tmp_path / "month") == ["Ba", HOME]
    assert "Left out: 2 records are older than 30 days" in result.stderr


def test_folder_is_to_be_deleted_when_its_oldest_record_is_due(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, person(store, 1), person(store, 2), person(store, 3))
    age(data, "1.jpg", 300)
    age(data, "2.jpg", 400)  # left out: it does not count
    before = datetime.now(UTC)
    told = good(data, tmp_path / "out").stdout
    due = {(moment + timedelta(days=65)).astimezone(VIETNAM).date() for moment in (before, datetime.now(UTC))}
    about = (tmp_path / "out" / README).read_text(encoding="utf-8")
    assert any(f"{day:%d/%m/%Y}" in about and day.isoformat() in told for day in due)


def test_retention_is_a_year_where_nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().crops_retention_days == 365


def test_only_the_commune_and_batch_named_go_out(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, person(store, 1, ho_ten="Một"), batch="Đợt 1", xa=HERE)
    put(store, person(store, 2, ho_ten="Hai"), batch="Đợt 2", xa=HERE)
    put(store, person(store, 3, ho_ten="Ba"), batch="Đợt 3", xa=THERE)
    good(data, tmp_path / "xa", "--xa", HERE)
    assert texts(tmp_path / "xa") == ["Hai", "Một", HOME, HOME]
    good(data, tmp_path / "batch", "--batch", "Đợt 3")
    assert texts(tmp_path / "batch") == ["Ba", HOME]
    good(data, tmp_path / "both", "--batch", "Đợt 2", "--xa", HERE)
    assert texts(tmp_path / "both") == ["Hai", HOME]


@pytest.mark.parametrize(
    "named", [("--batch", "Đợt 9"), ("--xa", "99999"), ("--xa", ""), ("--batch", "Đợt 1", "--xa", THERE)]
)
def test_batch_or_commune_that_is_not_there_is_told(data: Path, store: Store, tmp_path: Path, named: tuple) -> None:
    put(store, person(store, 1), batch="Đợt 1", xa=HERE)
    put(store, person(store, 2), batch="Đợt 2", xa=THERE)
    result = run(data, tmp_path / "out", "--consent", *named)
    assert result.exit_code == 1 and "no batch" in result.stderr
    assert not (tmp_path / "out").exists()


def test_since_counts_from_the_day_of_verification_in_viet_nam(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, person(store, 1))
    (row,) = store.export_rows()
    assert row.verified_at is not None
    day = row.verified_at.astimezone(VIETNAM).date()
    good(data, tmp_path / "that", "--since", day)
    good(data, tmp_path / "next", "--since", day + timedelta(days=1))
    assert texts(tmp_path / "that") and not texts(tmp_path / "next")
    assert run(data, tmp_path / "no", "--consent", "--since", "mai").exit_code == 2


# --- what nobody may learn from it -----------------------------------------------------------------


def test_no_name_of_a_file_and_no_word_of_the_command_tells_who(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record("Quan Ngọc Sơn 008080123456.jpg")), person(store, 2))
    result = good(data, tmp_path / "out", "--digits")
    (first, second) = store.export_rows()
    told = result.output + (tmp_path / "out" / README).read_text(encoding="utf-8")
    told += " ".join(p.name for p in (tmp_path / "out").iterdir())
    assert not [secret for secret in (*SECRETS, first.record_id, second.record_id) if secret in told]
    assert not [f.crop for row in (first, second) for f in row.fields if f.crop and f.crop[3:19] in told]


def test_lines_stand_in_the_order_of_hashes_and_not_of_people(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, *(person(store, n) for n in range(5)))
    good(data, tmp_path / "out")
    names = [*labels(tmp_path / "out")]
    assert names == sorted(names) and len(names) == 10


def test_summary_and_terms_hold_no_text_in_their_repr() -> None:
    assert NAME not in repr(CropSummary()) and NAME not in repr(CropTerms(datetime.now(UTC), 1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_folder_is_its_owners_alone(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    (tmp_path / "out").mkdir(mode=0o755)  # an empty one that was there does not lend its permissions
    good(data, tmp_path / "out", "--digits")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "out").iterdir()} == {0o600}


def test_folder_says_what_it_is_in_both_languages(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    good(data, tmp_path / "out")
    about = (tmp_path / "out" / README).read_text(encoding="utf-8")
    assert "PERSONAL DATA" in about and "DỮ LIỆU CÁ NHÂN" in about
    assert "2 pictures" in about and "2 ảnh" in about and "365" in about and LABELS in about
    assert NUMBERS not in about


# --- all of it or nothing --------------------------------------------------------------------------


def test_folder_that_holds_something_is_left_alone(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept.txt").write_text("x", encoding="utf-8")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name, why in (("out", "not empty"), ("file", "is a file")):
        result = run(data, tmp_path / name, "--consent")
        assert result.exit_code == 1 and why in result.stderr
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["kept.txt"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "file", "out"]


def test_folders_above_are_made(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, with_pictures(store, record()))
    good(data, tmp_path / "a" / "b")
    assert texts(tmp_path / "a" / "b") == [NAME, HOME]


def test_export_that_fails_midway_leaves_nothing(data: Path, store: Store, tmp_path: Path) -> None:
    put(store, person(store, 1), person(store, 2))

    def rows() -> Iterator:
        first, _ = store.export_rows()
        yield first
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(StorageFull):
        export_crops(rows(), lambda _: FORM, store.files, tmp_path / "out", CropTerms(datetime.now(UTC), 365))
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_folder_that_was_filled_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SohoaError, match="cannot be written"), new_folder(out) as folder:
        (folder / "ours").write_text("x", encoding="utf-8")
        out.mkdir()
        (out / "theirs").write_text("x", encoding="utf-8")
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "theirs"]


def test_folder_that_one_stands_in_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SohoaError, match="you are in"), new_folder(Path()):
        pass


def test_nothing_to_export_is_an_empty_table(data: Path, tmp_path: Path) -> None:
    result = good(data, tmp_path / "out")
    assert "0 pictures" in result.stdout and labels(tmp_path / "out") == {}
