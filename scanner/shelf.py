"""The printed pages of all forms in use, and which of them a page is.

What reading a printed page needs is prepared when the first page of it comes, and the latest few are kept; an index
of all of them is made at once, so that a blank that cannot be read is told before any page is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scanner.forms import blank_image, pages_of
from scanner.layout.index import Candidate, PageIndex, build_index, candidates, describe_blank
from scanner.layout.ink import PrintModel, build_print_model
from scanner.layout.reference import FormReference, build_reference
from scanner.layout.registration import register
from scanner.layout.rivals import nearer
from scanner.lines import Lists, lists_of
from scanner.model import FormTemplate, NotRegistered, Page, Reason, Registration

KEPT = 8
"""Printed pages held ready, about 20 MB each."""
TRIED = 3
"""Candidates laid onto a page in full before it is said to fit no form: each refusal costs 0.3 s."""
RIVAL = 0.4
"""A candidate with this share of the best one's likeness is laid on the page even where the best one was accepted."""


@dataclass(frozen=True, slots=True, eq=False)
class PrintedPage:
    """One printed page of a form with what reading it needs; `form` is the page as a form by itself."""

    form: FormTemplate
    reference: FormReference
    printed: PrintModel
    lists: Lists


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Which printed page a page is taken for, and where it lies; or why it was placed on none of them."""

    printed: PrintedPage
    placed: Registration | NotRegistered


class Shelf:
    """Every printed page of one or several forms. Not for several threads at once.

    Raises FormError where a blank cannot be read.
    """

    def __init__(self, forms: Sequence[FormTemplate], own: Mapping[str, Sequence[str]]) -> None:
        self.forms = tuple(forms)
        self.pages = tuple(page for form in forms for page in pages_of(form))
        self._own = own
        self._ready: OrderedDict[int, PrintedPage] = OrderedDict()
        self._index = None if len(self.pages) == 1 else _index_of(self.pages)
        if self._index is None:
            self.at(0)

    def at(self, number: int) -> PrintedPage:
        """A printed page by its place on the shelf."""
        if number not in self._ready:
            form = self.pages[number]
            blank = blank_image(form)
            reference = build_reference(form, blank)
            texts = np.array([m.centre for m in reference.landmarks if m.along_x]).reshape(-1, 2)
            printed = build_print_model(blank, texts)
            self._ready[number] = PrintedPage(form, reference, printed, lists_of(form, self._own))
        self._ready.move_to_end(number)
        while len(self._ready) > KEPT:
            self._ready.popitem(last=False)
        return self._ready[number]

    def find(self, page: Page) -> Found:
        """Which printed page this is and where it lies, or a refusal with the likeliest one beside it.

        Where there is only one it is that one or nothing.
        """
        if self._index is None:
            return Found(self.at(0), register(page, self.at(0).reference))
        likely = candidates(page, self._index)[:TRIED]
        refused: Found | None = None
        for rank, candidate in enumerate(likely):
            found = self._on(page, candidate)
            if found.placed:
                return self._against_rival(page, found, candidate, likely[rank + 1 :])
            refused = refused or found
        assert refused is not None
        return _fits_none(refused)

    def _on(self, page: Page, candidate: Candidate) -> Found:
        printed = self.at(candidate.number)
        return Found(printed, register(page, printed.reference))

    def _against_rival(self, page: Page, found: Found, first: Candidate, others: Sequence[Candidate]) -> Found:
        """What was found, unless the next candidate was accepted too: then what tells the two prints apart decides."""
        if not others or others[0].likeness < RIVAL * first.likeness:
            return found
        rival = self._on(page, others[0])
        if not isinstance(found.placed, Registration) or not isinstance(rival.placed, Registration):
            return found
        sides = (found.printed.reference, found.placed), (rival.printed.reference, rival.placed)
        match nearer(page, *sides):
            case 0:
                return found
            case 1:
                return rival
        both = _named(found) | {f"other_{key}": value for key, value in _named(rival).items()}
        return Found(found.printed, NotRegistered(Reason("form_ambiguous", both)))


def _index_of(pages: Sequence[FormTemplate]) -> PageIndex:
    described = [describe_blank(blank_image(form)) for form in pages]
    return build_index(described, max(max(form.sheet) for form in pages))


def _fits_none(nearest: Found) -> Found:
    assert isinstance(nearest.placed, NotRegistered)
    why = nearest.placed.reason
    return Found(nearest.printed, NotRegistered(Reason("no_form_fits", {**_named(nearest), "why": why.code})))


def _named(found: Found) -> dict[str, str | int]:
    return {"form": found.printed.form.id, "page": found.printed.form.page}
