"""The characters that the reader knows: every Vietnamese letter in both cases, digits, what stands between."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_LOWER = sorted({unicodedata.normalize("NFC", v + t) for v in _VOWELS for t in _TONES} | set("bcdđfghjklmnpqrstvwxz"))
CHARACTERS: tuple[str, ...] = (
    *_LOWER, *(c.upper() for c in _LOWER), *"0123456789", *"!\"#$%&'()*+,-./:;<=>?@[]_°", " ",
)  # fmt: skip
"""Class 0 is CTC's blank; class i + 1 is CHARACTERS[i]."""
CLASS_OF = {char: i + 1 for i, char in enumerate(CHARACTERS)}


def classes(text: str) -> list[int]:
    """Classes of a text's characters; characters outside the set are left out."""
    return [CLASS_OF[c] for c in unicodedata.normalize("NFC", text) if c in CLASS_OF]


def base_letter(char: str) -> str:
    """The letter without its marks, case kept: "Ộ" → "O", "đ" → "d"."""
    plain = char.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))


def greedy(best: Sequence[int]) -> str:
    """The text of a row of best classes: repeats joined, blanks dropped."""
    out, last = [], 0
    for k in best:
        if k not in (last, 0):
            out.append(CHARACTERS[k - 1])
        last = k
    return "".join(out)
