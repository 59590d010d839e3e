"""Read the pages of a truth file and hold what was delivered against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scanner.evaluation.curves import calibration_error
from scanner.evaluation.pictures import WorstPictures
from scanner.evaluation.scores import FieldKey, JudgedField, Score, by_kind, normal, rank, score
from scanner.evaluation.truth import TruthPage, read_truth
from scanner.model import FieldKind, FieldSpec, FormTemplate, PageRef, PageStatus, Reason, Record

Read = Callable[[PageRef], Record]


class MapPages(Protocol):
    """How pages are read: the builtin `map`, or an executor's. Records come in the order of the pages."""

    def __call__(self, read: Read, refs: Sequence[PageRef], /) -> Iterable[Record]:
        """Read each page."""


@dataclass(frozen=True, slots=True)
class UnplacedPage:
    """A page of the truth file that gave no fields, and why."""

    file: str
    page: int
    status: PageStatus
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured on one truth file. Fields of unplaced pages are in no score: the pages are named.

    `forms` are those that its pages are of. `misidentified` are pages that were read as another form or page
    than they are: every field of theirs counts as wrong. `pictures` are JPEGs of the worst readings, where
    they were kept.
    """

    forms: tuple[FormTemplate, ...]
    pages: int
    items: tuple[JudgedField, ...]
    unplaced: tuple[UnplacedPage, ...]
    misidentified: tuple[UnplacedPage, ...] = ()
    pictures: Mapping[FieldKey, bytes] = field(default_factory=dict, repr=False)

    @property
    def fields(self) -> dict[str, FieldSpec]:
        """The fields of all forms by the name they go by here: their id, with several forms the form's before it."""
        return {self._name(form.id, spec.id): spec for form in self.forms for spec in form.fields}

    def spec(self, item: JudgedField) -> FieldSpec:
        """The field that an item is of."""
        return self.fields[self._name(item.form, item.field)]

    def _name(self, form: str, name: str) -> str:
        return name if len(self.forms) == 1 else f"{form}/{name}"

    @property
    def total(self) -> Score:
        """All fields of all placed pages."""
        return score("total", self.items)

    @property
    def by_kind(self) -> tuple[Score, ...]:
        """One score a kind, empty fields and unclear fields apart."""
        return by_kind(self.items)

    @property
    def by_field(self) -> tuple[Score, ...]:
        """One score a field in the forms' order, over what is written (an unticked choice counts)."""
        return self._of_fields(lambda item: not item.empty and not item.unclear)

    @property
    def empty_by_field(self) -> dict[str, Score]:
        """For each written field, its empty ones."""
        return {s.name: s for s in self._of_fields(lambda item: item.empty)}

    @property
    def by_hand(self) -> dict[str, tuple[Score, ...]]:
        """Scores by kind for each hand the truth names, then "total" of that hand."""
        return self._by_tag(lambda item: item.hand)

    @property
    def by_wear(self) -> dict[str, tuple[Score, ...]]:
        """Scores by kind for each wear the truth names, then "total" of that wear."""
        return self._by_tag(lambda item: item.wear)

    @property
    def worst(self) -> tuple[JudgedField, ...]:
        """Everything that is wrong: silent errors first, the most confident first."""
        return tuple(sorted((item for item in self.items if not item.right), key=rank))

    @property
    def readings(self) -> dict[FieldKind, tuple[JudgedField, ...]]:
        """The fields of each kind that have a right value, empty ones included.

        Confidence is judged on these: whoever relies on it does not know either whether something is written.
        """
        clear = [item for item in self.items if not item.unclear]
        held = {kind: tuple(item for item in clear if item.kind is kind) for kind in FieldKind}
        return {kind: items for kind, items in held.items() if items}

    @property
    def calibration_errors(self) -> dict[str, float]:
        """Expected calibration error of each kind's readings, then "total"."""
        errors = {kind.value: calibration_error(items) for kind, items in self.readings.items()}
        return {**errors, "total": calibration_error(self.items)} if errors else {}

    def _of_fields(self, wanted: Callable[[JudgedField], bool]) -> tuple[Score, ...]:
        held: dict[str, list[JudgedField]] = {name: [] for name in self.fields}
        for item in self.items:
            if wanted(item):
                held[self._name(item.form, item.field)].append(item)
        return tuple(score(name, items) for name, items in held.items() if items)

    def _by_tag(self, tag: Callable[[JudgedField], str | None]) -> dict[str, tuple[Score, ...]]:
        held: dict[str, list[JudgedField]] = {}
        for item in self.items:
            if (name := tag(item)) is not None:
                held.setdefault(name, []).append(item)
        return {name: (*by_kind(items), score("total", items)) for name, items in sorted(held.items())}


