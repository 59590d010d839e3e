"""Other readers of forms: what they are given, what is taken from what they say, and why one is skipped."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.form_peers import compare, formhtr, omrchecker, ours, scoring
from benchmarks.form_peers.scoring import Answer, Outcome, Skipped, score
from benchmarks.form_peers.sheets import Sheet, as_ticked, choices, draw_sheets, load_sheets
from scanner.forms.loading import load_form
from scanner.model import Box, FieldKind

FORM = load_form("mau-so-03")
SINGLE = next(spec for spec in choices(FORM) if spec.kind is FieldKind.CHOICE)
MANY = next(spec for spec in choices(FORM) if spec.kind is FieldKind.CHOICES)


def sheet(file: Path = Path("a.png"), **ticked: frozenset[str]) -> Sheet:
    """A page at 150 dpi on which the form lies straight."""
    mm = np.array([[20.0, 30.0], [180.0, 30.0], [180.0, 260.0], [20.0, 260.0], [100.0, 100.0]])
    return Sheet(file, "clean", ticked, mm, mm * 150 / 25.4 - 0.5)


def test_our_own_row_reads_ticks_and_nothing_else(tmp_path: Path) -> None:
    drawn = draw_sheets(tmp_path, 2, 3, FORM, ("scan", "photo"))
    outcome = ours.read(drawn, FORM, tmp_path)
    assert {spec.id for spec in choices(FORM)} == set(outcome.answers[drawn[0].file.name].ticked)
    counted = score(drawn, outcome)
    assert (counted.placed, counted.wrongly, counted.right, counted.silent) == (2, 0, 24, 0)


# --- counting ----------------------------------------------------------------------------------------


def test_a_wrong_group_is_silent_only_where_nobody_is_asked() -> None:
    truth = sheet(a=frozenset("1"), b=frozenset("1"), c=frozenset())
    answer = Answer({"a": frozenset("1"), "b": frozenset("2"), "c": frozenset("1")}, asked=frozenset({"c"}))
    counted = score([truth], Outcome("x", {"a.png": answer}, 0.1))
    assert (counted.groups, counted.right, counted.silent) == (3, 1, 1)


def test_groups_of_a_page_that_was_not_placed_are_neither_right_nor_silent() -> None:
    counted = score([sheet(a=frozenset("1"), b=frozenset())], Outcome("x", {}, 0.1))
    assert (counted.placed, counted.groups, counted.right, counted.silent) == (0, 2, 0, 0)
    assert counted.off_px is None


def test_a_sheet_whose_points_are_off_by_more_than_a_millimetre_is_placed_wrongly() -> None:
    near, far = (Answer({}, off_mm=np.full(40, off)) for off in (0.9, 1.1))
    sheets = [sheet(Path("a.png")), sheet(Path("b.png"))]
    counted = score(sheets, Outcome("x", {"a.png": near, "b.png": far}, 0.1))
    assert (counted.placed, counted.wrongly) == (2, 1)
    assert counted.off_px is not None
    assert counted.off_px[2] == pytest.approx(1.1 * 300 / 25.4)


def test_a_peer_that_is_not_at_hand_is_a_row_with_its_reason() -> None:
    def missing(*_: object) -> Outcome:
        raise Skipped("no network")

    row = compare.row("Peer", missing, [], FORM, Path())
    assert row[:2] == ("Peer", "skipped: no network")
    assert len(row) == len(compare.HEADINGS)


def test_values_of_choices_are_sets() -> None:
    assert [as_ticked(v) for v in (None, "a", ["a", "b"])] == [frozenset(), frozenset("a"), frozenset("ab")]


# --- OMRChecker --------------------------------------------------------------------------------------


def test_every_option_is_a_bubble_in_the_middle_of_its_box() -> None:
    template = omrchecker.template(FORM)
    side = template["bubbleDimensions"][0]
    for spec in choices(FORM):
        found = {}
        for name in template["customLabels"][spec.id]:
            block = template["fieldBlocks"][name]
            assert block["fieldLabels"] == [name]
            for i, letter in enumerate(block["bubbleValues"]):
                x = round(block["origin"][0] + i * block["bubblesGap"])
                found[letter] = (x + side / 2, block["origin"][1] + side / 2)
        assert len(found) == len(spec.options)
        for letter, (x, y) in found.items():
            (option,) = omrchecker.ticked(spec, letter)
            box = next(o.box for o in spec.options if o.id == option)
            assert abs(x / omrchecker.PX_PER_MM - box.x - box.w / 2) < 0.3
            assert abs(y / omrchecker.PX_PER_MM - box.y - box.h / 2) < 0.3
            assert side / omrchecker.PX_PER_MM < min(box.w, box.h)


def test_no_label_stands_in_two_blocks_and_every_choice_is_a_column() -> None:
    template = omrchecker.template(FORM)
    labels = [name for names in template["customLabels"].values() for name in names]
    assert sorted(labels) == sorted(template["fieldBlocks"]) == sorted(set(labels))
    assert template["outputColumns"] == [spec.id for spec in choices(FORM)]


def test_boxes_are_cut_into_runs_at_one_pitch_and_at_the_end_of_a_row() -> None:
    boxes = [Box(x, y, 3.5, 3.5) for x, y in ((10, 0), (20, 0), (30, 0), (47, 0), (10, 6), (60, 6))]
    assert omrchecker.even_runs(boxes) == [[0, 1, 2], [3], [4, 5]]
    assert all(b > a for run in omrchecker.even_runs(boxes) for a, b in pairwise(run))


def test_rows_are_read_from_results_and_from_pages_set_apart(tmp_path: Path) -> None:
    for file, name in (("Results/Results_06PM.csv", "a.png"), ("Manual/MultiMarkedFiles.csv", "b.png")):
        path = tmp_path / "out" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as lines:
            csv.writer(lines, quoting=csv.QUOTE_ALL).writerows([["file_id", SINGLE.id], [name, "AB"]])
    found = omrchecker.results(tmp_path)
    assert set(found) == {"a.png", "b.png"}
    assert omrchecker.ticked(SINGLE, found["b.png"][SINGLE.id]) == {o.id for o in SINGLE.options[:2]}


def test_two_marks_are_asked_about_only_where_one_is_wanted(tmp_path: Path) -> None:
    Image.new("L", (1240, 1754)).save(tmp_path / "a.png")
    line = {spec.id: "AB" for spec in choices(FORM)}
    answer = omrchecker._answer(line, None, sheet(tmp_path / "a.png"), FORM)
    assert SINGLE.id in answer.asked
    assert MANY.id not in answer.asked


def test_its_homography_is_measured_in_millimetres_of_the_form(tmp_path: Path) -> None:
    Image.new("L", omrchecker.size(FORM)).save(tmp_path / "a.png")
    page = sheet(tmp_path / "a.png")
    assert omrchecker.off_mm(np.eye(3), page, FORM).max() < 0.05
    moved = np.array([[1, 0, omrchecker.PX_PER_MM * 3], [0, 1, omrchecker.PX_PER_MM * 4], [0, 0, 1]])
    assert omrchecker.off_mm(moved, page, FORM) == pytest.approx(np.full(5, 5.0), abs=0.05)


@pytest.mark.parametrize(("named", "why"), [(None, "not on PyPI; set SOHOA_OMRCHECKER"), ("", "not on PyPI")])
def test_without_a_checkout_it_is_skipped(named: str | None, why: str) -> None:
    with pytest.raises(Skipped, match=why):
        omrchecker.find_checkout(named)


def test_a_folder_that_is_no_checkout_is_told(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match=r"no main\.py"):
        omrchecker.find_checkout(str(tmp_path))


def test_missing_requirements_and_other_failures_are_told_apart() -> None:
    trace = "Traceback\n  File x\nModuleNotFoundError: No module named 'pandas'\n"
    assert "No module named 'pandas'" in omrchecker.why_it_failed(trace)
    assert omrchecker.why_it_failed("a\nValueError: odd\n") == "it does not run (ValueError: odd)"


def test_its_pace_leaves_the_start_out() -> None:
    log = [{"seconds": s} for s in (9.0, 9.2, 9.4)]
    assert omrchecker.pace(log) == pytest.approx(0.2)


def test_a_checkout_is_run_as_a_program_and_started_again_after_a_page_that_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "main.py").write_text(_STUB.replace("COLUMN", SINGLE.id), encoding="utf-8")
    monkeypatch.setenv(omrchecker.VARIABLE, str(checkout))
    sheets = []
    for name in ("a", "b", "c"):
        Image.new("L", (1240, 1754), 255).save(tmp_path / f"{name}.png")
        sheets.append(sheet(tmp_path / f"{name}.png"))
    (tmp_path / "work").mkdir()
    only = FORM.model_copy(update={"fields": (SINGLE,)})
    outcome = omrchecker.read(sheets, only, tmp_path / "work")
    assert set(outcome.answers) == {"a.png", "c.png"}
    answer = outcome.answers["c.png"]
    assert answer.ticked[SINGLE.id] == {SINGLE.options[1].id}
    assert answer.off_mm is not None
    assert answer.off_mm.max() < 0.1


_STUB = """
import csv, sys
from pathlib import Path
import cv2, numpy as np
pages, out = Path(sys.argv[2]), Path(sys.argv[4]) / "Results"
out.mkdir(parents=True, exist_ok=True)
square = np.array([[0, 0], [9, 0], [9, 9], [0, 9]], float)
for page in sorted(pages.glob("?.png")):
    cv2.imread(str(page))
    cv2.findHomography(square, square)
    if page.name == "b.png":
        raise SystemExit(1)
    new = not (out / "Results_01AM.csv").exists()
    with (out / "Results_01AM.csv").open("a", newline="") as lines:
        csv.writer(lines).writerows(([["file_id", "COLUMN"]] if new else []) + [[page.name, "B"]])
