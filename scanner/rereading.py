"""Stored pages read again, by the forms and the readers of today; what people entered stands.

A page is read from its original file where that is still there and unchanged, or else from the picture that was kept.
A run that is stopped goes on where it was when it is started again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from scanner.batch import KeptPage, Workers
from scanner.model import FormTemplate, PageRef, PageStatus, Reason, Record
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.views import StoredPage

FILES_KNOWN = 64
"""Files whose hash is remembered: the pages of one come one after the other."""


@dataclass(slots=True)
class RereadSummary:
    """What became of the pages of a run."""

    pages: int = 0  # read again
    from_originals: int = 0
    replaced: int = 0  # the machine's part is that of the new reading
    gone: int = 0  # neither the original nor a picture is there any more
    by_status: dict[str, int] = field(default_factory=dict)
    failed: list[tuple[str, int, Reason]] = field(default_factory=list)  # could not be read now; the old reading stands
    batches: list[str] = field(default_factory=list)  # ids

    def count(self, page: StoredPage, record: Record, *, replaced: bool) -> None:
        """Add a page that was read again."""
        self.pages += 1
        self.replaced += replaced
        if replaced:
            self.by_status[record.status.value] = self.by_status.get(record.status.value, 0) + 1
        elif record.status is PageStatus.UNREADABLE and record.reason is not None:
            self.failed.append((page.source, page.number, record.reason))


def reread(
    store: Store,
    forms: Sequence[FormTemplate],
    settings: Settings,
    *,
    batch: str | None = None,
    total: Callable[[int], object] = lambda _: None,
    tick: Callable[[Record | None], object] = lambda _: None,
) -> RereadSummary:
    """Read the stored pages of a batch, by name, or of all batches again. `total` is told how many pages there are;
    `tick` is called for each, with None for one of which nothing is there to be read.

    Raises EngineError, StorageFull, StoreError: what was read until then stays, and the next run goes on behind it.
    """
    summary = RereadSummary()
    begun = store.begin_reread(batch)
    total(sum(found.pages for found in begun))
    with Workers(forms, settings, None) as workers:
        for found in begun:
            jobs: list[tuple[StoredPage, PageRef | KeptPage]] = []
            for page in store.pages_to_reread(found.id, found.since):
                job = job_of(page, store.files)
                if job is None:
                    summary.gone += 1
                    tick(None)
                else:
                    jobs.append((page, job))
                    summary.from_originals += isinstance(job, PageRef)
            for (page, _), record in zip(jobs, workers.read([job for _, job in jobs]), strict=True):
                summary.count(page, record, replaced=_take(store, page, record))
                tick(record)
            store.assemble(found.id)
            store.end_reread(found.id)
            summary.batches.append(found.id)
    return summary


def job_of(page: StoredPage, files: PictureStore) -> PageRef | KeptPage | None:
    """What a page is read from: its original, its kept picture, or None where neither is there."""
    path = None if page.path is None else Path(page.path)
    if path is not None and _sha256(path) == page.sha256:
        return PageRef(path, page.number, page.sha256)
    if page.image is not None and files.path(page.image).is_file():
        return KeptPage(PageRef(Path(page.source), page.number, page.sha256), page.image)
    return None


@lru_cache(FILES_KNOWN)
def _sha256(path: Path) -> str | None:
    """Of a file's content; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _take(store: Store, page: StoredPage, record: Record) -> bool:
    """Store a new reading; a page that was read before does not lose its values because it fails now."""
    if record.status is PageStatus.UNREADABLE and page.status is not PageStatus.UNREADABLE:
        store.keep_reading(page.id)
        return False
    return store.replace_machine_reading(page.id, record)
