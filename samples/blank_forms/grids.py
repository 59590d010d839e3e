"""Rows of a form: cells, tables, boxes, and print that is nothing to fill in."""

from __future__ import annotations

from collections.abc import Sequence

from samples.blank_forms.paper import Paper
from samples.blank_forms.rows import NUMBERS, PROSE, Style, one_line
from scanner.model import Box

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
