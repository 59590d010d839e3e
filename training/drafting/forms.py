"""Whole one-page forms from a seed, as Vietnamese offices lay them out. No form is a copy of one that exists."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.model import Box
from training.drafting.paper import LINE_STYLES, Paper, TrueField

WORDS = (
    "Họ và tên", "Địa chỉ", "Số điện thoại", "Nghề nghiệp", "Nơi làm việc", "Dân tộc", "Tôn giáo", "Nơi cấp",
    "Quốc tịch", "Chỗ ở hiện nay", "Trình độ", "Chức vụ", "Đơn vị", "Lý do", "Ghi chú", "Quê quán", "Nơi sinh",
    "Số sổ hộ khẩu", "Tên gọi khác", "Quan hệ với chủ hộ", "Số tài khoản", "Ngân hàng", "Email", "Mã số thuế",
)  # fmt: skip
SHORT = ("Nam", "Nữ", "Có", "Không", "Khác", "Đã học", "Chưa", "Cấp mới", "Cấp lại", "Đổi", "Kinh", "Tày", "Đảng viên")
LONG = ("Đang đi học", "Nội trợ tại nhà", "Làm công ăn lương", "Tự sản xuất, kinh doanh", "Thất nghiệp", "Nghỉ hưu")
TITLES = ("ĐƠN ĐỀ NGHỊ", "TỜ KHAI ĐĂNG KÝ", "PHIẾU THÔNG TIN", "BẢN KHAI CÁ NHÂN", "PHIẾU ĐIỀU TRA HỘ GIA ĐÌNH")
PROSE = (
    "Tôi xin cam đoan những lời khai trên đây là đúng sự thật và chịu trách nhiệm trước pháp luật.",
    "(Ghi bằng chữ in hoa, có dấu. Đánh dấu X vào ô thích hợp, nếu có thay đổi thì ghi ở mục sau ...)",
    "Đề nghị cơ quan xem xét, giải quyết theo quy định; hồ sơ kèm theo gồm có các giấy tờ sau đây.",
)
NUMBERS = ("Số định danh cá nhân", "Số CMND/CCCD", "Mã số BHXH", "Mã số thuế", "Số điện thoại")


@dataclass(slots=True)
class Style:
    """What the seed chose for one form; `glyphs` is a font that has squares."""

    chance: random.Random
    left: float
    right: float
    pitch: float
    line: str
    side: float
    tick: str  # "square", "rounded", "glyph"
    tick_points: float
    cell: tuple[float, float]
    walls: float  # points
    glyphs: str
    number: int = 0

    def question(self) -> str:
        """The next question's number, or a dash, or nothing."""
        self.number += 1
        return self.chance.choice([f"{self.number}. ", f"{self.number}. ", f"{self.number}) ", "- ", ""])

    def words(self) -> str:
        """A label."""
        return self.chance.choice(WORDS)


Row = Callable[[Paper, Style, float], float]
"""Draws at a baseline y; returns the lowest baseline it used."""


def draw_form(path: Path, seed: int, fonts: Sequence[str], glyphs: str) -> list[TrueField]:
    """Draw one form as PDF. `fonts` are TTF files with Vietnamese, `glyphs` is one with □ and ☐."""
    chance = random.Random(seed)
    size = chance.choice([(210.0, 297.0)] * 5 + [(215.9, 279.4), (148.0, 210.0)])
    paper = Paper(path, chance.choice(list(fonts)), chance.choice([9.0, 10.0, 11.0, 12.0, 13.0]), size)
    margin = chance.uniform(12, 22) if size[0] > 150 else 10.0
    cell = (chance.uniform(4.3, 7.0), chance.uniform(5.0, 8.0))
    style = Style(
        chance,
        margin,
        size[0] - chance.uniform(10, 18),
        chance.uniform(max(6.5, paper.points * 0.62), 10.0),
        chance.choice(LINE_STYLES),
        chance.uniform(2.4, 5.0),
        chance.choice(["square", "square", "rounded", "glyph"]),
        chance.choice([0.4, 0.75, 1.0]),
        cell,
        chance.choice([0.4, 0.6, 1.0]),
        glyphs,
    )
    y = _head(paper, style)
    foot = size[1] - 48 if chance.random() < 0.75 else 0.0
    end = foot or size[1] - 20
    rows = _rows(style, narrow=size[0] < 150)
    while True:
        row, most = rows.pop(0) if rows else chance.choice(_rows(style, narrow=size[0] < 150))
        if y + most * style.pitch > end:
            break
        y = row(paper, style, y + style.pitch)
    if foot:
        _signature(paper, style, max(y + style.pitch, foot))
    return paper.done()


