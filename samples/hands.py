"""Ways of writing: fonts, real digits, real lines, pens and ticks. Ink is a coverage map, 0 paper to 1 full ink."""

from __future__ import annotations

import gzip
import subprocess
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Ink = NDArray[np.float32]
INKS = ((20, 20, 24), (30, 40, 110), (24, 30, 90), (50, 60, 140), (12, 12, 16), (40, 40, 70))
TICKS = ("check", "cross", "slash", "filled", "large", "shifted", "scrawl")


def find_fonts(folder: Path, names: list[str]) -> dict[str, Path]:
    """Font files by name: NAME.ttf in the folder, or the web fonts of a package of that name merged into one."""
    found = {}
    for name in names:
        ready = folder / f"{name}.ttf"
        parts = sorted(folder.glob(f"{name}/files/{name}-*-400-normal.woff2"))
        if not ready.exists() and parts:
            ready = _merge(name, parts, folder)
        if ready.exists():
            found[name] = ready
    return found


def _merge(name: str, parts: list[Path], folder: Path) -> Path:
    """Web fonts come in pieces by unicode range; Vietnamese needs several of them in one file."""
    wanted = [p for p in parts if any(f"-{s}-400" in p.name for s in ("latin", "latin-ext", "vietnamese"))]
    unpacked = []
    for part in wanted:
        font = TTFont(part)
        font.flavor = None
        for table in ("GSUB", "GPOS", "GDEF", "fvar", "gvar", "STAT", "HVAR", "avar"):
            if table in font:
                del font[table]
        target = folder / f".{part.stem}.ttf"
        font.save(target)
        unpacked.append(str(target))
    out = folder / f"{name}.ttf"
    Merger().merge(unpacked).save(out)
    return out


def system_font(family: str) -> Path | None:
    """A font of this machine by family and style."""
    answer = subprocess.run(
        ["fc-match", "-f", "%{family}|%{file}", family], capture_output=True, text=True, check=False
    )
    name, _, file = answer.stdout.partition("|")
    return Path(file) if file and family.split(":")[0].lower() in name.lower() else None


@lru_cache(maxsize=64)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def knows(path: Path, text: str) -> bool:
    """Has the font a glyph for every letter?"""
    table = TTFont(path).getBestCmap()
    return all(ord(c) in table for c in unicodedata.normalize("NFC", text))


