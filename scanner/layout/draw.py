"""A form's boxes painted over its blank, to be looked at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scanner.model import PX_PER_MM, Box, FieldKind, FormTemplate, Gray

COLOURS: dict[FieldKind, tuple[int, int, int]] = {
    FieldKind.TEXT: (200, 30, 30),
    FieldKind.DIGITS: (150, 0, 160),
    FieldKind.DATE: (0, 120, 60),
    FieldKind.CHOICE: (20, 70, 200),
    FieldKind.CHOICES: (0, 120, 170),
    FieldKind.SIGNATURE: (160, 100, 0),
}


def draw_form(form: FormTemplate, blank: Gray) -> NDArray[np.uint8]:
    """(rows, cols, 3) RGB at 300 dpi: every box outlined in its kind's colour, named, options and cells numbered."""
    paper = cv2.cvtColor(np.maximum(blank, 150), cv2.COLOR_GRAY2RGB)  # the print pale, the boxes clear
    image = Image.fromarray(np.asarray(paper, np.uint8))
    pen = ImageDraw.Draw(image)
    font = _font(26)
    for spec in form.fields:
        colour = COLOURS[spec.kind]
        for number, box in enumerate(spec.boxes, 1):
            _outline(pen, box, colour)
            if len(spec.boxes) > 1:
                _say(pen, box, str(number), colour, font, inside=True)
        for number, option in enumerate(spec.options, 1):
            _outline(pen, option.box, colour)
            _say(pen, option.box, str(number), colour, font, inside=True)
        first = spec.boxes[0] if spec.boxes else spec.options[0].box
        _say(pen, first, spec.id, colour, font, inside=False)
    return np.asarray(image, np.uint8)


def _outline(pen: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int]) -> None:
    pen.rectangle([v * PX_PER_MM for v in (box.x, box.y, box.right, box.bottom)], outline=colour, width=2)


def _say(
    pen: ImageDraw.ImageDraw,
    box: Box,
    text: str,
    colour: tuple[int, int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    *,
    inside: bool,
) -> None:
    x, y = box.x * PX_PER_MM, box.y * PX_PER_MM
    pen.text((x + 4, y + 2) if inside else (x, y - 30), text, fill=colour, font=font)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
