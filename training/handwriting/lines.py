"""Lines to learn from: a stock of (picture, text), from photographs and from our own form.

The second kind is made the long way: written on the blank, worn, registered, the print erased, cut. So the reader
sees the crops that it will get, with the eraser's gaps and the neighbours' tails.
"""

from __future__ import annotations

import pickle
import unicodedata
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from samples.draw import Pen, Stock, save
from samples.hands import INKS, Hand
from samples.photographed import ink_of, levelled, writing
from samples.wear import Worn, wear
from scanner.forms.loading import blank_image, load_form
from scanner.intake import pages
from scanner.layout.ink.extraction import build_print_model, extract_page_ink
from scanner.layout.ink.field_crops import cut_fields
from scanner.layout.registration.alignment import to_grey
from scanner.layout.registration.reference import build_reference
from scanner.layout.registration.register import register
from scanner.model import PX_PER_MM, Box, FieldKind, FieldLayout, FieldSpec, Page, PageRef, Registration, Unreadable
from scanner.ocr.line_picture import PAD_COLS, PAD_ROWS
from training.handwriting.charset import CLASS_OF
from training.handwriting.texts import Texts

KEPT_ROWS = 64
"""Pictures are kept at most this high: the network's input has 48 rows, augmentation wants a few more."""
WEARS = ("scan", "scan", "grey", "grey", "bilevel", "clean", "turned", "photo", "dark", "faint")
X_HEIGHT_MM = (1.3, 2.4)
"""Hand-like fonts differ in the size of their small letters; they are written so that these are within this range."""


@dataclass(frozen=True, slots=True)
class Line:
    """A picture (rows, cols) of a line, dark on light, what it says, and where it came from."""

    picture: NDArray[np.uint8] = field(repr=False)
    text: str = field(repr=False)
    source: str  # "photo", "form-real", "form-font", "form-typed"
    name: str = ""  # file of the photograph, or font


def sheet_numbers(text: str) -> set[int]:
    """ "7-39,271-300" → the numbers in it."""
    spans = [part.split("-") for part in text.split(",") if part]
    return {n for span in spans for n in range(int(span[0]), int(span[-1]) + 1)}


def photographed(folder: Path, sheets: Iterable[int] | None = None) -> list[Line]:
    """The lines of a folder with labels.tsv (file, tab, text); `sheets` keeps those of these sheet numbers (wNNN_…)."""
    wanted = None if sheets is None else set(sheets)
    out = []
    for row in (folder / "labels.tsv").read_text(encoding="utf-8").splitlines():
        name, _, text = row.partition("\t")
        if wanted is not None and not (name[1:4].isdigit() and int(name[1:4]) in wanted):
            continue
        flat = levelled(folder / name)
        top, bottom, left, right = writing(flat)
        cut = flat[max(top - PAD_ROWS, 0) : bottom + PAD_ROWS, max(left - PAD_COLS, 0) : right + PAD_COLS]
        out.append(Line(_kept(cut), unicodedata.normalize("NFC", text), "photo", name))
    return out


