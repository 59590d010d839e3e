"""What is found on blanks that the tests drew, against what they drew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from samples.drawn_forms import LINE_STYLES, Paper, Truth, drawn_form, writing_box
from scanner.forms.blanks import render_blank
from scanner.layout.detection.detect import Detected, detect
from scanner.model import Box, Gray

GOOD = 0.8
MAU_SO_03 = Path(__file__).parents[3] / "form_templates" / "mau-so-03" / "blank.pdf"


def iou(a: Box, b: Box) -> float:
    """Area in common over area covered."""
    common = a.overlap(b)
    return common / (a.w * a.h + b.w * b.h - common)


def hits(truth: Sequence[tuple[Box, ...]], found: Sequence[tuple[Box, ...]], good: float = GOOD) -> int:
    """How many groups were found whole, every box with an IoU of at least `good`."""

    def same(a: tuple[Box, ...], b: tuple[Box, ...]) -> bool:
        return len(a) == len(b) and all(iou(x, y) >= good for x, y in zip(a, b, strict=True))

    return sum(any(same(t, f) for f in found) for t in truth)


def singles(boxes: Sequence[Box]) -> list[tuple[Box, ...]]:
    """Each box a group of its own."""
    return [(box,) for box in boxes]


def score(truth: Truth, found: Detected) -> tuple[int, int, int]:
    """Fields drawn, fields found, and groups reported in all."""
    pairs = (
        (singles(truth.lines), singles(found.lines)),
        (truth.parts, found.parts),
        (truth.combs, found.combs),
        (truth.choices, found.choices),
        (singles(truth.boxes), singles(found.boxes)),
    )
    return (
        sum(len(t) for t, _ in pairs),
        sum(hits(t, f) for t, f in pairs),
        sum(len(f) for _, f in pairs),
    )


Draw = Callable[[Paper], None]


@pytest.fixture
def look(tmp_path: Path) -> Callable[[Draw], tuple[Truth, Detected]]:
    """Draws a form and looks at it."""

    def looked(draw: Draw) -> tuple[Truth, Detected]:
        paper = Paper(tmp_path / "form.pdf")
        draw(paper)
        truth = paper.done()
        return truth, detect(render_blank(tmp_path / "form.pdf"))

    return looked


# --- whole forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 3, 7, 11, 23])
def test_fields_of_a_form_never_seen_are_found(tmp_path: Path, seed: int) -> None:
    truth = drawn_form(tmp_path / "form.pdf", seed)
    drawn, found, reported = score(truth, detect(render_blank(tmp_path / "form.pdf")))
    assert found >= 0.95 * drawn
    assert reported <= 1.05 * drawn


def test_a_noisy_jpeg_scan_of_a_blank_gives_what_the_pdf_gives(tmp_path: Path) -> None:
    truth = drawn_form(tmp_path / "form.pdf", 5)
    drawn, found, reported = score(truth, detect(_scanned(render_blank(tmp_path / "form.pdf"), turn=0.1)))
    assert found >= 0.95 * drawn
    assert reported <= 1.05 * drawn


def test_a_skewed_scan_has_as_many_fields(tmp_path: Path) -> None:
    truth = drawn_form(tmp_path / "form.pdf", 7)
    found = detect(_scanned(render_blank(tmp_path / "form.pdf"), turn=0.3))
    counts = [len(found.lines), len(found.parts), len(found.combs), len(found.ticks)]
    ticks = sum(len(group) for group in truth.choices)
    assert counts == [len(truth.lines), len(truth.parts), len(truth.combs), ticks]


def test_other_resolutions_give_the_same_millimetres(tmp_path: Path) -> None:
    truth = drawn_form(tmp_path / "form.pdf", 11)
    image = render_blank(tmp_path / "form.pdf")
    fine = np.asarray(cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    drawn, found, _ = score(truth, detect(fine, dpi=600))
    assert found >= 0.95 * drawn


def test_an_official_form_gives_its_fields_and_nothing_else() -> None:
    found = detect(render_blank(MAU_SO_03))
    assert len(found.lines) == 12
    assert [len(group) for group in found.parts] == [3, 3]
    assert [len(comb) for comb in found.combs] == [8, 12, 10]
    assert [len(group) for group in found.choices] == [2, 6, 4, 8, 3, 5, 5, 3, 3, 11, 2, 3]
    assert found.boxes == ()


def test_an_empty_sheet_offers_nothing() -> None:
    found = detect(np.full((3508, 2480), 250, np.uint8))
    assert (found.lines, found.parts, found.choices, found.combs, found.boxes) == ((), (), (), (), ())


def _scanned(image: Gray, turn: float) -> Gray:
    """A scanner's grey, softness, noise and JPEG, turned by a little (degrees)."""
    rng = np.random.default_rng(1)
    rows, cols = image.shape
    matrix = cv2.getRotationMatrix2D((cols / 2, rows / 2), turn, 1)
    turned = cv2.warpAffine(image, matrix, (cols, rows), flags=cv2.INTER_LINEAR, borderValue=255)
    soft = cv2.GaussianBlur(turned, (0, 0), 0.8) * (228 / 255) + 8 + rng.normal(0, 6, image.shape)
    _, data = cv2.imencode(".jpg", np.clip(soft, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


# --- lines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", LINE_STYLES)
def test_lines_of_every_style_are_found_from_end_to_end(
    look: Callable[[Draw], tuple[Truth, Detected]], style: str
) -> None:
    def draw(paper: Paper) -> None:
        for y in (40, 49, 58):
            paper.answer(paper.text(20, y, "Remarks: "), 190, y, style)

    truth, found = look(draw)
    assert len(found.lines) == 3
    for drawn, box in zip(truth.lines, found.lines, strict=True):
        assert abs(box.x - drawn.x) < 0.9
        assert abs(box.right - drawn.right) < 0.9
        assert abs(box.bottom - drawn.bottom) < 0.2


def test_underlines_ornaments_and_separators_are_no_lines(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        x0, x1 = paper.centred(20, "REPUBLIC OF EXAMPLES", 12)
        paper.rule(x0, x1, 21.2)
        x0, x1 = paper.centred(30, "Freedom - Order", 10)
        paper.rule((x0 + x1) / 2 - 12, (x0 + x1) / 2 + 12, 33.2)  # 3.0 mm is where letters become a line's label
        paper.text(15, 50, "Part A. Everything that is printed here runs from one margin to the other, i.e. far.", 10)
        paper.rule(14, 196, 70)
        paper.text(15, 90, "Part B", 10)

    _, found = look(draw)
    assert found.lines == ()


def test_running_text_is_no_line(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        for i in range(40):
            paper.text(15, 20 + 5 * i, "Within this limit ... it is still missing; visit us, i.e. in its first inn.", 9)

    _, found = look(draw)
    assert (found.lines, found.parts, found.combs, found.choices) == ((), (), (), ())


def test_ruled_lines_below_each_other_without_labels_are_kept(
    look: Callable[[Draw], tuple[Truth, Detected]],
) -> None:
    def draw(paper: Paper) -> None:
        paper.text(15, 30, "Remarks:")
        for i in range(3):
            paper.answer(15, 195, 40 + 9 * i, "solid")

    truth, found = look(draw)
    assert hits(singles(truth.lines), singles(found.lines)) == 3


def test_the_room_above_a_line_ends_at_the_print_above(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        paper.text(15, 40, "HEADING OVER THE WHOLE WIDTH OF THE LINE BELOW IT", 10)
        paper.rule(15, 100, 45.5, "dots")

    _, found = look(draw)
    (line,) = found.lines
    assert 4.5 < line.h < 6.6
    assert line.y > 39.9


def test_a_page_frame_and_table_walls_are_no_lines(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        paper.frame(Box(10, 10, 190, 270), 1.2)
        for row in range(3):
            for col in range(3):
                cell = Box(20 + col * 55, 40 + row * 9, 55, 9)
                if row == 0:
                    paper.frame(cell)
                    paper.text(cell.x + 3, cell.y + 6, ("Employer", "From", "To")[col])
                else:
                    paper.box(cell)

    truth, found = look(draw)
    assert found.lines == ()
    assert len(found.boxes) == hits(singles(truth.boxes), singles(found.boxes)) == 6


# --- dates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [("/", "/"), (" - ", " - "), ("month", "year")])
def test_short_lines_with_slashes_or_words_between_are_one_date(
    look: Callable[[Draw], tuple[Truth, Detected]], between: tuple[str, str]
) -> None:
    def draw(paper: Paper) -> None:
        paper.date(paper.text(15, 40, "Date: "), 40, "dots", between, (10, 10, 15))

    truth, found = look(draw)
    assert found.lines == ()
    assert len(found.parts) == hits(truth.parts, found.parts) == 1


def test_two_dates_on_one_level_are_two(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        x = paper.date(paper.text(15, 40, "From "), 40, "dots", ("/", "/"), (9, 9, 14))
        paper.date(paper.text(x + 2, 40, "to "), 40, "dots", ("/", "/"), (9, 9, 14))

    truth, found = look(draw)
    assert hits(truth.parts, found.parts) == len(found.parts) == 2


def test_the_place_before_a_date_is_none_of_its_parts(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        paper.answer(80, 100, 40, "dots")
        paper.date(paper.text(101, 40, ", day "), 40, "dots", ("month", "year"), (10, 10, 15))

    truth, found = look(draw)
    assert hits(truth.parts, found.parts) == 1
    assert hits(singles(truth.lines), singles(found.lines)) == 1


def test_fields_with_long_lines_between_words_are_no_date(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        x = 15.0
        for word, length in (("House ", 20), ("Street ", 60), ("Block ", 20)):
            x = paper.text(x, 40, word)
            paper.answer(x, x + length, 40, "dots")
            x += length + 1

    truth, found = look(draw)
    assert found.parts == ()
    assert hits(singles(truth.lines), singles(found.lines)) == 3


# --- squares and cells -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "points"),
    [(2.2, 0.3), (2.2, 0.75), (3.0, 0.3), (3.0, 0.75), (3.0, 1.5), (4.5, 0.75), (6.0, 0.3), (6.0, 1.5)],
)
def test_a_tick_box_is_found_to_a_tenth_of_a_millimetre(
    look: Callable[[Draw], tuple[Truth, Detected]], side: float, points: float
) -> None:
    def draw(paper: Paper) -> None:
        for i in range(3):
            paper.truth.choices.append((paper.square(20 + 41.3 * i, 50.7, side, points),))
            paper.text(30 + 41.3 * i, 50, "Yes")

    truth, found = look(draw)
    assert len(found.ticks) == 3
    for (drawn,), box in zip(truth.choices, found.ticks, strict=True):
        assert max(abs(a - b) for a, b in zip(drawn, box, strict=True)) < 0.1


@pytest.mark.parametrize(
    ("cell", "groups", "gap", "inner", "separator"),
    [
        ((5, 6), (9,), 0.0, 0.0, ""),
        ((5, 5), (3, 3, 3), 3.0, 0.0, "-"),  # square cells are no tick boxes
        ((5, 6), (3, 3, 3, 3), 2.4, 0.0, ""),
        ((5, 6), (2, 2, 4), 3.4, 1.0, "/"),  # white between the cells
        ((4, 4), (6,), 0.0, 1.0, ""),
        ((9, 11), (4,), 0.0, 0.0, ""),
    ],
)
def test_a_row_of_cells_is_one_comb(
    look: Callable[[Draw], tuple[Truth, Detected]],
    cell: tuple[float, float],
    groups: tuple[int, ...],
    gap: float,
    inner: float,
    separator: str,
) -> None:
    def draw(paper: Paper) -> None:
        paper.comb(paper.text(15, 40, "Number: "), 41, cell, groups, gap, inner, separator)

    truth, found = look(draw)
    assert hits(truth.combs, found.combs, good=0.9) == len(found.combs) == 1
    assert found.ticks == ()


@pytest.mark.parametrize(("dash", "grey"), [((1, 1), 0.0), ((2, 1.5), 0.0), ((), 0.7)])
def test_cells_with_broken_or_pale_walls_are_found(
    look: Callable[[Draw], tuple[Truth, Detected]], dash: tuple[float, ...], grey: float
) -> None:
    def draw(paper: Paper) -> None:
        paper.comb(20, 40, (5, 6), (9,), 0, dash=dash, grey=grey)

    truth, found = look(draw)
    assert hits(truth.combs, found.combs) == len(found.combs) == 1
    assert found.lines == ()


def test_date_cells_with_words_between_are_one_comb(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        x = paper.text(15, 40, "day ")
        for count, word in ((2, "month"), (2, "year"), (4, "")):
            x = paper.text(paper.comb(x, 41, (5, 6), (count,), 0) + 1, 40, word) + 1
        day, month, year = paper.truth.combs
        paper.truth.combs[:] = [day + month + year]

    truth, found = look(draw)
    assert hits(truth.combs, found.combs) == len(found.combs) == 1


def test_two_numbers_on_one_level_are_two_combs(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        x = paper.comb(paper.text(15, 40, "Card: "), 41, (5, 6), (9,), 0)
        paper.comb(paper.text(x + 2, 40, "Book: "), 41, (5, 6), (5,), 0)

    truth, found = look(draw)
    assert hits(truth.combs, found.combs) == len(found.combs) == 2


@pytest.mark.parametrize("height", [2.5, 6.0])
def test_cells_open_at_the_top_are_a_comb(look: Callable[[Draw], tuple[Truth, Detected]], height: float) -> None:
    def draw(paper: Paper) -> None:
        paper.open_comb(30, 40, 5, 8, height)

    _, found = look(draw)
    (comb,) = found.combs
    assert len(comb) == 8
    assert found.lines == ()
    assert all(abs(cell.x - (30 + 5 * i)) < 0.15 and abs(cell.bottom - 40) < 0.2 for i, cell in enumerate(comb))
    assert all(abs(cell.h - 6) < 0.3 for cell in comb)


def test_two_squares_with_white_between_are_ticks(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        paper.truth.choices.append((paper.square(30, 40, 3.5), paper.square(35, 40, 3.5)))

    truth, found = look(draw)
    assert hits(truth.choices, found.choices) == 1
    assert found.combs == ()


def test_letters_over_an_underline_enclose_no_tick_box(tmp_path: Path) -> None:
    paper = Paper(tmp_path / "form.pdf")
    for row in range(8):
        y = 20.0 + 12 * row
        x0, x1 = paper.centred(y, "EXAMPLES PLEASE, TPL PLF", 11 + row / 2)
        paper.rule(x0, x1, y + 1.0 + row / 10)
    paper.done()
    found = detect(_scanned(render_blank(tmp_path / "form.pdf"), turn=0))
    assert found.ticks == ()
    assert found.boxes == ()


def test_an_empty_box_is_room_to_write_and_a_full_one_is_not(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        paper.box(Box(40, 30, 120, 8))
        paper.frame(Box(40, 50, 120, 8))
        paper.text(45, 55.5, "For the office only")

    truth, found = look(draw)
    assert hits(singles(truth.boxes), singles(found.boxes)) == len(found.boxes) == 1


# --- what belongs together ---------------------------------------------------------------------------


def test_tick_rows_that_carry_on_are_one_choice_and_a_new_question_begins_another(
    look: Callable[[Draw], tuple[Truth, Detected]],
) -> None:
    def draw(paper: Paper) -> None:
        paper.text(15, 40, "1. Schooling")
        paper.choice([["none", "primary", "lower"], ["upper", "higher", "other"]], 20, 47, 3, 40, 6.5)
        paper.text(15, 60, "2. Work")
        paper.choice([["yes", "no"]], 20, 67, 3, 40, 6.5)
        paper.choice([["ill", "student"]], 26, 73.5, 3, 40, 6.5)  # another indent: the reason for "no"

    truth, found = look(draw)
    assert hits(truth.choices, found.choices) == len(found.choices) == 3


def test_lines_come_in_reading_order(look: Callable[[Draw], tuple[Truth, Detected]]) -> None:
    def draw(paper: Paper) -> None:
        for y in (60, 40):
            for x in (110, 20):
                paper.answer(x + 2, x + 60, y + x / 100, "dots")  # one level, not quite even

    _, found = look(draw)
    assert [(round(b.x), b.y < 50) for b in found.lines] == [(22, True), (112, True), (22, False), (112, False)]


def test_the_box_over_a_line_reaches_one_millimetre_below_it(
    look: Callable[[Draw], tuple[Truth, Detected]],
) -> None:
    def draw(paper: Paper) -> None:
        paper.rule(30, 150, 40, "dots")

    _, found = look(draw)
    assert iou(found.lines[0], writing_box(30, 150, 40, 7)) > 0.95
