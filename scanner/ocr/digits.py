"""A small convolutional network that reads one digit a cell, with a class for "none of the ten".

Weights and model card: scanner/data/digits.onnx, docs/developer/models.md. Trained by training/digits.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import CharReading, Crop, EngineReading, Gray, Reason
from scanner.ocr.weights import open_weights

SIDE, GLYPH = 32, 24
REJECT = 10
VERSION = "cells-2"
WEIGHTS = "digits.onnx"
MIN_SHARE = 5e-4


def normalise(image: Gray, ink: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """A cell's picture (paper 255) → (32, 32), ink 1, the glyph centred with its longer side 24 px."""
    top, bottom, left, right = ink
    tight = 255 - image[top:bottom, left:right].astype(np.float32)
    tight /= max(float(np.percentile(tight, 98)), 40.0)  # pens and scans differ in darkness, digits do not
    scale = GLYPH / max(tight.shape)
    size = (max(1, round(tight.shape[1] * scale)), max(1, round(tight.shape[0] * scale)))
    small = cv2.resize(np.clip(tight, 0, 1), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    out = np.zeros((SIDE, SIDE), np.float32)
    row, col = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
    out[row : row + small.shape[0], col : col + small.shape[1]] = small
    return out


def _glyphs(crop: Crop) -> list[NDArray[np.float32]]:
    if crop.cells:
        return [normalise(c.image, c.ink) for c in crop.cells if c.ink is not None]
    return [normalise(crop.image, box) for box in separate(crop)]


def separate(crop: Crop) -> list[tuple[int, int, int, int]]:
    """Boxes (row0, row1, col0, col1) of the glyphs on a short line, left to right.

    Pieces that lie above one another are one glyph (a five with its bar apart); a piece much wider than high is
    two digits written together, cut where its ink is thinnest.
    """
    if crop.ink is None:
        return []
    top, bottom, left, right = crop.ink
    tight = crop.image[top:bottom, left:right]
    darkest = float(np.percentile(tight, 2))
    ink = np.asarray(tight < 255 - 0.35 * (255 - darkest), np.uint8)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8))  # a thin stroke breaks here and there
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    tall = 0.3 * (bottom - top)
    spans: list[list[int]] = []
    for x, y, w, h, area in sorted(stats[1:count].tolist()):
        if area < 12 or (h < tall and w < tall):
            continue
        if spans and x < spans[-1][1] - 0.4 * min(w, spans[-1][1] - spans[-1][0]):
            last = spans[-1]
            spans[-1] = [min(last[0], x), max(last[1], x + w), min(last[2], y), max(last[3], y + h)]
        else:
            spans.append([x, x + w, y, y + h])
    boxes = []
    for x0, x1, y0, y1 in (piece for span in spans for piece in _parted(ink, span)):
        boxes.append((top + y0, top + y1, left + x0, left + x1))
    return boxes


def _parted(ink: NDArray[np.uint8], span: list[int]) -> list[list[int]]:
    x0, x1, y0, y1 = span
    width, height = x1 - x0, y1 - y0
    if width < 1.15 * height:
        return [span]
    profile = ink[y0:y1, x0:x1].sum(axis=0)
    third = width // 3
    cut = x0 + third + int(profile[third : width - third].argmin())
    return [[x0, cut, y0, y1], [cut, x1, y0, y1]]


class CellReader:
    """Reads combs cell by cell. Raises EngineError when the weights are missing or damaged."""

    name = f"sohoa-{VERSION}"

    def __init__(self) -> None:
        self._session, _ = open_weights(WEIGHTS, "digit reader")

    def __repr__(self) -> str:
        return f"CellReader({self.name})"

    def probabilities(self, glyphs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 32, 32) glyphs → (N, 11): the ten digits, then "none of them"."""
        if not len(glyphs):
            return np.zeros((0, REJECT + 1), np.float32)
        logits = self._session.run(None, {"glyphs": glyphs[:, None]})[0]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)

    def read(self, crops: Sequence[Crop]) -> list[EngineReading]:
        """One reading a crop: a character a filled cell of a comb, or a separate glyph of a short line."""
        rows = [_glyphs(crop) for crop in crops]
        probs = self.probabilities(np.array([g for row in rows for g in row], np.float32).reshape(-1, SIDE, SIDE))
        out, at = [], 0
        for row in rows:
            out.append(self._reading(probs[at : at + len(row)]))
            at += len(row)
        return out

    def _reading(self, probs: NDArray[np.float32]) -> EngineReading:
        if not len(probs):
            return EngineReading("", 1.0, self.name)
        chars = tuple(_char(row) for row in probs)
        text = "".join(c.char for c in chars)
        reason = Reason("not_a_digit", {"cells": int((probs.argmax(axis=1) == REJECT).sum())})
        unsure = bool((probs.argmax(axis=1) == REJECT).any())
        score = float(np.prod([c.score for c in chars]))
        return EngineReading(
            text, score, self.name, ((text, score),), chars, _others(chars), reason if unsure else None
        )


def _char(row: NDArray[np.float32]) -> CharReading:
    order = np.argsort(-row[:REJECT])
    others = tuple((str(d), float(row[d])) for d in order[1:] if row[d] >= MIN_SHARE)
    return CharReading(str(order[0]), float(row[order[0]]), others)


def _others(chars: Sequence[CharReading]) -> tuple[str, ...]:
    """The number with its one or two most doubtful digits changed, the likeliest change first."""
    changes = sorted(
        ((score / max(c.score, 1e-6), i, other) for i, c in enumerate(chars) for other, score in c.alternatives),
        reverse=True,
    )
    return tuple("".join(other if j == i else c.char for j, c in enumerate(chars)) for _, i, other in changes[:4])
