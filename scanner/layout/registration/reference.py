"""What registration knows of a blank form: key points for the first guess, landmarks for the last pixel.

Built once a process from the blank; holds no page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink.box_frames import BoxFrame, box_frames
from scanner.model import DPI, Box, FieldLayout, FormTemplate, Gray

LANDMARK_DPI = 150
"""Landmarks are matched here: text 10 pt high is 20 px tall, a sub-pixel peak is worth 0.1 px, a page costs 60 ms."""
COARSE_DPI = 100
"""Key points are found here: letters of 10 points are 14 px high, half of the ORB patch of 31 px."""
PATCH = (36, 72)  # rows, cols at LANDMARK_DPI: one word, enough to be unlike its neighbours
LINE_PATCH = (24, 96)  # a piece of line 16 mm long
END_BLUR = 1.5
"""Pixels: the dots of a rule line, 3 px apart, become one bar."""
SPACING_MM = 6.0
"""Half the height and a quarter of the width of the ellipse around a landmark in which there is no other: 284 on the
shipped form, about one a word."""
KEYPOINTS = 3000
"""ORB points of a blank and of a page at COARSE_DPI; a page of text has about 4,000 corners there."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """A printed patch that can be found again on a page.

    `centre` is (x, y) mm; `pixels` is cut at LANDMARK_DPI. `along_x` is False for a piece of a dotted
    line, which fixes its height on the page but slides along itself. `end` marks where such a line ends: it
    fixes its place to the side too, if less surely, and writing may hide it; it is no evidence of print missing.
    """

    centre: tuple[float, float]
    pixels: Gray = field(repr=False)
    along_x: bool = True
    end: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FormReference:
    """A blank form prepared for registration and for the separation of ink from print.

    blank        (rows, cols) grey at 300 dpi, exactly the sheet
    keypoints    (N, 2) mm, x and y
    descriptors  (N, 32) ORB
    landmarks    evenly spread printed patches, none where answers are written
    frames       by field the frames of its boxes, at LANDMARK_DPI
    """

    form: FormTemplate
    blank: Gray = field(repr=False)
    keypoints: NDArray[np.float64] = field(repr=False)
    descriptors: NDArray[np.uint8] = field(repr=False)
    landmarks: tuple[Landmark, ...] = field(repr=False)
    frames: Mapping[str, tuple[BoxFrame, ...]] = field(default_factory=dict, repr=False)

    @property
    def text_centres(self) -> NDArray[np.float64]:
        """Centres of the landmarks of text, (N, 2) mm."""
        return np.array([mark.centre for mark in self.landmarks if mark.along_x], np.float64).reshape(-1, 2)


def orb_detector() -> cv2.ORB:
    """The key point detector for blanks and pages: what is to match must be found the same way."""
    return cv2.ORB.create(
        nfeatures=KEYPOINTS, scaleFactor=1.2, nlevels=8, edgeThreshold=15, patchSize=31, fastThreshold=8
    )


def mm_to_px(points: NDArray[np.float64], dpi: float) -> NDArray[np.float64]:
    """Form mm → pixel coordinates (x, y) of a rendering at dpi; a pixel's centre has whole numbers."""
    return points * (dpi / 25.4) - 0.5


def px_to_mm(points: NDArray[np.float64], dpi: float) -> NDArray[np.float64]:
    """The inverse of `mm_to_px`."""
    return (points + 0.5) * (25.4 / dpi)


def build_reference(form: FormTemplate, blank: Gray) -> FormReference:
    """Prepare a blank, (rows, cols) grey at 300 dpi covering exactly the sheet."""
    coarse = downsample(blank, COARSE_DPI)
    found, descriptors = orb_detector().detectAndCompute(coarse, None)
    points = px_to_mm(np.array([k.pt for k in found], dtype=np.float64).reshape(-1, 2), COARSE_DPI)
    if descriptors is None:
        descriptors = np.zeros((0, 32), np.uint8)
    landmarks = (*_text_landmarks(form, blank), *_line_landmarks(form, blank))
    frames = box_frames(form, downsample(blank, LANDMARK_DPI), LANDMARK_DPI)
    return FormReference(form, blank, points, np.asarray(descriptors, np.uint8), landmarks, frames)


