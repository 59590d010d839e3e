"""Many pages: jobs of a path and a page number to workers; this process alone writes the database.

What is already there is passed over, results are kept in the order of the jobs, and a worker that dies or hangs costs
one page its reading, never the batch: so a run that was killed and run again ends as one that was not.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from scanner.errors import SettingsError
from scanner.files import FileStore
from scanner.forms import load_form
from scanner.model import FormTemplate, PageRef, PageStatus, Reason, Record, Unreadable
from scanner.pages import Limits, find_sources, list_pages
from scanner.pipeline import Reader, build_reader, read_ref
from scanner.settings import Settings
from scanner.store import Store

IN_FLIGHT = 4
"""Jobs handed out beyond the workers: enough to keep them busy, few enough to forget cheaply."""


@dataclass(slots=True)
class Summary:
    """What became of a run."""

    pages: int = 0
    known: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    accepted: int = 0  # fields the machine was sure of
    fields: int = 0
    attention: list[tuple[str, int, Reason]] = field(default_factory=list)  # pages that need a person

    def count(self, record: Record) -> None:
        """Add a page."""
        self.pages += 1
        self.by_status[record.status.value] = self.by_status.get(record.status.value, 0) + 1
        self.fields += len(record.readings)
        self.accepted += sum(not r.review for r in record.readings)
        if record.reason is not None and record.status in (PageStatus.UNPLACED, PageStatus.UNREADABLE):
            self.attention.append((record.ref.source, record.ref.number, record.reason))


def jobs_for(paths: Sequence[Path], limits: Limits) -> Iterator[PageRef | Unreadable]:
    """Every page of every file, in order, each once even when its file is there twice."""
    seen: set[tuple[str, int]] = set()
    for path in find_sources(paths):
        listed = list_pages(path, limits)
        if isinstance(listed, Unreadable):
            yield replace(listed, ref=identified(listed.ref))
            continue
        for ref in listed:
            if (ref.sha256, ref.number) not in seen:
                seen.add((ref.sha256, ref.number))
                yield ref


def identified(ref: PageRef) -> PageRef:
    """A file whose content cannot be told apart (empty, not permitted) is known by its place."""
    if ref.sha256:
        return ref
    return replace(ref, sha256=hashlib.sha256(f"place:{ref.path.resolve()}".encode()).hexdigest())


def scan(
    paths: Sequence[Path],
    store: Store,
    form: FormTemplate,
    settings: Settings,
    *,
    batch: str,
    xa: str | None = None,
    scheduler: str | None = None,
    tick: Callable[[Record | None], None] = lambda _: None,
) -> Summary:
    """Read pages into the database. `tick` is called for each page, with None for one that was there already.

    Raises SourceError, EngineError, StorageFull, StoreError: what was stored until then stays.
    """
    limits = Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)
    jobs = list(jobs_for(paths, limits))
    batch_id = store.ensure_batch(batch, xa=xa, form=form.id)
    known, summary = store.known_pages(), Summary()
    new = []
    for job in jobs:
        ref = job.ref if isinstance(job, Unreadable) else job
        if (ref.sha256, ref.number) in known:
            summary.known += 1
            tick(None)
        else:
            new.append(job)
    with _Workers(form, settings, scheduler) as workers:
        for record in workers.read(new):
            if store.add_record(batch_id, record):
                summary.count(record)
            else:
                summary.known += 1
            tick(record)
    return summary


# --- workers -----------------------------------------------------------------------------------------

_reader: Reader | None = None
_files: FileStore | None = None


def _set_up(form_id: str, settings: Settings) -> None:
    """Once a worker: one thread, the form, the engines."""
    global _reader, _files  # a worker process is the one place where a long-lived object has no owner to pass it on
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)
    _reader = build_reader(load_form(form_id, settings.forms), settings)
    _files = FileStore(settings.files)


def _work(ref: PageRef) -> Record:
    assert _reader is not None
    return read_ref(ref, _reader, _files)


def _work_remotely(ref: PageRef, form_id: str, settings: Settings) -> Record:
    if _reader is None:
        _set_up(form_id, settings)
    return _work(ref)


class _Workers:
    """A pool of processes, or a cluster; built again when a worker dies."""

    def __init__(self, form: FormTemplate, settings: Settings, scheduler: str | None) -> None:
        self._form, self._settings, self._scheduler = form, settings, scheduler
        self._executor: Executor | None = None

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, jobs: Sequence[PageRef | Unreadable]) -> Iterator[Record]:
        """A record a job, in the order of the jobs."""
        waiting: deque[tuple[PageRef | Unreadable, Future[Record] | None]] = deque()
        rest = iter(jobs)
        room = self._settings.workers + IN_FLIGHT
        while True:
            while len(waiting) < room and (job := next(rest, None)) is not None:
                waiting.append((job, None if isinstance(job, Unreadable) else self._submit(job)))
            if not waiting:
                return
            job, future = waiting.popleft()
            if isinstance(job, Unreadable):
                yield self._refused(job.ref, job.reason)
                continue
            assert future is not None
            try:
                yield future.result(self._settings.page_seconds * (len(waiting) + 1))
            except (BrokenProcessPool, FutureTimeout):
                yield self._alone(job)
                # what was in flight went down with the pool
                waiting = deque((j, None if isinstance(j, Unreadable) else self._submit(j)) for j, _ in waiting)

    def _alone(self, ref: PageRef) -> Record:
        """Once more in a fresh pool with nothing beside it; a page that fails again is told so."""
        self._stop(kill=True)
        try:
            return self._submit(ref).result(self._settings.page_seconds)
        except (BrokenProcessPool, FutureTimeout):
            self._stop(kill=True)
            return self._refused(ref, Reason("page_crashed"))

    def _refused(self, ref: PageRef, reason: Reason) -> Record:
        return Record(ref, self._form.id, self._form.version, PageStatus.UNREADABLE, reason)

    def _submit(self, ref: PageRef) -> Future[Record]:
        if self._executor is None:
            self._executor = self._start()
        if self._scheduler:
            return self._executor.submit(_work_remotely, ref, self._form.id, self._settings)
        return self._executor.submit(_work, ref)

    def _start(self) -> Executor:
        if self._scheduler:
            return _cluster(self._scheduler)
        # the engines are tried here first: what the operator must mend is told once, not by every worker
        build_reader(self._form, self._settings)
        return ProcessPoolExecutor(
            self._settings.workers,
            multiprocessing.get_context("spawn"),
            initializer=_set_up,
            initargs=(self._form.id, self._settings),
        )

    def _stop(self, *, kill: bool = False) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = list(getattr(executor, "_processes", None) or {}) and list(executor._processes.values())  # type: ignore[attr-defined]
        executor.shutdown(wait=not kill, cancel_futures=True)
        if kill:
            for process in processes:
                process.kill()


def _cluster(address: str) -> Executor:
    try:
        from distributed import Client
    except ImportError:
        raise SettingsError("Dask is not installed.", "Install it with: pip install 'sohoa[cluster]'") from None
    try:
        executor: Executor = Client(address, timeout=10).get_executor()
    except (OSError, ValueError):
        raise SettingsError("The scheduler does not answer.", "Check --scheduler and that it runs.") from None
    return executor
