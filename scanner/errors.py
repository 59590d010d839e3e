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

from scanner.messages import ErrorText, Phrase, error_text

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
    """Something the operator must act on: a code of `scanner/locale/errors.json` with what fills its sentences.

        raise SourceError("no_such_path", path=path)

    Parameters are plain values or a `Phrase`, which is put into the reader's language. Never give a citizen's name or
    number: the sentences end on screens and in logs.
    """

    exit_code = 1

    def __init__(self, code: str, action: str | None = None, /, **params: object) -> None:
        """`action` is for an error that has no code yet: both arguments are then its sentences, in English alone."""
        self.code = code
        self.params = {name: value if _is_plain(value) else str(value) for name, value in params.items()}
        self._fixed = None if action is None else ErrorText(code, action)
        super().__init__(str(self))

    def text(self, lang: str = "en") -> ErrorText:
        """What is wrong and what to do, in that language."""
        return self._fixed or error_text(self.code, lang, self.params)

    @property
    def problem(self) -> str:
        """What is wrong, in English."""
        return self.text().problem

    @property
    def action(self) -> str:
        """What to do, in English."""
        return self.text().action

    def sentences(self, lang: str = "en") -> str:
        """Both sentences in that language."""
        return " ".join(self.text(lang))

    def __str__(self) -> str:
        return self.sentences()

    def __reduce__(self) -> tuple[object, ...]:
        """Workers send errors home pickled: the code and its parameters make the error again, not its text."""
        return _again, (type(self), self.code, self._fixed and self._fixed.action, self.params)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | Phrase)


def _again(kind: type[SohoaError], code: str, action: str | None, params: dict[str, object]) -> SohoaError:
    error = kind.__new__(kind)
    SohoaError.__init__(error, code, action, **params)
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
        super().__init__("no_such_record")


class Conflict(StoreError):
    """Somebody else changed the record after it was opened here."""


class StorageFull(SohoaError):
    """The disk is full."""


class UserError(SohoaError):
    """A user name, role or password that cannot be."""
