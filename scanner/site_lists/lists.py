"""A site's own lists of jobs, majors, workplaces: a file each in the data folder, entries behind those that ship.

`scanner.site_lists.growth` writes them. A damaged file is skipped, never a reason not to read; `sohoa doctor` reports
it, and the next update writes it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scanner.recognition.line_fusion import OPEN
from scanner.vietnam.orthography import nfc
from scanner.vietnam.personal import begins_as_address, holds_full_name
from scanner.vietnam.wordlists import LISTS

GROWING = tuple(sorted(set(LISTS) - {*OPEN, "ethnic"}))
"""Names of the lists that a site may have entries of its own for: never those of names, places and peoples."""
LONGEST = 60
"""Characters. Longer texts are somebody's story, not something that others wrote too."""


def site_lists(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Name of a list → this site's own entries, for every list whose file is there and sound."""
    read = {name: read_list(folder, name) for name in GROWING}
    return {name: entries for name, entries in read.items() if entries}


def damaged_lists(folder: Path) -> tuple[Path, ...]:
    """Files that are there and cannot be used."""
    return tuple(list_file(folder, name) for name in GROWING if read_list(folder, name) is None)


def list_file(folder: Path, name: str) -> Path:
    """Where a list lies."""
    return folder / f"{name}.txt"


def read_list(folder: Path, name: str) -> tuple[str, ...] | None:
    """A list's own entries, () where there is no file; None where it cannot be read or holds what no entry can be."""
    try:
        text = list_file(folder, name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError):
        return None
    entries = tuple(line for line in text.splitlines() if line and not line.startswith("#"))
    return entries if all(map(may_be_entry, entries)) else None


def may_be_entry(text: str) -> bool:
    """Short, in normal form, without digits, and nothing that tells of one person."""
    if not 0 < len(text) <= LONGEST or text != nfc(text) or not text.isprintable() or text.startswith("#"):
        return False
    return not any(c.isdigit() for c in text) and not holds_full_name(text) and not begins_as_address(text)