@dataclass(slots=True)
class Hand:
    """How one person writes. Sizes in mm; everything random comes from `rng`."""

    kind: str  # "typed", "font" or "real"
    font: Path
    rng: np.random.Generator
    size_mm: float
    slant: float = 0.0
    ink: tuple[int, int, int] = (20, 20, 24)
    strength: float = 1.0
    ticks: tuple[str, ...] = TICKS
    digits: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    lines: list[tuple[Path, str]] = field(default_factory=list)

    def text(self, text: str, px_per_mm: float) -> tuple[Ink, int]:
        """A line of text: ink, and the row of its baseline."""
        size = max(8, round(self.size_mm * px_per_mm))
        font = _font(str(self.font), size)
        left, top, right, bottom = font.getbbox(text)
        pad = size // 2
        image = Image.new("L", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad))
        ImageDraw.Draw(image).text((pad - left, pad - top), text, fill=255, font=font)
        base = pad - int(top) + font.getmetrics()[0]
        ink: Ink = np.asarray(image, np.float32) / np.float32(255)
        return (self._alive(ink) if self.kind != "typed" else ink), base

    def digit(self, digit: str, px_per_mm: float) -> Ink:
        """One digit, tight."""
        if self.digits:
            stock = self.digits[int(digit)]
            glyph = stock[int(self.rng.integers(len(stock)))].astype(np.float32) / 255
            big = cv2.resize(glyph, (168, 168), interpolation=cv2.INTER_CUBIC)
            ink = np.clip((cv2.GaussianBlur(big, (0, 0), 2.5) - 0.28) * 2.6, 0, 1)
            ink = tight(np.asarray(ink, np.float32))
            height = self.rng.uniform(3.3, 4.9) * px_per_mm
            scale = height / max(ink.shape)
            size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
            return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)
        return tight(self.text(digit, px_per_mm)[0])

    def _alive(self, ink: Ink) -> Ink:
        """A hand is never quite level nor even: a little shear, a slow wave, pressure that comes and goes."""
        rows, cols = ink.shape
        ys, xs = np.mgrid[0:rows, 0:cols].astype(np.float32)
        wave = cv2.resize(
            self.rng.normal(0, 1, (1, max(3, cols // 90))).astype(np.float32), (cols, 1), interpolation=cv2.INTER_CUBIC
        )
        moved = cv2.remap(ink, xs + self.slant * (ys - rows / 2), ys + 1.2 * wave, cv2.INTER_LINEAR)
        press = cv2.resize(self.rng.uniform(0.72, 1.0, (2, max(3, cols // 40))).astype(np.float32), (cols, rows))
        return np.asarray(moved * press, np.float32)


def tight(ink: Ink) -> Ink:
    """Cut to what is inked."""
    rows, cols = np.flatnonzero(ink.max(axis=1) > 0.2), np.flatnonzero(ink.max(axis=0) > 0.2)
    return ink if not len(rows) else ink[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def load_digits(folder: Path, first: int, last: int) -> dict[int, NDArray[np.uint8]]:
    """Real handwritten digits (IDX, gzip), of the images first to last, by digit."""
    images = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)[first:last]
    classes = np.frombuffer(labels, np.uint8, offset=8)[first:last]
    return {d: pixels[classes == d] for d in range(10)}


def load_lines(folder: Path, first: int, last: int) -> list[tuple[Path, str]]:
    """Photographed handwritten lines with their texts, of sheets first to last."""
    rows = [
        line.split("\t") for line in (folder / "labels.tsv").read_text(encoding="utf-8").splitlines() if "\t" in line
    ]
    return [
        (folder / f, unicodedata.normalize("NFC", t))
        for f, t in rows
        if f[1:4].isdigit() and first <= int(f[1:4]) < last
    ]


def tick(style: str, side: float, rng: np.random.Generator) -> tuple[Ink, tuple[float, float]]:
    """A tick mark for a square of `side` px: ink, and where its top left lies from the square's top left (x, y)."""
    square, room = side, int(side * 3)
    ink = np.zeros((room, room), np.float32)
    origin = np.array([room / 2 - side / 2, room / 2 - side / 2])
    if style == "shifted":
        origin = origin + rng.uniform(-0.3, 0.3, 2) * side
    if style == "large":
        side *= 1.5
        origin = origin - 0.2 * side
    width = int(rng.integers(3, 7))
    for stroke in _strokes("check" if style in ("large", "shifted") else style, rng):
        points = origin + stroke * side + rng.normal(0, 0.03, stroke.shape) * side
        cv2.polylines(ink, [np.round(points * 8).astype(np.int32).reshape(-1, 1, 2)], False, 1.0, width, cv2.LINE_AA, 3)
    return ink, (square / 2 - room / 2, square / 2 - room / 2)


def _strokes(style: str, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    if style == "cross":
        return [np.array([[0.12, 0.12], [0.88, 0.88]]), np.array([[0.88, 0.12], [0.12, 0.88]])]
    if style == "slash":
        return [np.array([[0.1, 0.9], [0.9, 0.1]])]
    if style == "filled":
        return [np.array([[0.15, y], [0.85, y + 0.04]]) for y in np.arange(0.15, 0.9, 0.08)]
    if style == "scrawl":
        return [rng.uniform(0.15, 0.85, (5, 2))]
    return [np.array([[0.1, 0.5], [0.38, 0.85], [1.05, rng.uniform(-0.1, 0.2)]])]
