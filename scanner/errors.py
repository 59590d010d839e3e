"""What can go wrong for the operator, and what to do about it.

    SohoaError                    exit 1: the operator must act
    ├── SettingsError             a setting, flag or file of settings is wrong
    ├── FormError                 a form id does not exist or its file is wrong
    ├── SourceError               nothing to read: no such file or folder, no permission
    ├── EngineError               Tesseract, a language model or model weights are missing
    ├── StoreError                the database cannot be used
    │   ├── NewerDatabase         it was written by a newer version of Sohoa
    │   ├── NotThere              no such record, or not for this person to see: both look the same
    │   └── Conflict              somebody else changed the record meanwhile
    ├── StorageFull               the disk is full; nothing half-written was kept
    └── UserError                 a user name, role or password that cannot be

Raise these for what the operator must fix. What a reviewer must judge (a page that cannot be
placed, a damaged scan among good ones) is an answer, not an error: see `scanner.model`.
"""

from __future__ import annotations

__all__ = [
    "Conflict",
    "EngineError",
    "FormError",
    "NewerDatabase",
    "NotThere",
    "SettingsError",
    "SohoaError",
    "SourceError",
    "StorageFull",
    "StoreError",
    "UserError",
]


class SohoaError(Exception):
    """One clear sentence on what is wrong, and one on what to do.

    Never put a citizen's name or number into either: both end on screens and in logs.
    """

    exit_code = 1

    def __init__(self, wrong: str, action: str) -> None:
        super().__init__(f"{wrong} {action}")
        self.wrong = wrong
        self.action = action

    def __reduce__(self) -> tuple[object, ...]:
        """Workers send errors home pickled: both sentences, not their sum, make the error again."""
        return _again, (type(self), self.wrong, self.action)


def _again(kind: type[SohoaError], wrong: str, action: str) -> SohoaError:
    error = kind.__new__(kind)
    SohoaError.__init__(error, wrong, action)
    return error


class SettingsError(SohoaError):
    """A setting, flag or settings file is wrong."""


class FormError(SohoaError):
    """A form id does not exist, or its form file is wrong."""


class SourceError(SohoaError):
    """There is nothing to read at the place named."""


class EngineError(SohoaError):
    """A recognition engine or its data is missing."""


class StoreError(SohoaError):
    """The database cannot be used."""


class NewerDatabase(StoreError):
    """The database was written by a newer version."""


class NotThere(StoreError):
    """No such record, batch or issue, or not for this person to see."""

    def __init__(self) -> None:
        super().__init__("There is no such record.", "Go back to the queue and open it again.")


class Conflict(StoreError):
    """Somebody else changed the record after it was opened here."""


class StorageFull(SohoaError):
    """The disk is full."""


class UserError(SohoaError):
    """A user name, role or password that cannot be."""
