"""What the desk may ask of the pixels without knowing how: handed to `create_app` by whoever serves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from scanner.model import FormTemplate, Record, Unreadable


@dataclass(frozen=True, slots=True)
class Workshop:
    """Detection of a blank's fields, and the reading of one sheet. One thing at a time: both take the machine."""

    draft: Callable[[Path, str, str], FormTemplate | Unreadable]
    """(blank, id, title) → a draft in the folder of drafts. Raises FormError."""
    read: Callable[[Path, FormTemplate], tuple[Record, bytes | None]]
    """(sheet, form) → what was read, and the page laid onto the form as JPEG."""
    busy: Lock = field(default_factory=Lock)
