"""What the form designer needs of the pipeline; `sohoa serve` passes it to `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from scanner.model import FormTemplate, Record, Unreadable


@dataclass(frozen=True, slots=True)
class TrialReading:
    """Detecting a blank's fields, changing a form's pages, reading a file; `busy` is held by the one who does it."""

    draft: Callable[[Path, str, str], FormTemplate | Unreadable]
    """(blank, id, title) → a draft in the folder of drafts. Raises FormError."""
    read: Callable[[Path, FormTemplate], list[tuple[Record, bytes | None]]]
    """(file, form) → of each of its pages what was read, and the page laid onto the form as JPEG."""
    add: Callable[[FormTemplate, Path], FormTemplate | Unreadable]
    """(form, blank) → the form as a draft with the blank's pages behind its own. Raises FormError."""
    replace: Callable[[FormTemplate, int, Path], FormTemplate | Unreadable]
    """(form, page, blank) → the form as a draft with another blank under that page. Raises FormError."""
    remove: Callable[[FormTemplate, int], FormTemplate]
    """(form, page) → the form as a draft without that page. Raises FormError."""
    busy: Lock = field(default_factory=Lock)
