"""A form's boxes, or what was found on a blank, painted over it to be looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scanner.layout.detection.detect import Detected
from scanner.model import PX_PER_MM, Box, FieldKind, FormTemplate, Gray

Colour = tuple[int, int, int]
COLOURS: dict[FieldKind, Colour] = {
    FieldKind.TEXT: (200, 30, 30),
    FieldKind.DIGITS: (150, 0, 160),
    FieldKind.DATE: (0, 120, 60),
    FieldKind.CHOICE: (20, 70, 200),
    FieldKind.CHOICES: (0, 120, 170),
    FieldKind.SIGNATURE: (160, 100, 0),
}
PALEST = 150
"""Print is drawn no darker than this, so that the boxes stand out."""
NAME_PX, NUMBER_PX = 30, 24


def draw_form(form: FormTemplate, blank: Gray) -> NDArray[np.uint8]:
    """(rows, cols, 3) RGB at 300 dpi: every box outlined in its kind's colour and named; options and cells numbered."""
    image, pen = _paper(blank)
    for spec in form.fields:  # all names first: no name may hide a box's edge
        for box in spec.all_boxes[:1]:
            _write(pen, box, spec.id, COLOURS[spec.kind], NAME_PX, above=True)
    for spec in form.fields:
        colour = COLOURS[spec.kind]
        boxes = spec.all_boxes
        for number, box in enumerate(boxes, 1):
            _outline(pen, box, colour)
            if len(boxes) > 1 or spec.options:
                _write(pen, box, str(number), colour, NUMBER_PX, above=False)
    return np.asarray(image, np.uint8)


def draw_detected(found: Detected, blank: Gray) -> NDArray[np.uint8]:
    """(rows, cols, 3) RGB: what `detect` found and of what: enclosed boxes in grey, rule lines underlined."""
    image, pen = _paper(blank)
    for area in found.enclosed_boxes:
        _outline(pen, area.inner, (190, 190, 190))
    for line in found.rule_lines:
        y = (line.y + 0.6) * PX_PER_MM
        colour = (255, 140, 0) if line.style == "dotted" else (120, 80, 40)
        pen.line([line.x0 * PX_PER_MM, y, line.x1 * PX_PER_MM, y], fill=colour, width=3)
    for box in found.lines:
        _outline(pen, box, COLOURS[FieldKind.TEXT])
    for box in found.boxes:
        _outline(pen, box, COLOURS[FieldKind.SIGNATURE])
    _groups(pen, found.parts, COLOURS[FieldKind.DATE])
    _groups(pen, found.combs, COLOURS[FieldKind.DIGITS])
    _groups(pen, found.choices, COLOURS[FieldKind.CHOICE])
    return np.asarray(image, np.uint8)


def _paper(blank: Gray) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.fromarray(np.maximum(blank, PALEST)).convert("RGB")
    return image, ImageDraw.Draw(image)


def _groups(pen: ImageDraw.ImageDraw, groups: Sequence[Sequence[Box]], colour: Colour) -> None:
    for group in groups:
        for number, box in enumerate(group, 1):
            _outline(pen, box, colour)
            _write(pen, box, str(number), colour, NUMBER_PX, above=False)


def _outline(pen: ImageDraw.ImageDraw, box: Box, colour: Colour) -> None:
    pen.rectangle([v * PX_PER_MM for v in (box.x, box.y, box.right, box.bottom)], outline=colour, width=2)


def _write(pen: ImageDraw.ImageDraw, box: Box, text: str, colour: Colour, size: int, *, above: bool) -> None:
    x, y = box.x * PX_PER_MM, box.y * PX_PER_MM
    pen.text((x, y - size - 4) if above else (x + 5, y + 2), text, fill=colour, font=ImageFont.load_default(size))