def evaluate(
    truth: Path,
    images: Path | None,
    forms: FormTemplate | Sequence[FormTemplate],
    read: Read,
    *,
    map_pages: MapPages = map,
    pictures: WorstPictures | None = None,
) -> Evaluation:
    """Read every page that the truth file names and compare, field by field.

    `forms` are those that a page may be of, the same that `read` knows. `images` None means the truth file's folder.
    With an executor's `map` as `map_pages`, `read` must be picklable. `pictures`, whose `files` `read` must then fill
    in this process, keeps those of the worst readings.
    Raises SourceError for a truth file that cannot be used; nothing is read before it is checked.
    """
    forms = (forms,) if isinstance(forms, FormTemplate) else tuple(forms)
    pages = read_truth(truth, images, forms)
    items: list[JudgedField] = []
    unplaced: list[UnplacedPage] = []
    misidentified: list[UnplacedPage] = []
    for page, record in zip(pages, map_pages(read, [page.ref for page in pages]), strict=True):
        found = tuple(_items(page, record)) if record.status is PageStatus.READ else ()
        items.extend(found)
        if record.status is not PageStatus.READ:
            unplaced.append(UnplacedPage(page.file, page.ref.number, record.status, record.reason))
        elif not _is_it(page, record):
            taken_for = Reason("evaluation.misidentified", {"form": record.form, "page": record.form_page})
            misidentified.append(UnplacedPage(page.file, page.ref.number, record.status, taken_for))
        if pictures is not None:
            pictures.take(found, record)
    of = tuple(form for form in forms if any(page.form is form for page in pages))
    return Evaluation(
        of, len(pages), tuple(items), tuple(unplaced), tuple(misidentified), pictures.pictures if pictures else {}
    )


def _is_it(page: TruthPage, record: Record) -> bool:
    """Was a page taken for the form that it is, and for that page of it?"""
    return record.form == page.form.id and page.form_page in (None, record.form_page)


def _items(page: TruthPage, record: Record) -> Iterable[JudgedField]:
    right_form = _is_it(page, record)
    readings = {reading.field: reading for reading in record.readings} if right_form else {}
    for spec in page.form.fields:
        if spec.id not in page.values and spec.id not in page.unclear:
            continue
        if right_form and page.form_page is None and spec.page != record.form_page:
            continue
        reading = readings.get(spec.id)
        yield JudgedField(
            file=page.file,
            page=page.ref.number,
            field=spec.id,
            kind=spec.kind,
            hand=page.hand,
            wear=page.wear,
            truth=page.values.get(spec.id),
            # A field without a reading was not delivered: nobody could take it for accepted.
            value=normal(reading.value if reading else None, spec.kind),
            confidence=reading.confidence if reading else 0.0,
            review=reading.review if reading else True,
            unclear=spec.id in page.unclear,
            form=page.form.id,
            unread=not right_form,
        )


def evaluation_to_json(evaluation: Evaluation) -> dict[str, object]:
    """The figures alone, without any value: for a benchmark's log."""
    return {
        "form": ", ".join(form.id for form in evaluation.forms),
        "pages": evaluation.pages,
        "unplaced": [{"file": p.file, "page": p.page, "status": p.status.value} for p in evaluation.unplaced],
        "misidentified": [{"file": p.file, "page": p.page} for p in evaluation.misidentified],
        "calibration_error": {name: round(error, 5) for name, error in evaluation.calibration_errors.items()},
        "total": _figures(evaluation.total),
        "by_kind": {s.name: _figures(s) for s in evaluation.by_kind},
        "by_field": {s.name: _figures(s) for s in evaluation.by_field},
        "by_hand": {tag: {s.name: _figures(s) for s in group} for tag, group in evaluation.by_hand.items()},
        "by_wear": {tag: {s.name: _figures(s) for s in group} for tag, group in evaluation.by_wear.items()},
    }


def _figures(held: Score) -> dict[str, int | float | None]:
    return {
        "n": held.n,
        "exact": held.exact,
        "cer": None if held.cer is None else round(held.cer, 5),
        "tone_blind_cer": None if held.tone_blind_cer is None else round(held.tone_blind_cer, 5),
        "accepted": held.accepted,
        "silent": held.silent,
    }
