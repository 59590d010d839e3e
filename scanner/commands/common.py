"""What several commands need: settings, forms, the store, progress, output in the operator's language."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from scanner.errors import FormError, SettingsError, SohoaError
from scanner.messages import LANGUAGES, format_reason, message
from scanner.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.progress import Progress

    from scanner.model import FormTemplate, Reason
    from scanner.store.database import Store
    from scanner.store.views import Viewer

P = ParamSpec("P")
R = TypeVar("R")

NEEDS_A_PERSON = 3
"""Exit code."""
EVERY = 50
"""Where there is no terminal, one line of progress for so many items."""


def language_of(ctx: click.Context) -> str:
    """The language of the settings; where those cannot be loaded, that of SOHOA_LANGUAGE, else English."""
    try:
        return load_settings(**(ctx.find_root().obj or {})).language
    except SohoaError:
        named = os.environ.get("SOHOA_LANGUAGE", "")
        return named if named in LANGUAGES else "en"


def print_message(settings: Settings, code: str, *, err: bool = False, **params: object) -> None:
    """One line of `scanner/locale/commands.json` ("scan.pages" → "command.scan.pages") in the operator's language."""
    click.echo(message(f"command.{code}", settings.language, **params), err=err)


def page_line(settings: Settings, source: str, page: int, reason: Reason | None) -> str:
    """A page with the reason why a person must look at it, where one is known."""
    why = format_reason(reason, settings.language) if reason else ""
    return message("command.page_line", settings.language, source=source, page=page, why=why)


def end_with_pages(settings: Settings, lines: Sequence[str]) -> None:
    """Name the pages that need a person and end with exit code 3; nothing where there are none."""
    if lines:
        print_message(settings, "pages_need_a_person", err=True)
        for line in lines:
            click.echo(f"  {line}", err=True)
        sys.exit(NEEDS_A_PERSON)


def with_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Give a command the settings as its first argument."""

    @wraps(command)
    @click.pass_context
    def run(ctx: click.Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return command(load_settings(**ctx.find_root().obj), *args, **kwargs)

    return run


def chosen_form(settings: Settings, form_id: str | None) -> FormTemplate:
    """The form named by flag or setting, or the only one there is. Raises FormError."""
    from scanner.forms.loading import list_forms, load_form

    wanted = form_id or settings.form
    known = list_forms(*settings.form_places)
    if wanted is None and len(known) != 1:
        raise FormError("several_forms_installed" if known else "no_form_installed")
    return load_form(wanted or known[0], *settings.form_places)


def chosen_forms(settings: Settings, form_id: str | None) -> list[FormTemplate]:
    """The form named by flag or setting alone, or every form there is. Raises FormError."""
    from scanner.forms.loading import list_forms, load_form

    wanted = form_id or settings.form
    names = [wanted] if wanted else list_forms(*settings.form_places)
    if not names:
        raise FormError("no_form_installed")
    return [load_form(name, *settings.form_places) for name in names]


def warn_of_missing_reader(settings: Settings) -> None:
    """A warning where the reader of handwriting cannot start: print is still read, and people check every line."""
    from scanner.errors import EngineError
    from scanner.ocr.handwriting import LineReader

    try:
        LineReader()
    except EngineError as error:
        text = error.text(settings.language)
        meanwhile = message("command.lines_go_to_a_person", settings.language)
        click.echo(f"sohoa: {text.problem} {meanwhile} {text.action}", err=True)


@contextmanager
def opened(settings: Settings, *, create: bool = True) -> Iterator[Store]:
    """The store, closed at the end; with `create` False it must be there already."""
    from scanner.store_factory import open_store

    store = open_store(settings, create=create)
    try:
        yield store
    finally:
        store.close()


def viewer_of_commune(xa: str | None) -> Viewer | None:
    """A viewer who sees one commune alone, so that the database returns nothing of another; None: everything."""
    from scanner.store.views import Viewer

    return None if xa is None else Viewer("", "operator", "operator", "exporter", (xa.strip(),))


def check_names(store: Store, batch: str | None, viewer: Viewer | None) -> None:
    """A mistyped name must not look like an empty batch or commune. Raises SettingsError."""
    names = {b.name for b in store.batches(viewer)}
    if viewer is not None and not names:
        raise SettingsError("no_batch_of_commune")
    if batch is not None and batch not in names:
        raise SettingsError("no_such_batch")


def installed_forms(settings: Settings) -> Callable[[str], FormTemplate | None]:
    """Forms by id, loaded once; None for one that is gone, whose records are left out."""
    from scanner.forms.loading import load_form

    @cache
    def form_of(form_id: str) -> FormTemplate | None:
        try:
            return load_form(form_id, *settings.form_places)
        except FormError:
            return None

    return form_of


class Meter:
    """Progress of long work: a bar on a terminal, elsewhere a plain line from time to time."""

    def __init__(self, what: str, bar: Progress | None = None, *, quiet: bool = False) -> None:
        self._what, self._bar, self._quiet = what, bar, quiet
        self._task = bar.add_task(what, total=None) if bar else None
        self._done, self._total = 0, 0

    def expect(self, total: int) -> None:
        """How many there will be, as soon as it is known."""
        self._total = total
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=total)

    def step(self, *_: object) -> None:
        """One more is done."""
        self._done += 1
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
        elif not self._quiet and (self._done % EVERY == 0 or self._done == self._total):
            click.echo(f"{self._what}: {self._done}" + (f"/{self._total}" if self._total else ""), err=True)


@contextmanager
def progress(settings: Settings, what: str, *, quiet: bool = False) -> Iterator[Meter]:
    """A meter of "pages" or "records" on standard error, apart from a command's output; `quiet`: it shows nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console, label = Console(stderr=True), message(f"command.progress.{what}", settings.language)
    if quiet or not console.is_terminal:
        yield Meter(label, quiet=quiet)
        return
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield Meter(label, bar)
