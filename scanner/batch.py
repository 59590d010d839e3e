"""Many pages: jobs of a path and a page number to workers; this process alone writes the database.

What is already there is passed over, results are kept in the order of the jobs, and a worker that dies or hangs costs
one page its reading, never the batch: so a run that was killed and run again ends as one that was not.
"""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import re
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2

from scanner.errors import EngineError, SettingsError, SohoaError
from scanner.files import is_disk_full
from scanner.forms.loading import load_form
from scanner.intake.pages import Limits, find_sources, list_pages
from scanner.model import FormTemplate, PageRef, PageStatus, Reason, Record, Unreadable
from scanner.pipeline import PageReader, build_reader, read_kept, read_ref, unread
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.pictures import PictureStore

IN_FLIGHT = 4
"""Jobs handed out beyond the workers: enough to keep them busy, few enough to forget cheaply."""
START_SECONDS = 120
"""A worker that is not ready by then never will be: loading the engines takes 2 s, on a crowded machine 20."""


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


def limits_of(settings: Settings) -> Limits:
    """What a file may ask of this machine."""
    return Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)


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
    forms: FormTemplate | Sequence[FormTemplate],
    settings: Settings,
    *,
    batch: str,
    xa: str | None = None,
    scheduler: str | None = None,
    total: Callable[[int], object] = lambda _: None,
    tick: Callable[[Record | None], object] = lambda _: None,
) -> Summary:
    """Read pages into the database, each with that one of the forms that it is. `total` is told how many there are;
    `tick` is called for each page, with None for one that was there already.

    Raises SourceError, EngineError, StorageFull, StoreError: what was stored until then stays.
    """
    forms = (forms,) if isinstance(forms, FormTemplate) else tuple(forms)
    jobs = list(jobs_for(paths, limits_of(settings)))
    total(len(jobs))
    store.files.sweep()
    batch_id = store.ensure_batch(batch, xa=xa, form=forms[0].id if len(forms) == 1 else "")
    refs = [job.ref if isinstance(job, Unreadable) else job for job in jobs]
    known, summary = store.known_pages((ref.sha256, ref.number) for ref in refs), Summary()
    new = []
    for job, ref in zip(jobs, refs, strict=True):
        if (ref.sha256, ref.number) in known:
            summary.known += 1
            tick(None)
        else:
            new.append(job)
    with Workers(forms, settings, scheduler) as workers:
        for record in workers.read(new):
            if store.add_record(batch_id, record):
                summary.count(record)
            else:
                summary.known += 1
            tick(record)
    store.assemble(batch_id)
    return summary


def read_here(
    jobs: Iterable[PageRef | Unreadable], forms: FormTemplate | Sequence[FormTemplate], settings: Settings
) -> Iterator[Record]:
    """A record a job, read in this process; nothing is kept. A fault in one page leaves the others read.

    Raises EngineError when Tesseract or its model is missing.
    """
    reader = build_reader(forms, settings)
    known = reader.catalogue.forms
    for job in jobs:
        if isinstance(job, Unreadable):
            yield unread(job.ref, known, PageStatus.UNREADABLE, job.reason)
            continue
        try:
            record = read_ref(job, reader)
        except Exception as error:
            if not _of_one_page(error):
                raise
            record = unread(job, known, PageStatus.UNREADABLE, _fault(error))
        yield record


def _of_one_page(error: Exception) -> bool:
    """Is this a fault that one page met, and not something the operator must mend first?"""
    return not is_disk_full(error) and not isinstance(error, SohoaError)


def _fault(error: Exception) -> Reason:
    """Where a fault of ours happened, kept with the page; never its text, which could hold somebody's name."""
    frames = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    remote = re.findall(r'File "([^"]+)", line (\d+)', str(error.__cause__))  # a worker's, as it came through the pipe
    place = f"{Path(remote[-1][0]).name}:{remote[-1][1]}" if remote else frames[-1]
    return Reason("page_crashed", {"fault": f"{type(error).__name__} at {place}"})


# --- workers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page to be read from the picture that was kept of it; `image` is its key."""

    ref: PageRef
    image: str


Job = PageRef | KeptPage
"""What a worker is given: small, without pixels."""

_reader: PageReader | None = None
_files: PictureStore | None = None
_one_at_a_time = threading.Lock()


def _set_up(form_ids: Sequence[str], settings: Settings) -> None:
    """Once a worker: one thread, the forms, the engines."""
    global _reader, _files  # a worker process is the one place where a long-lived object has no owner to pass it on
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)
    _reader = build_reader([load_form(form_id, *settings.form_places) for form_id in form_ids], settings)
    _files = PictureStore(settings.files)