def _kept(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape[0] <= KEPT_ROWS:
        return picture
    scale = KEPT_ROWS / picture.shape[0]
    size = (max(8, round(picture.shape[1] * scale)), KEPT_ROWS)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


# --- lines on our own form ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """Pages to draw and cut: how many, from which seed, with what."""

    pages: int
    seed: int
    stock: Stock
    real: Sequence[Line]
    shares: tuple[float, float, float]  # real, hand-like fonts, typed


def on_the_form(job: Job) -> list[Line]:
    """Draw pages, each with every line of the form filled, and cut them as the program does."""
    cv2.setNumThreads(1)
    form = load_form("mau-so-03")
    blank = blank_image(form)
    reference = build_reference(form, blank)
    printed = build_print_model(blank, reference.text_centres)
    specs = [f for f in form.fields if f.layout is FieldLayout.LINE and f.kind is FieldKind.TEXT]
    rng = np.random.default_rng(job.seed)
    texts, out = Texts(rng), []
    for _ in range(job.pages):
        kind = ("real", "font", "typed")[int(rng.choice(3, p=job.shares))]
        hand = _hand(job, kind, rng)
        pen = Pen(blank, hand)
        written = {spec.id: _fill(pen, spec, job, texts) for spec in specs}
        image = wear(pen.image, str(rng.choice(WEARS)), rng)
        page = _scanned(image)
        placed = None if isinstance(page, Unreadable) else register(page, reference)
        if isinstance(page, Unreadable) or not isinstance(placed, Registration):
            continue
        crops = cut_fields(extract_page_ink(to_grey(page.image), placed.transform, printed), specs)
        for spec in specs:
            crop, text = crops[spec.id], written[spec.id]
            if crop.ink is None or not text:
                continue
            top, bottom, left, right = crop.ink
            cut = crop.image[max(top - PAD_ROWS, 0) : bottom + PAD_ROWS, max(left - PAD_COLS, 0) : right + PAD_COLS]
            out.append(Line(_kept(cut), text, f"form-{kind}", hand.font.stem))
    return out


def _scanned(image: Worn) -> Page | Unreadable:
    """The page as it comes back from its file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"page{image.suffix}"
        save(image, path)
        return pages.open_page(PageRef(path, 1), pages.Limits())


def _hand(job: Job, kind: str, rng: np.random.Generator) -> Hand:
    hand = job.stock.hand(kind, rng)
    if kind == "typed":
        return hand
    font = ImageFont.truetype(str(hand.font), 200)
    small = font.getbbox("x")
    x_height = max(small[3] - small[1], 20) / 200  # of the font's size
    size = min(max(rng.uniform(*X_HEIGHT_MM) / x_height, 3.4), 8.0)
    ink = INKS[int(rng.integers(len(INKS)))]
    return replace(hand, size_mm=float(size), ink=ink, slant=float(rng.normal(0, 0.14)))


def _fill(pen: Pen, spec: FieldSpec, job: Job, texts: Texts) -> str:
    """Write something on a line that fits there; returns what."""
    box = spec.boxes[0]
    if pen.hand.kind == "real":
        return _real(pen, box, job.real)
    known = set(CLASS_OF)
    for _ in range(12):
        text = texts.draw()
        if set(text) <= known and pen.hand.text(text, PX_PER_MM)[0].shape[1] * 0.7 < box.w * PX_PER_MM:
            pen.write(text, box)
            return text
    return ""


def _real(pen: Pen, box: Box, real: Sequence[Line]) -> str:
    room, rng = (box.w - 1.5) * PX_PER_MM, pen.rng
    for _ in range(20):
        line = real[int(rng.integers(len(real)))]
        ink = ink_of(line.picture, round(rng.uniform(5.0, 7.6) * PX_PER_MM))
        squeeze = room / ink.shape[1]
        if squeeze < 0.7:
            continue
        if squeeze < 1:
            ink = np.asarray(cv2.resize(ink, (int(room), round(ink.shape[0] * max(squeeze, 0.8)))), np.float32)
        bottom = (box.bottom - 0.2 + rng.normal(0, 0.5)) * PX_PER_MM
        pen.put(ink, (box.x + 1.0 + rng.uniform(-0.5, 1.0)) * PX_PER_MM, bottom - ink.shape[0])
        return line.text
    return ""


def form_lines(job: Job, cache: Path, processes: int = 2) -> list[Line]:
    """`on_the_form` with several processes, kept in a file: the same job is drawn once."""
    if cache.exists():
        kept: list[Line] = pickle.loads(cache.read_bytes())
        return kept
    parts = [replace(job, pages=job.pages // (processes * 4), seed=job.seed + 1000 * k) for k in range(processes * 4)]
    # forked children of a process whose OpenCV has run threads hang
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        lines = [line for part in pool.map(on_the_form, parts) for line in part]
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_bytes(pickle.dumps(lines))
    return lines
