"""The printed pages of all forms in use, and which of them a page is.

What reading a printed page needs is prepared when the first page of it comes, and the latest few are kept; an index
of all of them is made at once, so that a blank that cannot be read is told before any page is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.forms.loading import blank_image, pages_of
from scanner.layout.ink.extraction import PrintModel, build_print_model
from scanner.layout.registration.disambiguation import disambiguate
from scanner.layout.registration.index import PageCandidate, PageIndex, blank_points, build_index, rank_pages
from scanner.layout.registration.reference import FormReference, build_reference
from scanner.layout.registration.register import register
from scanner.model import FormTemplate, NotRegistered, Page, Reason, Registration
from scanner.recognition.line_fusion import Lists, lists_of

KEPT = 8
"""Printed pages held ready, about 20 MB each."""
TRIED = 2
"""Candidates laid onto a page in full before it is said to fit no form: each refusal costs 0.1 to 0.3 s."""
RIVAL_SHARE = 0.7
"""A candidate with this share of the best one's agreeing points is laid on the page too, whatever became of the best
one. A print with a row more or less has 0.8 to 1.0, other forms under one letterhead 0.4."""


WEAK = 0.85
"""Share of a print's landmarks below which a page was placed weakly: then every candidate is a rival. Of 100 worn pages
none had less than 0.97 of its own print's; one was placed on the wrong print with 0.65."""
MOST = 5
"""Candidates laid onto any one page in full."""


@dataclass(frozen=True, slots=True, eq=False)
class FormPage:
    """One printed page of a form with what reading it needs; `form` is the page as a form by itself."""

    form: FormTemplate
    reference: FormReference
    print_model: PrintModel
    lists: Lists


@dataclass(frozen=True, slots=True, eq=False)
class PageMatch:
    """Which printed page a page is taken for, and where it lies; or why it was placed on none of them."""

    form_page: FormPage
    registration: Registration | NotRegistered


class FormCatalogue:
    """Every printed page of one or several forms; `kept` of them are held ready. Not for several threads at once.

    `site_lists` are a site's own entries of word lists, by the list's name. `index` ranks the pages; None where there
    is one alone. Raises FormError where a blank cannot be read.
    """

    def __init__(
        self, forms: Sequence[FormTemplate], site_lists: Mapping[str, Sequence[str]], kept: int = KEPT
    ) -> None:
        self.forms = tuple(forms)
        self.pages = tuple(page for form in forms for page in pages_of(form))
        self._site_lists, self._kept = site_lists, kept
        self._ready: OrderedDict[int, FormPage] = OrderedDict()
        self.index = None if len(self.pages) == 1 else _index_of(self.pages)
        if self.index is None:
            self.at(0)

    def at(self, number: int) -> FormPage:
        """A printed page by its number in the catalogue, from 0."""
        if number not in self._ready:
            form = self.pages[number]
            blank = blank_image(form)
            reference = build_reference(form, blank)
            print_model = build_print_model(blank, reference.text_centres)
            self._ready[number] = FormPage(form, reference, print_model, lists_of(form, self._site_lists))
        self._ready.move_to_end(number)
        while len(self._ready) > self._kept:
            self._ready.popitem(last=False)
        return self._ready[number]

    def register(self, page: Page) -> PageMatch:
        """Which printed page this is and where it lies, or a refusal with the likeliest one beside it.

        Where there is only one it is that one or nothing.
        """
        if self.index is None:
            return PageMatch(self.at(0), register(page, self.at(0).reference))
        likely = rank_pages(page, self.index)
        near = [c for c in likely if c.inliers >= RIVAL_SHARE * likely[0].inliers]
        refused: PageMatch | None = None
        for rank, candidate in enumerate(likely[: max(TRIED, len(near))][:MOST]):
            found = self._on(page, candidate)
            if isinstance(found.registration, Registration):
                weak = found.registration.landmarks_found < WEAK * found.registration.landmarks_tried
                rivals = likely if weak else near
                return self._against(page, found, [c for c in rivals[:MOST] if c not in likely[: rank + 1]])
            refused = refused or found
        assert refused is not None
        return _fits_none(refused)

    def _on(self, page: Page, candidate: PageCandidate) -> PageMatch:
        form_page = self.at(candidate.number)
        return PageMatch(form_page, register(page, form_page.reference))

    def _against(self, page: Page, found: PageMatch, rivals: Sequence[PageCandidate]) -> PageMatch:
        """What was found, unless another print was accepted too: then what tells the two apart decides."""
        for candidate in rivals:
            rival = self._on(page, candidate)
            if not isinstance(found.registration, Registration) or not isinstance(rival.registration, Registration):
                continue
            sides = (found.form_page.reference, found.registration), (rival.form_page.reference, rival.registration)
            nearest = disambiguate(page, *sides)
            if nearest is None:
                return _fits_both(found, rival)
            found = (found, rival)[nearest]
        return found


def _index_of(pages: Sequence[FormTemplate]) -> PageIndex:
    return build_index([blank_points(blank_image(form)) for form in pages], max(max(form.sheet) for form in pages))


def _fits_both(found: PageMatch, rival: PageMatch) -> PageMatch:
    one, other = found.form_page.form, rival.form_page.form
    reason = Reason(
        "form_ambiguous",
        {"form": one.id, "page": one.page, "other_form": other.id, "other_page": other.page},
    )
    return PageMatch(found.form_page, NotRegistered(reason))


def _fits_none(nearest: PageMatch) -> PageMatch:
    assert isinstance(nearest.registration, NotRegistered)
    form = nearest.form_page.form
    reason = Reason("no_form_fits", {"form": form.id, "page": form.page, "why": nearest.registration.reason.code})
    return PageMatch(nearest.form_page, NotRegistered(reason))