def downsample(image: Gray, dpi: float) -> Gray:
    """A blank at 300 dpi, reduced to dpi."""
    size = (round(image.shape[1] * dpi / DPI), round(image.shape[0] * dpi / DPI))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def answer_mask(form: FormTemplate, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """1 where people write, at LANDMARK_DPI."""
    mask = np.zeros(shape, np.uint8)
    for spec in form.fields:
        for box in (*spec.boxes, *(o.box.grown(0.5, 0.5) for o in spec.options)):
            x0, y0, x1, y1 = (round(v * LANDMARK_DPI / 25.4) for v in (box.x, box.y, box.right, box.bottom))
            mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 1
    return mask


def _text_landmarks(form: FormTemplate, blank: Gray) -> list[Landmark]:
    """Patches with corners in them, chosen greedily from the strongest, SPACING_MM apart."""
    image = downsample(blank, LANDMARK_DPI)
    rows, cols = PATCH
    # the weaker direction of the structure tensor, summed over the patch: how well it is held in x and in y
    gx, gy = cv2.Sobel(image, cv2.CV_32F, 1, 0), cv2.Sobel(image, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.blur(m, (cols, rows)) for m in (gx * gx, gy * gy, gx * gy))
    strength = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    answers = cv2.blur(answer_mask(form, image.shape[:2]).astype(np.float32), (cols, rows))
    strength[answers > 0.08] = 0
    strength[: rows // 2 + 1] = strength[-rows // 2 - 1 :] = 0
    strength[:, : cols // 2 + 1] = strength[:, -cols // 2 - 1 :] = 0
    floor = 0.08 * float(np.percentile(strength[strength > 0], 99)) if (strength > 0).any() else 1.0
    gap = SPACING_MM * LANDMARK_DPI / 25.4
    chosen: list[Landmark] = []
    while True:
        r, c = (int(v) for v in np.unravel_index(int(strength.argmax()), strength.shape))
        if strength[r, c] <= floor:
            return chosen
        pixels = image[r - rows // 2 : r - rows // 2 + rows, c - cols // 2 : c - cols // 2 + cols]
        centre = px_to_mm(np.array([c - cols // 2 + (cols - 1) / 2, r - rows // 2 + (rows - 1) / 2]), LANDMARK_DPI)
        chosen.append(Landmark((float(centre[0]), float(centre[1])), np.ascontiguousarray(pixels)))
        cv2.ellipse(strength, ((c, r), (4 * gap, 2 * gap), 0), 0.0, -1)


def _line_landmarks(form: FormTemplate, blank: Gray) -> list[Landmark]:
    """Pieces of the ruled or dotted lines under written fields: they hold the height where no print is near."""
    image = downsample(blank, LANDMARK_DPI)
    cols = LINE_PATCH[1]
    found: list[Landmark] = []
    for spec in form.fields:
        if spec.layout is not FieldLayout.LINE:
            continue
        for box in spec.boxes:
            pieces = [m for m in (_line_piece(image, box, at) for at in _pieces(box, cols)) if m is not None]
            found += pieces
            if pieces and (end := _line_end(image, pieces[-1])) is not None:
                found.append(end)
    return found


def _line_end(image: Gray, last: Landmark) -> Landmark | None:
    """Where a line ends to the right: its dots smoothed to a bar, paper beyond; None where print follows at once."""
    rows, cols = LINE_PATCH
    x, y = (round(v) for v in mm_to_px(np.array(last.centre), LANDMARK_DPI))
    strip = image[y - rows // 2 : y + rows // 2, x : x + cols]
    if strip.shape != (rows, cols):
        return None
    smooth = cv2.GaussianBlur(strip, (0, 0), END_BLUR)
    dark = np.flatnonzero(smooth.min(axis=0) < 235)
    if not len(dark) or dark[-1] + rows > strip.shape[1] or dark[-1] < rows:
        return None
    at = int(dark[-1])
    pixels = smooth[:, at - rows : at + rows]
    if pixels.shape != (rows, 2 * rows) or smooth[:, at + 3 : at + rows].min() < 235:
        return None
    centre = px_to_mm(np.array([x + at - 0.5, y - 0.5]), LANDMARK_DPI)
    return Landmark((float(centre[0]), float(centre[1])), np.ascontiguousarray(pixels), along_x=False, end=True)


def _pieces(box: Box, cols: int) -> list[float]:
    """Centres (x, mm) of line pieces: both ends and every 20 mm between."""
    half = cols / 2 * 25.4 / LANDMARK_DPI
    if box.w < 2 * half:
        return []
    count = max(2, round((box.w - 2 * half) / 20) + 1)
    return [float(x) for x in np.linspace(box.x + half, box.right - half, count)]


def _line_piece(image: Gray, box: Box, x_mm: float) -> Landmark | None:
    """The piece of printed line near the box's bottom around x; None where the blank has no line there."""
    rows, cols = LINE_PATCH
    x, bottom = (int(v) for v in mm_to_px(np.array([x_mm, box.bottom]), LANDMARK_DPI))
    band = image[bottom - 12 : bottom + 6, max(x - cols // 2, 0) : x - cols // 2 + cols]
    if band.shape != (18, cols):
        return None
    profile = band.mean(axis=1)
    row = bottom - 12 + int(profile.argmin())
    if profile.max() - profile.min() < 20:
        return None
    top, left = row - rows // 2, x - cols // 2
    pixels = image[top : top + rows, left : left + cols]
    if pixels.shape != (rows, cols):
        return None
    centre = px_to_mm(np.array([left + (cols - 1) / 2, top + (rows - 1) / 2]), LANDMARK_DPI)
    return Landmark((float(centre[0]), float(centre[1])), np.ascontiguousarray(pixels), along_x=False)
