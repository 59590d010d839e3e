"""Image data inside a PDF: whether it is whole, and its pixels, by the decoders that image files go through."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from scanner.intake.decoding import decode_bilevel, is_whole_jpeg

JPEG, JPEG_2000, CCITT = "DCTDecode", "JPXDecode", "CCITTFaxDecode"
END_OF_CODESTREAM = b"\xff\xd9"
"""The last marker of JPEG 2000 data (ITU-T T.800, A.4.4); a byte or two of padding may follow."""
FAX_KINDS = ((4, 0), (3, 0), (3, 1), (2, 0))
"""TIFF's compression and its options: Group 4, Group 3 of one and two dimensions, Huffman (TIFF 6.0, sections 10, 11).
A PDF names its kind where PDFium does not show it."""
MORE_ROWS = (b"\xff" * 64, b"\0\1" + b"\xff" * 64)
"""Data that goes on: rows like the one before in Group 4 and short runs in the others; the same behind the mark that
begins a row in Group 3. Behind whole data no decoder looks at it."""


def is_whole(kind: str, data: bytes) -> bool:
    """Whether the decoders have nothing to complain of in JPEG or JPEG 2000 data; others count as whole."""
    if kind == JPEG:
        return is_whole_jpeg(data)
    return END_OF_CODESTREAM in data[-16:] if kind == JPEG_2000 else True


def is_whole_fax(data: bytes, bitmap: NDArray[np.uint8]) -> bool:
    """Whether CCITT data goes on to the last row of `bitmap`, uint8 (rows, cols) of 0 and 255: what PDFium makes of it.

    libtiff must find the same runs, without a complaint, and none of them behind the end of the data: it passes over a
    lost end in silence.
    """
    for compression, options in FAX_KINDS:
        pixels = fax_pixels(data, bitmap.shape, compression, options)
        if pixels is None or not (np.array_equal(pixels, bitmap) or np.array_equal(pixels, 255 - bitmap)):
            continue
        longer = (fax_pixels(data + more, bitmap.shape, compression, options) for more in MORE_ROWS)
        if all(other is not None and np.array_equal(pixels, other) for other in longer):
            return True
    return False


def fax_pixels(data: bytes, shape: tuple[int, ...], compression: int = 4, options: int = 0) -> NDArray[np.uint8] | None:
    """CCITT data → uint8 of `shape` (rows, cols), 0 where a run is black, else 255; None where libtiff complains.

    The data is given to libtiff as a TIFF of one strip.
    """
    height, width = shape
    values = {256: width, 257: height, 258: 1, 259: compression, 262: 0, 273: 8, 277: 1, 278: height, 279: len(data)}
    if compression == 3:
        values[292] = options
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    padding = b"\0" * (len(data) % 2)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(data) + len(padding))
    return decode_bilevel(b"".join((head, data, padding, struct.pack("<H", len(values)), tags, bytes(4))))
