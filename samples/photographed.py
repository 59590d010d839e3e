"""Lines photographed in their printed cells: levelled, and where the writing is among the rulings.

The rulings stay in the picture (a reader must bear them); they are only left out when the writing is looked for.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.hands import Ink, tight
from scanner.model import Gray

Box = tuple[int, int, int, int]


def levelled(path: Path) -> Gray:
    """A colour photo (rows, cols, 3) → grey with even paper, dark ink. Raises OSError when it cannot be opened."""
    image = cv2.imread(str(path))
    if image is None:
        raise OSError(f"{path.name} cannot be opened as a picture")
    grey = np.asarray(image.min(axis=2), np.uint8)
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((15, 15))), 41)
    flat = 255 - cv2.absdiff(paper, grey)
    return np.asarray(cv2.normalize(flat, np.empty_like(flat), 0, 255, cv2.NORM_MINMAX), np.uint8)


def writing(flat: Gray) -> Box:
    """(row0, row1, col0, col1) of the handwriting: without rulings, walls, and what hangs in from the lines beside."""
    rows, cols = flat.shape
    level, inked = cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    dark = np.asarray(inked, np.uint8)
    rules = np.asarray(cv2.dilate(_opened(dark, 1, cols // 8), np.ones((7, 9))), np.uint8)
    walls = np.asarray(cv2.dilate(_opened(dark, int(rows * 0.75), 1), np.ones((1, 5))), np.uint8)
    around = (cv2.dilate(rules, np.ones((5, 5))) > 0) | (cv2.dilate(walls, np.ones((5, 5))) > 0)
    paper = flat[~around]
    if paper.size > 100:
        level = cv2.threshold(paper.reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0]
    level = min(235, max(110, level))
    ink = np.where((flat < level) & ~around, 255, 0).astype(np.uint8)
    ink[rules > 0] = 0
    _within_walls(ink, walls)
    ink = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((2, 2))), np.uint8)
    _without_neighbours(ink)
    ys, xs = np.nonzero(ink)
    if len(xs) < 20:
        return 0, rows, 0, cols
    return int(ys.min()), int(ys.max()) + 1, int(np.percentile(xs, 0.1)), int(np.percentile(xs, 99.9)) + 1


def _opened(dark: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((max(height, 1), max(width, 1)))), np.uint8)


def _within_walls(ink: NDArray[np.uint8], walls: NDArray[np.uint8]) -> None:
    """Cut at the cell's left and right wall, unless the writing runs on across the right one."""
    rows, cols = ink.shape
    standing = np.flatnonzero((walls > 0).sum(axis=0) > rows * 0.6)
    left, right = standing[standing < cols * 0.03], standing[standing > cols * 0.6]
    if len(left):
        ink[:, : left.max() + 2] = 0
    if not len(right):
        return
    ink[:, right] = 0
    end, start = int(right.min()), int(right.max()) + 4
    profile = (ink[int(rows * 0.1) : int(rows * 0.9)] > 0).sum(axis=0)
    last, gap = start, 0
    for x in range(start, cols):
        gap = 0 if profile[x] > 2 else gap + 1
        if gap >= 30:
            break
        if profile[x] > 2:
            last = x
    if profile[start : last + 1].sum() > 80:
        end = last + 1
    ink[:, end:] = 0


def _without_neighbours(ink: NDArray[np.uint8]) -> None:
    """Specks, and low pieces at the upper and lower edge."""
    rows = ink.shape[0]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for k in range(1, count):
        _, y, _, height, area = stats[k]
        if area < 12 or ((y == 0 or y + height >= rows) and height < rows * 0.18):
            ink[labels == k] = 0


def line_ink(path: Path, height_px: int) -> Ink:
    """The ink of a photographed line, its cell's borders left out, at a height."""
    flat = levelled(path)
    top, bottom, left, right = writing(flat)
    return ink_of(flat[top:bottom, left:right], height_px)


def ink_of(line: NDArray[np.uint8], height_px: int) -> Ink:
    """A levelled photograph's writing as ink (0 paper – 1 ink), at a height; rulings at its edges are dropped."""
    depth = 255.0 - line.astype(np.float32)
    darkest = max(float(np.percentile(depth, 97)), 60.0)
    ink = np.clip((depth / darkest - 0.3) / 0.5, 0, 1)
    dark = np.asarray(ink > 0.3, np.uint8)
    rules = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, max(dark.shape[1] // 8, 60)), np.uint8))
    ink[cv2.dilate(rules, np.ones((5, 5), np.uint8)) > 0] = 0
    ink = tight(np.asarray(ink, np.float32))
    scale = height_px / max(ink.shape[0], 1)
    size = (max(4, round(ink.shape[1] * scale)), height_px)
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)
