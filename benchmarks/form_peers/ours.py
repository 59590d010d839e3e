"""Sohoa's own row: opening, placing and ticks; no text is read, for no peer reads any here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.form_peers.scoring import Answer, Outcome, Skipped
from benchmarks.form_peers.sheets import Points, Sheet, as_ticked, choices
from scanner.form_catalogue import FormCatalogue, FormPage
from scanner.intake.pages import list_pages
from scanner.model import FormTemplate, Record, Registration, Unreadable
from scanner.pipeline import PageReader, build_reader, read_ref
from scanner.settings import load_settings


class _Choices(FormCatalogue):
    """A catalogue of which only the questions with ticks are read."""

    def at(self, number: int) -> FormPage:
        """A printed page that is placed by the whole form."""
        page = super().at(number)
        return replace(page, form=page.form.model_copy(update={"fields": tuple(choices(page.form)), "rules": ()}))


def read(sheets: Sequence[Sheet], form: FormTemplate, _folder: Path) -> Outcome:
    """The pipeline as `sohoa read` runs it, over the choices only; it is placed by the whole form."""
    reader = replace(build_reader(form, load_settings()), catalogue=_Choices((form,), {}))
    answers, spent = {}, 0.0
    for sheet in sheets:
        before = time.process_time()
        record = _record(sheet, reader)
        spent += time.process_time() - before
        if isinstance(record.registration, Registration):
            answers[sheet.file.name] = _answer(record, record.registration, sheet)
    return Outcome("Sohoa", answers, spent / len(sheets))


def _record(sheet: Sheet, reader: PageReader) -> Record:
    listed = list_pages(sheet.file, reader.limits)
    if isinstance(listed, Unreadable):
        raise Skipped(f"{sheet.file.name} cannot be opened")
    (ref,) = listed
    return read_ref(ref, reader)


def _answer(record: Record, placed: Registration, sheet: Sheet) -> Answer:
    return Answer(
        ticked={r.field: as_ticked(r.value) for r in record.readings},
        asked=frozenset(r.field for r in record.readings if r.review),
        off_mm=_off_mm(placed, sheet.mm, sheet.px),
    )


def _off_mm(placed: Registration, mm: Points, px: Points) -> Points:
    """How far from their true places the form's points are found, on the page, in the form's mm."""
    return np.asarray(np.hypot(*(placed.transform.to_page(mm) - px).T) / placed.transform.scale)
