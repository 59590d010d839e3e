"""A site's own lists grow with its verified records, and forget with them.

An entry is what at least so many people wrote into a field that a list belongs to, so no single person's answer
becomes one. Each update makes the lists anew: what no longer stands in so many verified records is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import SettingsError
from scanner.files import replacing, write_new
from scanner.messages import LANGUAGES, message
from scanner.model import FieldKind, FormTemplate
from scanner.site_lists.lists import GROWING, list_file, may_be_entry, read_list
from scanner.store.database import Store
from scanner.vietnam.orthography import nfc, tone_blind
from scanner.vietnam.wordlists import word_list


@dataclass(frozen=True, slots=True)
class ListChange:
    """What became of a list: counts alone."""

    name: str
    entries: int
    new: int
    gone: int


def update_lists(store: Store, forms: Collection[FormTemplate], folder: Path, least: int) -> list[ListChange]:
    """Make every list of `folder` anew from verified records of `forms`; `least` people must have written an entry.

    A file is replaced whole or not at all, and not touched where nothing changed. Raises StoreError, StorageFull, and
    SohoaError where the folder cannot be written to.
    """
    return [_update(folder, name, _entries(store, name, fields_of(name, forms), least)) for name in GROWING]


def fields_of(name: str, forms: Iterable[FormTemplate]) -> set[tuple[str, str]]:
    """(form id, field id) of the written fields that a list belongs to."""
    return {(form.id, f.id) for form in forms for f in form.fields if f.lexicon == name and f.kind is FieldKind.TEXT}


def _entries(store: Store, name: str, fields: Collection[tuple[str, str]], least: int) -> list[str]:
    shipped = {_alike(entry) for entry in word_list(name)}
    texts = store.shared_texts(fields, least) if fields else ()
    return sorted(
        (text for text in texts if may_be_entry(text) and _alike(text) not in shipped),
        key=lambda text: (tone_blind(text), text),
    )


def _alike(text: str) -> str:
    return nfc(text).casefold()


def _update(folder: Path, name: str, entries: Sequence[str]) -> ListChange:
    before = set(read_list(folder, name) or ())
    path = list_file(folder, name)
    if entries:
        _write(path, "\n".join((*_header(), *entries, "")).encode())
    else:
        _remove(path)
    return ListChange(name, len(entries), len(set(entries) - before), len(before - set(entries)))


def _header() -> list[str]:
    """What the file is, in both languages: whoever opens it must be able to read it."""
    return [f"# {message('lists.header', lang)}" for lang in reversed(LANGUAGES)]


def _write(path: Path, content: bytes) -> None:
    """A file, its owner's alone, unless it is so already."""
    with suppress(OSError):
        if path.read_bytes() == content:
            return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path.parent, error) from None
    with replacing(path) as partial:
        write_new(partial, content, private=True)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> SettingsError:
    return SettingsError("list_file_unusable", path=path, detail=error.strerror)
