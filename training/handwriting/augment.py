"""What happens to a line between pen and scanner, and between one hand and the next. Pictures: ink dark on light."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[Any]  # (rows, cols) grey: uint8 as given and returned, floating while it is changed
PAD = 8


def augment(picture: Picture, rng: np.random.Generator) -> Picture:
    """Another line with the same text: (rows, cols) grey, of nearly the same size."""
    image = _strokes(picture.astype(np.float32), rng)
    image = _moved(image, rng)
    if rng.random() < 0.15:
        image = _ruled(image, rng)
    if rng.random() < 0.15:
        image = _dotted(image, rng)
    return np.clip(_worn(image, rng), 0, 255).astype(np.uint8)


def _strokes(image: Picture, rng: np.random.Generator) -> Picture:
    """A thicker or thinner pen."""
    choice, share = rng.random(), rng.random()
    if choice < 0.18:
        side = 2 if rng.random() < 0.6 else 3
        return share * cv2.erode(image, np.ones((side, side))) + (1 - share) * image
    if choice < 0.34:
        return share * cv2.dilate(image, np.ones((2, 2))) + (1 - share) * image
    return image


def _moved(image: Picture, rng: np.random.Generator) -> Picture:
    """Slant, slope, height and a slow wobble; cropped again a little differently."""
    paper = float(np.percentile(image, 80))
    image = cv2.copyMakeBorder(image, *(PAD,) * 4, cv2.BORDER_CONSTANT, value=paper)
    rows, cols = image.shape
    slant, slope, tall = rng.normal(0, 0.18), rng.normal(0, 0.006), rng.uniform(0.82, 1.12)
    mid = rows / 2
    matrix = np.array(
        [[1, slant, -slant * mid], [slope, tall, mid - tall * mid - slope * cols / 2 + rng.normal(0, 1.5)]], np.float32
    )
    ys, xs = np.mgrid[0:rows, 0:cols].astype(np.float32)
    if rng.random() < 0.6:
        field = rng.normal(0, 1, (4, max(3, cols // 24), 2)).astype(np.float32)
        wobble = cv2.resize(field, (cols, rows), interpolation=cv2.INTER_CUBIC) * rng.uniform(0.5, 2.2)
        xs, ys = xs + wobble[..., 0] * 1.2, ys + wobble[..., 1]
    back = cv2.invertAffineTransform(matrix)
    from_x = back[0, 0] * xs + back[0, 1] * ys + back[0, 2]
    from_y = back[1, 0] * xs + back[1, 1] * ys + back[1, 2]
    image = cv2.remap(
        image, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    top, bottom = rng.integers(0, 2 * PAD - 3, 2)
    left, right = rng.integers(0, PAD + 1, 2)
    return image[top : rows - bottom, left : cols - right]


def _ruled(image: Picture, rng: np.random.Generator) -> Picture:
    """A ruling at the upper or lower edge."""
    rows, cols = image.shape
    y = int(rng.integers(0, 5)) if rng.random() < 0.5 else rows - 1 - int(rng.integers(0, 5))
    cv2.line(image, (0, y), (cols, y + int(rng.integers(-3, 4))), float(rng.uniform(0, 120)), int(rng.integers(1, 3)))
    return image


def _dotted(image: Picture, rng: np.random.Generator) -> Picture:
    """Some dots of a leader that the eraser left."""
    rows, cols = image.shape
    y, gap = int(rows * rng.uniform(0.68, 0.95)), int(rng.integers(7, 14))
    dark, share = float(rng.uniform(40, 170)), rng.uniform(0.05, 0.9)
    for x in range(int(rng.integers(0, gap)), cols, gap):
        if rng.random() < share:
            cv2.circle(image, (x, y + int(rng.integers(-1, 2))), int(rng.integers(1, 3)), dark, -1)
    return image


def _worn(image: Picture, rng: np.random.Generator) -> Picture:
    """Blur, low resolution, one bit a pixel, contrast, background, noise."""
    rows, cols = image.shape
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.15:
        scale = rng.uniform(0.45, 0.8)
        image = cv2.resize(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), (cols, rows))
    image = 255 * np.clip(image / 255, 0, 1) ** rng.uniform(0.6, 1.7)
    if rng.random() < 0.06:
        noisy = image + rng.normal(0, rng.uniform(0, 14), image.shape)
        image = np.where(noisy > rng.uniform(110, 190), 255.0, 0.0)
    low = rng.uniform(0, 70) if rng.random() < 0.6 else 0.0
    high = rng.uniform(190, 255) if rng.random() < 0.6 else 255.0
    image = low + image * (high - low) / 255
    if rng.random() < 0.3:
        clouds = rng.normal(0, 1, (3, max(3, cols // 60))).astype(np.float32)
        image = image + cv2.resize(clouds, (cols, rows), interpolation=cv2.INTER_CUBIC) * rng.uniform(2, 12)
    if rng.random() < 0.4:
        image = image + rng.normal(0, rng.uniform(1, 9), image.shape)
    return 255 - image if rng.random() < 0.02 else image