"""


# --- formHTR -----------------------------------------------------------------------------------------


def test_its_job_has_every_option_in_pixels_and_points_only_where_placed_by_hand(tmp_path: Path) -> None:
    job = formhtr.job([sheet()], FORM, tmp_path, by_hand=True)
    box = SINGLE.options[0].box
    assert job["boxes"][SINGLE.id][SINGLE.options[0].id] == [
        round(v * 300 / 25.4) for v in (box.x, box.y, box.right, box.bottom)
    ]
    (page,) = job["pages"]
    assert np.allclose(page["points"]["page"], sheet().px[[0, 1, 2, 3]])
    assert formhtr.job([sheet()], FORM, tmp_path, by_hand=False)["pages"][0]["points"] is None


def test_its_homography_goes_from_the_resized_page_to_the_blank() -> None:
    assert formhtr.off_mm(np.eye(3), np.array([2.0, 2.0]), sheet()).max() < 0.01
    shifted = np.array([[1, 0, 300 / 25.4], [0, 1, 0], [0, 0, 1]])
    assert formhtr.off_mm(shifted, np.array([2.0, 2.0]), sheet()) == pytest.approx(np.ones(5), abs=0.01)


def test_a_package_that_cannot_be_fetched_is_skipped_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def failing(command: list[str], _seconds: int) -> object:
        tried.append(command)
        return type("Ended", (), {"returncode": 1})()

    monkeypatch.setattr(formhtr, "_run", failing)
    monkeypatch.setattr(formhtr.venv, "create", lambda *_, **__: None)
    for _ in range(2):
        with pytest.raises(Skipped, match="cannot be fetched"):
            formhtr.environment(tmp_path / "peers")
    assert len(tried) == 2


# --- the sheets --------------------------------------------------------------------------------------


def test_a_tiff_is_given_as_png_and_points_are_those_among_the_fields(tmp_path: Path) -> None:
    Image.new("1", (40, 60), 1).save(tmp_path / "x.tif", compression="group4", dpi=(200, 200))
    mm = np.array([[0.0, 0.0], [100.0, 150.0]])
    np.savez(tmp_path / "x.geom.npz", mm=mm, px=mm)
    fields = ", ".join(f'"{spec.id}": null' for spec in FORM.fields)
    line = '{"file": "x.tif", "wear": "bilevel", "fields": {' + fields + "}}\n"
    (tmp_path / "truth.jsonl").write_text(line, encoding="utf-8")
    (found,) = load_sheets(tmp_path, FORM)
    assert found.file.suffix == ".png"
    assert found.file.is_file()
    assert found.mm.tolist() == [[100.0, 150.0]]
    assert set(found.ticked.values()) == {frozenset()}


def test_a_score_is_laid_out_as_a_row() -> None:
    counted = scoring.Score(2, 1, 0, 24, 12, 3, (0.031, 0.5, 12.4))
    row = compare.cells(Outcome("x", {}, 0.25), counted)
    assert row == ("x", "1 of 2", "0", "12 of 24 (50.0 %)", "3", "0.03/0.50/12", "0.25")
    assert compare.cells(Outcome("x", {}, 0.25), replace(counted, off_px=None))[2::3] == ("not known", "not known")
