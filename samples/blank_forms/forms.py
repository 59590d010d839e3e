"""Whole one-page forms from a seed, as Vietnamese offices lay them out. No form is a copy of one that exists."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from samples.blank_forms import grids, rows
from samples.blank_forms.paper import LINE_STYLES, Paper, TrueField
from samples.blank_forms.rows import Style
from scanner.model import Box

TITLES = ("ĐƠN ĐỀ NGHỊ", "TỜ KHAI ĐĂNG KÝ", "PHIẾU THÔNG TIN", "BẢN KHAI CÁ NHÂN", "PHIẾU ĐIỀU TRA HỘ GIA ĐÌNH")

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
    waiting = _rows(style, narrow=size[0] < 150)
    while True:
        row, most = waiting.pop(0) if waiting else chance.choice(_rows(style, narrow=size[0] < 150))
        if y + most * style.pitch > end:
            break
        y = row(paper, style, y + style.pitch)
    if foot:
        _signature(paper, style, max(y + style.pitch, foot))
    return paper.done()


def _rows(style: Style, narrow: bool) -> list[tuple[Row, float]]:
    """All kinds of rows in a random order, with the pitches each takes at most."""
    kinds: list[tuple[Row, float]] = [
        (rows.one_line, 1),
        (rows.one_line, 1),
        (rows.two_lines, 1),
        (rows.wrapped, 3),
        (rows.ticks_after, 1),
        (rows.ticks_below, 3),
        (rows.ticks_list, 4),
        (grids.comb, 1.6),
        (grids.comb, 1.6),
        (rows.date_of_words, 1),
        (rows.slashes, 1),
        (grids.date_cells, 1.6),
        (rows.sentence, 3),
        (grids.remark, 4.5),
        (grids.prose, 2),
        (rows.date_and_place, 1),
    ]
    kinds += [
        (rows.with_unit, 1),
        (rows.no_colon, 1),
        (rows.ticks_at_right, 3),
        (grids.section, 1),
        (grids.yes_no_table, 6),
    ]
    wide: list[tuple[Row, float]] = [
        (grids.table, 6),
        (rows.three_lines, 1),
        (grids.open_comb, 1.6),
        (grids.office, 3),
        (grids.narrow_table, 6),
        (grids.named_cells, 2.4),
        (rows.halves, 1),
    ]
    kinds += [] if narrow else wide
    style.chance.shuffle(kinds)
    return kinds


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
        rows.date_and_place(paper, style, y)
    paper.centred((x + style.right) / 2, y + 7, "NGƯỜI KHAI")
    paper.centred((x + style.right) / 2, y + 12, "(Ký, ghi rõ họ tên)", paper.points - 1.5)
