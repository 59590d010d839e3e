"""What in a few words of free text would tell of one person: their full name, or where somebody lives.

Cautious on purpose: a school that is called after a person is taken for a person too. A name of two words in small
letters cannot be told from other words ("lâm nghiệp") and is not looked for.
"""

from __future__ import annotations

import re
from functools import lru_cache

from scanner.vietnam.names import given_names, middle_names, surnames
from scanner.vietnam.orthography import nfc, usual_tones
from scanner.vietnam.places import spelt_out

_PLACES = (
    "số nhà", "ngõ", "ngách", "hẻm", "đường", "phố", "khu phố", "tổ dân phố", "thôn", "xóm", "bản", "làng", "ấp",
    "buôn", "xã", "phường", "thị trấn", "quận", "huyện", "thị xã", "thành phố", "tỉnh",
)  # fmt: skip
_ADDRESS = re.compile(rf"(?:{'|'.join(_PLACES)})\s+(?P<name>\S)", re.IGNORECASE)


def holds_full_name(text: str) -> bool:
    """Is the text a full name, or does one stand in it in capital initials ("Hộ kinh doanh Nguyễn Văn Hùng")?"""
    words = re.findall(r"[^\W\d_]+", usual_tones(text))
    if _is_name(words) and (len(words) > 2 or all(w[0].isupper() for w in words)):
        return True
    if text.isupper():  # nothing tells a name from its neighbours
        return False
    runs = (words[i : i + n] for n in (3, 4) for i in range(len(words) - n + 1))
    return any(all(w[0].isupper() for w in run) and _is_name(run) for run in runs)


def begins_as_address(text: str) -> bool:
    """Does the text begin with a named place: "Thôn Nà Lại", "X. Tân Trào, …"? "Xã hội học" does not."""
    found = _ADDRESS.match(spelt_out(nfc(text)))
    return found is not None and found["name"].isupper()


def _is_name(words: list[str]) -> bool:
    """Surname, middle words, given name, whatever their case."""
    first, middle, last = _known()
    low = [w.lower() for w in words]
    return len(low) > 1 and low[0] in first and low[-1] in last and all(w in middle for w in low[1:-1])


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Lower-case words that may stand first, between, and last in a name."""
    first, between, last = (
        frozenset(usual_tones(n).lower() for n in part()) for part in (surnames, middle_names, given_names)
    )
    return first, first | between | last, last