def _rows(style: Style, narrow: bool) -> list[tuple[Row, float]]:
    """All kinds of rows in a random order, with the pitches each takes at most."""
    rows: list[tuple[Row, float]] = [
        (one_line, 1), (one_line, 1), (two_lines, 1), (wrapped, 3), (ticks_after, 1), (ticks_below, 3),
        (ticks_list, 4), (comb, 1.6), (comb, 1.6), (date_of_words, 1), (slashes, 1), (date_cells, 1.6), (sentence, 3),
        (remark, 4.5), (prose, 2), (date_and_place, 1),
    ]  # fmt: skip
    rows += [(with_unit, 1), (no_colon, 1), (ticks_at_right, 3), (section, 1), (yes_no_table, 6)]
    wide: list[tuple[Row, float]] = [
        (table, 6), (three_lines, 1), (open_comb, 1.6), (office, 3), (narrow_table, 6), (named_cells, 2.4), (halves, 1),
    ]  # fmt: skip
    rows += [] if narrow else wide
    style.chance.shuffle(rows)
    return rows


# --- head and foot -----------------------------------------------------------------------------------


def _head(paper: Paper, style: Style) -> float:
    chance, middle = style.chance, paper.size[0] / 2
    y = chance.uniform(14, 20)
    small = min(paper.points, 10.5 if paper.size[0] > 150 else 8.0)
    if chance.random() < 0.5 and paper.size[0] > 150:
        right, left = style.left + (style.right - style.left) * 0.7, style.left + 28
        x0, x1 = paper.centred(left, y, "ỦY BAN NHÂN DÂN", small)
        paper.stroke((x0 + x1) / 2 - 9, (x0 + x1) / 2 + 9, y + 1.8, "solid")
        paper.centred(right, y, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", small)
        x0, x1 = paper.centred(right, y + 5, "Độc lập - Tự do - Hạnh phúc", small)
        paper.stroke(x0, x1, y + 6.6, "solid")
    else:
        paper.centred(middle, y, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", small)
        x0, x1 = paper.centred(middle, y + 5, "Độc lập - Tự do - Hạnh phúc", small)
        paper.stroke(middle - 15, middle + 15, y + 7.2, "solid")
    _corner(paper, style, y + 10)
    paper.centred(middle, y + 17, chance.choice(TITLES), paper.points + 3)
    if chance.random() < 0.5:
        paper.centred(middle, y + 23, "(Kèm theo Thông tư số 01 ngày 01 tháng 01 năm 2020)", paper.points - 2)
        y += 6
    return y + 27


def _corner(paper: Paper, style: Style, y: float) -> None:
    """What stands in a corner of some forms and is no field: room for a photograph, a two-dimensional code, a frame."""
    what = style.chance.choice(["", "", "photograph", "code", "sheet"])
    if what == "photograph" and paper.size[0] > 150:
        paper.frame(Box(style.left, y, 20, 26), style.walls)
        paper.centred(style.left + 10, y + 11, "Ảnh", 8)
        paper.centred(style.left + 10, y + 15, "3 x 4 cm", 8)
    if what == "code":
        for row in range(21):
            for column in range(21):
                if style.chance.random() < 0.5:
                    paper.block(Box(style.left + column * 0.8, y + row * 0.8, 0.8, 0.8))
    if what == "sheet":
        paper.frame(Box(6, 6, paper.size[0] - 12, paper.size[1] - 12), style.chance.choice([0.5, 1.5]))


def _signature(paper: Paper, style: Style, y: float) -> None:
    x = style.left + (style.right - style.left) * 0.5
    if style.chance.random() < 0.7:
        date_and_place(paper, style, y)
    paper.centred((x + style.right) / 2, y + 7, "NGƯỜI KHAI")
    paper.centred((x + style.right) / 2, y + 12, "(Ký, ghi rõ họ tên)", paper.points - 1.5)


# --- lines -------------------------------------------------------------------------------------------


def one_line(paper: Paper, style: Style, y: float) -> float:
    """A label and a line to the margin."""
    x = paper.text(style.left, y, f"{style.question()}{style.words()}: ")
    paper.answer(x, style.right, y, style.line)
    return y


def two_lines(paper: Paper, style: Style, y: float) -> float:
    """Two labels with a line each; the first may end with a comma."""
    middle = (style.left + style.right) / 2 + style.chance.uniform(-8, 8)
    x = paper.text(style.left, y, f"{style.question()}{style.words()}: ")
    comma = style.chance.random() < 0.3
    paper.answer(x, middle - 2 - paper.width(" ;") * comma, y, style.line)
    if comma:
        paper.text(paper.print_[-1].right + 0.4, y, ";")
    paper.answer(paper.text(middle, y, f"{style.words()}: "), style.right, y, style.line)
    return y


def three_lines(paper: Paper, style: Style, y: float) -> float:
    """Short lines with words between: no date."""
    step = (style.right - style.left) / 3
    for i, word in enumerate(("Số nhà: ", "Đường/phố: ", "Thôn/tổ: ")):
        paper.answer(paper.text(style.left + i * step, y, word), style.left + (i + 1) * step - 1.5, y, style.line)
    return y


def wrapped(paper: Paper, style: Style, y: float) -> float:
    """A label and lines over the whole width below it."""
    y = one_line(paper, style, y)
    for _ in range(style.chance.choice([1, 2])):
        y += style.pitch
        paper.answer(style.left, style.right, y, style.line)
    return y


def sentence(paper: Paper, style: Style, y: float) -> float:
    """Running text with gaps to be filled in."""
    x = style.left
    for words, share in (("Tôi tên là ", 0.4), (" là con của ông ", 0.34), ("và bà ", 0.3), (", thường trú tại ", 0.5)):
        if x + paper.width(words) + 16 > style.right:
            x, y = style.left, y + style.pitch
        x = paper.text(x, y, words)
        end = min(x + share * (style.right - style.left), style.right)
        paper.answer(x, end, y, style.line)
        x = end
    return y


def with_unit(paper: Paper, style: Style, y: float) -> float:
    """A line with a word right behind it, and another line."""
    x = paper.text(style.left, y, f"{style.question()}Diện tích: ")
    end = x + (style.right - x) * style.chance.uniform(0.3, 0.45)
    paper.answer(x, end, y, style.line)
    x = paper.text(paper.print_[-1].right + 0.3, y, "m2, thu nhập ")
    paper.answer(x, style.right - paper.width("đồng.") - 0.6, y, style.line)
    paper.text(paper.print_[-1].right + 0.3, y, "đồng.")
    return y


def no_colon(paper: Paper, style: Style, y: float) -> float:
    """A label that runs into its line."""
    paper.answer(paper.text(style.left, y, f"{style.question()}{style.words()}") + 0.3, style.right, y, style.line)
    return y


def date_of_words(paper: Paper, style: Style, y: float) -> float:
    """ "ngày … tháng … năm …" after a label."""
    x = paper.text(style.left, y, f"{style.question()}{style.chance.choice(['Sinh ngày ', 'Cấp ngày ', 'Từ ngày '])}")
    paper.date(x, y, style.line, (" tháng ", " năm "), _widths(style))
    return y


def date_and_place(paper: Paper, style: Style, y: float) -> float:
    """ "…, ngày … tháng … năm 20…" on the right."""
    x = style.left + (style.right - style.left) * 0.36
    space = style.right - x - paper.width(", ngày  tháng  năm ")
    place = max(space * 0.42, 12.0)
    parts = max((space - place) / 3.6, 6.5)
    line = "full stops" if style.line in ("wide dots", "dashes", "spaced ellipses") else style.line
    paper.answer(x, x + place, y, line)
    x = paper.text(x + place + 0.3, y, ", ngày ")
    paper.date(x, y, line, (" tháng ", " năm "), (parts, parts, parts * 1.3))
    return y


def slashes(paper: Paper, style: Style, y: float) -> float:
    """A line for a number, then a date with slashes."""
    x = paper.text(style.left, y, f"{style.question()}Số giấy tờ: ")
    middle = style.left + (style.right - style.left) * style.chance.uniform(0.42, 0.5)
    paper.answer(x, max(middle, x + 12), y, style.line)
    x = paper.text(max(middle, x + 12) + 1, y, "Ngày cấp: ")
    paper.date(x, y, style.line, ("/", "/"), tuple(w * 0.85 for w in _widths(style)))
    return y


def _widths(style: Style) -> tuple[float, float, float]:
    chance = style.chance
    scale = {"wide dots": 1.3, "dashes": 1.3, "spaced ellipses": 1.6}.get(style.line, 1.0)  # two units or more
    return chance.uniform(8, 12) * scale, chance.uniform(8, 12) * scale, chance.uniform(11, 17) * scale


# --- ticks -------------------------------------------------------------------------------------------


def _square(paper: Paper, style: Style, x: float, y: float) -> Box:
    drop = style.chance.choice([0.0, 0.5]) if style.tick != "glyph" else 0.0
    if style.tick == "glyph":
        char = "□" if style.side < 3.7 else "☐"
        return paper.glyph_square(x, y, char, style.glyphs, max(style.side, 3.2) * 72 / 25.4 / 0.75)
    return paper.square(x, y + drop, style.side, style.tick_points, style.side * 0.18 * (style.tick == "rounded"))


def ticks_after(paper: Paper, style: Style, y: float) -> float:
    """A question, then words each followed, or each led, by a square."""
    x = paper.text(style.left, y, f"{style.question()}{style.words()}: ") + 3
    before = style.chance.random() < 0.5
    boxes = []
    for words in style.chance.sample(SHORT, style.chance.choice([2, 2, 3, 4])):
        if x + paper.width(words) + style.side + 6 > style.right:
            break
        if before:
            boxes.append(_square(paper, style, x, y))
            x = paper.text(boxes[-1].right + 1.2, y, words) + 6
        else:
            boxes.append(_square(paper, style, paper.text(x, y, words) + 1.2, y))
            x = boxes[-1].right + 6
    paper.choice(boxes)
    return y


def ticks_below(paper: Paper, style: Style, y: float) -> float:
    """A question, and below it rows of squares in columns."""
    paper.text(style.left, y, f"{style.question()}{style.words()} (đánh dấu X vào một ô):")
    columns = style.chance.choice([2, 3])
    step = (style.right - style.left - 6) / columns
    boxes = []
    for _ in range(style.chance.choice([1, 2])):
        y += style.pitch
        for i in range(columns):
            box = _square(paper, style, style.left + 6 + i * step, y)
            boxes.append(box)
            fits = [w for w in LONG if paper.width(w) < step - style.side - 4] or ["Khác"]
            paper.text(box.right + 1.2, y, style.chance.choice(fits))
    paper.choice(boxes)
    return y


def ticks_list(paper: Paper, style: Style, y: float) -> float:
    """A question and answers below each other, the square in front."""
    paper.text(style.left, y, f"{style.question()}{style.words()}:")
    boxes = []
    for words in style.chance.sample(LONG, style.chance.choice([2, 3])):
        y += style.pitch
        boxes.append(_square(paper, style, style.left + 8, y))
        paper.text(boxes[-1].right + 1.5, y, words)
    paper.choice(boxes)
    return y


def ticks_at_right(paper: Paper, style: Style, y: float) -> float:
    """Answers below each other, their squares in a column at the right."""
    paper.text(style.left, y, f"{style.question()}{style.words()}:")
    boxes = []
    for words in style.chance.sample(LONG, 2):
        y += style.pitch
        paper.text(style.left + 6, y, words)
        boxes.append(_square(paper, style, style.left + 75, y))
    paper.choice(boxes)
    return y


def halves(paper: Paper, style: Style, y: float) -> float:
    """Squares on the left, a line on the right."""
    middle = (style.left + style.right) / 2
    x = paper.text(style.left, y, "Giới tính: ") + 1
    boxes = []
    for words in ("Nam", "Nữ"):
        boxes.append(_square(paper, style, paper.text(x, y, words) + 1.2, y))
        x = boxes[-1].right + 4
    paper.choice(boxes)
    x = paper.text(max(middle, x), y, f"{style.words()}: ")
    paper.answer(x, style.right, y, style.line)
    return y


# --- cells -------------------------------------------------------------------------------------------


def _cells(
    paper: Paper, style: Style, x: float, y: float, groups: Sequence[int], gap: float, apart: float
) -> list[Box]:
    """Cells standing a little below the baseline."""
    w, h = style.cell
    boxes = []
    for count in groups:
        for _ in range(count):
            boxes.append(Box(x, y + 1.3 - h, w, h))
            paper.frame(boxes[-1], style.walls)
            x += w + apart
        x += gap
    return boxes


def comb(paper: Paper, style: Style, y: float) -> float:
    """A number in 8 to 14 cells."""
    x = paper.text(style.left, y + 0.6, f"{style.question()}{style.chance.choice(NUMBERS)}: ") + 2
    count = style.chance.choice([8, 9, 10, 12, 12, 14])
    apart = style.chance.choice([0.0, 0.0, 0.0, 0.8, 1.4])
    most = int((style.right - x) / (style.cell[0] + apart))
    if most < 5:
        return one_line(paper, style, y)
    y += max(style.cell[1] - style.pitch + 1.5, 0.0)
    groups = (3, 3, 3, 3) if count == 12 and most >= 14 and style.chance.random() < 0.3 else (min(count, most),)
    paper.cells(_cells(paper, style, x, y, groups, 2.2 if len(groups) > 1 else 0.0, apart))
    return y + 1.3


def date_cells(paper: Paper, style: Style, y: float) -> float:
    """A date in two, two and four cells, with gaps or slashes."""
    w = style.cell[0]
    x = paper.text(style.left, y + 0.6, f"{style.question()}Ngày, tháng, năm sinh: ") + 2
    if x + 8 * w + 8 > style.right:
        return one_line(paper, style, y)
    y += max(style.cell[1] - style.pitch + 1.5, 0.0)
    boxes = _cells(paper, style, x, y, (2, 2, 4), 3.4, 0.0)
    if style.chance.random() < 0.5:
        for i in (1, 3):
            paper.text(boxes[i].right + 1.7 - paper.width("/") / 2, y, "/")
    paper.cells(boxes, is_date=True)
    return y + 1.3


def open_comb(paper: Paper, style: Style, y: float) -> float:
    """Cells in one frame with dotted walls between them."""
    w, h = style.cell
    count = style.chance.choice([8, 9, 10, 12])
    x = paper.text(style.left, y + 0.6, f"{style.question()}{style.chance.choice(NUMBERS)}: ") + 2
    if x + count * w > style.right:
        return one_line(paper, style, y)
    y += max(h - style.pitch + 1.5, 0.0)
    top = y + 1.3 - h
    paper.frame(Box(x, top, count * w, h), max(style.walls, 0.6))
    for i in range(1, count):
        paper.wall(x + i * w, top, x + i * w, top + h, 0.6, (1, 1))
    paper.cells([Box(x + i * w, top, w, h) for i in range(count)])
    return y + 1.3


# --- boxes, tables, print ----------------------------------------------------------------------------


def remark(paper: Paper, style: Style, y: float) -> float:
    """A label over a free box."""
    paper.text(style.left, y, f"{style.question()}{style.words()}:")
    high = style.chance.uniform(7.5, 3 * style.pitch)
    radius = style.chance.choice([0.0, 0.0, 2.0])
    paper.room(Box(style.left, y + 2.2, style.right - style.left, high), style.walls, radius)
    return y + 2.2 + high


def table(paper: Paper, style: Style, y: float) -> float:
    """A head, printed numbers in front, cells to be filled in."""
    paper.text(style.left, y, f"{style.question()}Quá trình làm việc:")
    heads = ("TT", *style.chance.sample(("Họ và tên", "Năm sinh", "Nơi làm việc", "Từ năm", "Ghi chú"), 3))
    wide = style.right - style.left
    widths = [10.0, *(((wide - 10) * s) for s in style.chance.choice([(0.4, 0.25, 0.35), (0.3, 0.3, 0.4)]))]
    high = style.chance.uniform(6.5, 9.0)
    top = y + 2.0
    for row in range(style.chance.choice([3, 4])):
        x = style.left
        for column, width in enumerate(widths):
            box = Box(x, top + row * high, width, high)
            if row and column:
                paper.room(box, style.walls)
            else:
                paper.frame(box, style.walls)
                paper.centred(x + width / 2, box.bottom - 2.2, heads[column] if not row else str(row), paper.points - 1)
            x += width
        y = top + (row + 1) * high
    return y


def narrow_table(paper: Paper, style: Style, y: float) -> float:
    """Many columns, some as narrow as a year."""
    paper.text(style.left, y, f"{style.question()}Thành viên trong hộ:")
    wide = style.right - style.left
    shares = (0.06, 0.34, 0.1, 0.1, 0.2, 0.2)
    heads = ("TT", "Họ tên", "Nam", "Nữ", "Nghề", "Ghi chú")
    high, top = style.chance.uniform(6.5, 9.0), y + 2.0
    for row in range(3):
        x = style.left
        for column, share in enumerate(shares):
            box = Box(x, top + row * high, share * wide, high)
            if row and column:
                paper.room(box, style.walls)
            else:
                paper.frame(box, style.walls)
                words = heads[column] if not row else str(row)
                paper.centred(x + box.w / 2, box.bottom - 2.2, words, min(paper.points - 1, 9))
            x += box.w
        y = top + (row + 1) * high
    return y


def yes_no_table(paper: Paper, style: Style, y: float) -> float:
    """Questions in a table, a square under "yes" and one under "no": each row is a choice."""
    paper.text(style.left, y, f"{style.question()}Tình trạng:")
    wide, top = style.right - style.left, y + 2.0
    high = max(style.side + 2.5, 6.5)
    for row in range(3):
        box = Box(style.left, top + row * high, wide * 0.6, high)
        paper.frame(box, style.walls)
        words = "Nội dung" if not row else style.words()
        paper.text(box.x + 2, box.bottom - high / 2 + 1.2, words, min(paper.points - 1, 10))
        boxes = []
        for column, words in enumerate(("Có", "Không")):
            cell = Box(box.right + column * wide * 0.2, box.y, wide * 0.2, high)
            paper.frame(cell, style.walls)
            if row:
                y = cell.bottom - (high - style.side) / 2
                boxes.append(paper.square(cell.x + (cell.w - style.side) / 2, y, style.side, style.tick_points))
            else:
                paper.centred(cell.x + cell.w / 2, cell.bottom - high / 2 + 1.2, words, min(paper.points - 1, 10))
        if row:
            paper.choice(boxes)
    return top + 3 * high


def named_cells(paper: Paper, style: Style, y: float) -> float:
    """A date in cells with its parts' names above them."""
    x = paper.text(style.left, y + 0.6 + style.pitch * 0.6, f"{style.question()}Ngày sinh: ") + 4
    y += max(style.cell[1] - 0.4 * style.pitch, 0.0) + 0.6 * style.pitch
    boxes = _cells(paper, style, x, y, (2, 2, 4), 5.0, 0.0)
    for i, words in ((0, "Ngày"), (2, "Tháng"), (4, "Năm")):
        paper.text(boxes[i].x, boxes[i].y - 1.0, words, 7)
    paper.cells(boxes, is_date=True)
    return y + 1.3


def section(paper: Paper, style: Style, y: float) -> float:
    """An underlined heading."""
    x0, x1 = style.left, paper.text(style.left, y, "II. PHẦN KÊ KHAI CỦA CÁ NHÂN", paper.points)
    paper.stroke(x0, x1, y + 0.12 * paper.points * 25.4 / 72 * 2, "solid")
    return y


def office(paper: Paper, style: Style, y: float) -> float:
    """A framed note: nothing to write in."""
    box = Box(style.left + 10, y - 1, style.right - style.left - 20, 1.6 * style.pitch)
    paper.frame(box, style.walls)
    paper.text(box.x + 3, box.y + 5.0, "Phần dành cho cơ quan tiếp nhận hồ sơ, không ghi vào đây", paper.points - 1)
    return box.bottom


def prose(paper: Paper, style: Style, y: float) -> float:
    """A sentence or two of print."""
    words = style.chance.choice(PROSE).split()
    line = ""
    for word in [*words, ""]:
        if not word or paper.width(f"{line} {word}") > style.right - style.left:
            paper.text(style.left, y, line)
            line, y = word, y + 5.2
        else:
            line = f"{line} {word}".strip()
    return y - 5.2