def _begin(form_ids: Sequence[str], settings: Settings) -> None:
    """The first thing in a process of the pool. Ctrl+C is the parent's affair; without the parent there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _set_up(form_ids, settings)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()  # comes back when the parent is gone, killed or not
        os._exit(1)


def _ready() -> None:
    """Done as soon as a worker is."""


def _work(job: Job) -> Record:
    assert _reader is not None
    if isinstance(job, KeptPage):
        assert _files is not None
        return read_kept(job.ref, job.image, _reader, _files)
    return read_ref(job, _reader, _files)


def _work_remotely(job: Job, form_ids: Sequence[str], settings: Settings) -> Record:
    with _one_at_a_time:  # a worker of a cluster may have several threads; the engines have one
        if _reader is None:
            _set_up(form_ids, settings)
        return _work(job)


class Workers:
    """A pool of processes, or a cluster; built again when a worker dies."""

    def __init__(self, forms: Sequence[FormTemplate], settings: Settings, scheduler: str | None) -> None:
        self._forms, self._settings, self._scheduler = forms, settings, scheduler
        self._ids = tuple(form.id for form in forms)
        self._crew: _Pool | _Cluster | None = None
        self._tried = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, jobs: Sequence[Job | Unreadable]) -> Iterator[Record]:
        """A record a job, in the order of the jobs."""
        waiting: deque[tuple[Job | Unreadable, Future[Record] | None]] = deque()
        rest = iter(jobs)
        while True:
            while len(waiting) < self._room() and (job := next(rest, None)) is not None:
                waiting.append((job, None if isinstance(job, Unreadable) else self._submit(job)))
            if not waiting:
                return
            job, future = waiting.popleft()
            if isinstance(job, Unreadable):
                yield self._refused(job.ref, job.reason)
                continue
            assert future is not None
            record = self._outcome(job, future)
            if record is None:
                record = self._alone(job)
                waiting = deque((j, f if f is None or _done(f) else self._again(j)) for j, f in waiting)
            yield record

    def _room(self) -> int:
        return (self._crew.size if self._crew else self._settings.workers) + IN_FLIGHT

    def _outcome(self, job: Job, future: Future[Record]) -> Record | None:
        """What became of a page; None where its worker died or it takes too long.

        Jobs are begun in order, so the oldest is being read by now: the time limit is that of one page.
        """
        try:
            return future.result(self._settings.page_seconds + (self._crew.start_seconds if self._crew else 0))
        except (BrokenExecutor, FutureTimeout, CancelledError):
            return None
        except Exception as error:
            if not _of_one_page(error):
                raise
            return self._refused(_ref_of(job), _fault(error))

    def _alone(self, job: Job) -> Record:
        """Once more among fresh workers with nothing beside it; a page that fails again is told so."""
        self._stop(kill=True)
        record = self._outcome(job, self._submit(job))
        if record is None:
            self._stop(kill=True)
            record = self._refused(_ref_of(job), Reason("page_crashed", {"fault": "the worker died or took too long"}))
        return record

    def _refused(self, ref: PageRef, reason: Reason) -> Record:
        return unread(ref, self._forms, PageStatus.UNREADABLE, reason)

    def _submit(self, job: Job) -> Future[Record]:
        if self._crew is None:
            self._crew = self._start()
        try:
            return self._crew.submit(job)
        except BrokenExecutor as broken:  # a worker died since the last result: told when this page's turn comes
            lost: Future[Record] = Future()
            lost.set_exception(broken)
            return lost

    def _again(self, job: Job | Unreadable) -> Future[Record] | None:
        return None if isinstance(job, Unreadable) else self._submit(job)

    def _start(self) -> _Pool | _Cluster:
        if self._scheduler:
            return _Cluster(self._scheduler, self._ids, self._settings)
        if not self._tried:
            # the engines are tried here first: what the operator must mend is told once, not by every worker
            build_reader(self._forms, self._settings)
            self._tried = True
        return _Pool(self._ids, self._settings)

    def _stop(self, *, kill: bool = False) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.stop(kill=kill)


def _ref_of(job: Job) -> PageRef:
    return job.ref if isinstance(job, KeptPage) else job


def _done(future: Future[Record]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


class _Pool:
    """Processes on this machine. Raises EngineError when they cannot be started."""

    start_seconds = 0  # the pool is there when its first worker is

    def __init__(self, form_ids: Sequence[str], settings: Settings) -> None:
        self.size = settings.workers
        self._executor = ProcessPoolExecutor(
            self.size, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(form_ids, settings)
        )
        try:
            with _no_interrupts():
                starting = [self._executor.submit(_ready) for _ in range(self.size)]
            for first in as_completed(starting, START_SECONDS):
                first.result()
                break
        except (BrokenExecutor, FutureTimeout):
            self.stop(kill=True)
            raise EngineError("workers_not_started") from None
        except BaseException:
            self.stop(kill=True)
            raise

    def submit(self, job: Job) -> Future[Record]:
        """Hand out a page."""
        with _no_interrupts():
            return self._executor.submit(_work, job)

    def stop(self, *, kill: bool) -> None:
        """Let the workers end what they are at, or end them."""
        processes = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=not kill, cancel_futures=True)
        for process in processes if kill else ():
            process.kill()


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes started within are deaf to Ctrl+C from their first moment, before `_begin` makes sure of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Cluster:
    """Workers of a Dask scheduler; they reach the same files and the same data folder by the same paths."""

    start_seconds = START_SECONDS  # each worker loads its engines with its first page

    def __init__(self, address: str, form_ids: Sequence[str], settings: Settings) -> None:
        try:
            connect: Any = importlib.import_module("distributed").Client
        except ImportError:
            raise SettingsError("dask_missing") from None
        try:
            self._client = connect(address, timeout=10)
        except (OSError, ValueError):
            raise SettingsError("scheduler_silent") from None
        self.size = max(sum(self._client.nthreads().values()), 1)
        self._executor: Executor = self._client.get_executor(pure=False)
        self._about = form_ids, settings

    def submit(self, job: Job) -> Future[Record]:
        """Hand out a page."""
        return self._executor.submit(_work_remotely, job, *self._about)

    def stop(self, *, kill: bool) -> None:
        """Leave the cluster; with `kill` what it is still at is not waited for."""
        self._executor.shutdown(wait=not kill)
        self._client.close()
