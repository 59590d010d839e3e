"""Rows of a form: lines to write on, dates, squares to tick. Each draws at a baseline, returns the lowest it used."""

from __future__ import annotations

import random
from dataclasses import dataclass

from samples.blank_forms.paper import Paper
from scanner.model import Box

WORDS = (
    "Họ và tên", "Địa chỉ", "Số điện thoại", "Nghề nghiệp", "Nơi làm việc", "Dân tộc", "Tôn giáo", "Nơi cấp",
    "Quốc tịch", "Chỗ ở hiện nay", "Trình độ", "Chức vụ", "Đơn vị", "Lý do", "Ghi chú", "Quê quán", "Nơi sinh",
    "Số sổ hộ khẩu", "Tên gọi khác", "Quan hệ với chủ hộ", "Số tài khoản", "Ngân hàng", "Email", "Mã số thuế",
)  # fmt: skip
SHORT = ("Nam", "Nữ", "Có", "Không", "Khác", "Đã học", "Chưa", "Cấp mới", "Cấp lại", "Đổi", "Kinh", "Tày", "Đảng viên")
LONG = ("Đang đi học", "Nội trợ tại nhà", "Làm công ăn lương", "Tự sản xuất, kinh doanh", "Thất nghiệp", "Nghỉ hưu")
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
