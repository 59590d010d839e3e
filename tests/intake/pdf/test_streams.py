"""Image data inside a PDF: what the decoders complain of is not whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scanner.intake.pdf.streams import JPEG, JPEG_2000, fax_pixels, is_whole, is_whole_fax
from tests.intake.pdf.making import encoded, fax_data, grain, scan

BILEVEL = np.where(grain(90, 64) > 150, 255, 0).astype(np.uint8)
KINDS = {"group4": (4, 0), "group3": (3, 0), "tiff_ccitt": (2, 0)}


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_data_is_whole_until_a_part_is_lost(mode: str, progressive: bool) -> None:
    data = encoded(Image.fromarray(grain(400, 300)).convert(mode), "JPEG", progressive=progressive)
    assert is_whole(JPEG, data)
    assert not is_whole(JPEG, data[:-200])
    at = data.rindex(b"\xff\xda") + 500
    assert not is_whole(JPEG, data[:at] + bytes(len(data) - at - 2) + data[-2:])


def test_jpeg_2000_data_is_whole_with_its_end() -> None:
    data = encoded(Image.fromarray(grain()), "JPEG2000")
    assert is_whole(JPEG_2000, data)
    assert not is_whole(JPEG_2000, data[:-100])


@pytest.mark.parametrize("image", [BILEVEL, np.where(scan(600, 427) > 127, 255, 0).astype(np.uint8)])
@pytest.mark.parametrize("compression", KINDS)
def test_fax_data_of_every_kind_is_whole_until_rows_are_lost(compression: str, image: NDArray[np.uint8]) -> None:
    image = image.copy()
    image[-2:, ::3] = 0  # the last rows are not white: their loss would be seen
    data = fax_data(image, compression)
    assert is_whole_fax(data, image) and is_whole_fax(data, 255 - image)
    for left in (0.5, 0.9, 0.97):
        part = data[: int(len(data) * left)]
        assert not is_whole_fax(part, image)
        shown = fax_pixels(part, image.shape, *KINDS[compression])
        assert shown is None or not is_whole_fax(part, shown)  # whatever a decoder makes of it, it is not all


def test_fax_data_gives_the_pixels_that_went_in() -> None:
    pixels = fax_pixels(fax_data(BILEVEL), BILEVEL.shape)
    assert pixels is not None and np.array_equal(pixels, BILEVEL)


def test_damaged_fax_data_gives_no_pixels_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(fax_data(BILEVEL))
    for at in range(40, len(data), 30):
        data[at] ^= 0x5A
    assert fax_pixels(bytes(data), BILEVEL.shape) is None
    assert capfd.readouterr() == ("", "")


def test_what_is_not_taken_apart_here_counts_as_whole() -> None:
    assert is_whole("JBIG2Decode", b"anything")
