"""What the record page shows: a card for each field, and the pages of the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from review_ui.language import language
from review_ui.language import translate as _
from review_ui.value_parser import InvalidValue, format_value, parse_value
from scanner.messages import format_reason, message
from scanner.model import Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, Reason, Value
from scanner.store.views import FieldView, IssueView, RecordView, SheetPage

CHIPS = 4
"""Alternatives offered; Alt+1 to Alt+4."""
KEYS = "123456789abcdefghijklmnopqrstuvwxyz"
"""The key that picks each option of a choice, in printed order; 0 is for none."""
MARGIN = 2.0
"""mm of the sheet shown around a field where its picture is cut from the page."""
LABEL = 42.0
"""mm to the right of the last tick box that are shown too: its label is printed there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a choice: the value sent, its label, its key, and whether it is chosen."""

    value: str
    label: str
    key: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldCard:
    """One field on the record page."""

    spec: FieldSpec
    view: FieldView
    label: str
    shown: str  # the present value as a person reads it
    unreadable: bool
    typed: str  # the text in the input
    control: str  # "text", "one" (radio buttons) or "many" (checkboxes)
    answers: tuple[Answer, ...]
    chips: tuple[str, ...]
    cells: int  # how many digits the sheet has room for; 0 where that is not fixed
    reasons: tuple[str, ...]
    mended: tuple[str, ...]  # why knowledge changed what the engine read; none where it did not
    issues: tuple[IssueView, ...]
    by_person: bool
    place: Box  # the field's area on its page, with the labels of tick boxes, mm
    page: SheetPage  # the page that it is on
    sheet: tuple[float, float]  # width and height of that page, mm
    problem: str = ""  # why what was typed last could not be saved

    @property
    def answered(self) -> bool:
        """Is an answer chosen?"""
        return any(answer.chosen for answer in self.answers)

    @property
    def asks(self) -> bool:
        """Must a person look here?"""
        return self.view.open or bool(self.issues)

    @property
    def from_page(self) -> bool:
        """Is its picture cut from the page? A tick means nothing without the print around it."""
        return self.view.crop is None or self.spec.layout is FieldLayout.TICKS

    @property
    def cut(self) -> Box:
        """What of the sheet is shown, mm."""
        return self.place.grown(MARGIN, MARGIN)


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """A page of the sheet with its cards, as it is shown beside them."""

    page: SheetPage
    sheet: tuple[float, float]  # mm
    cards: tuple[FieldCard, ...]


@dataclass(frozen=True, slots=True)
class RefusedAnswer:
    """What was sent for a field and why it was not saved; the page shows both, so that no input is lost."""

    field: str
    given: tuple[str, ...]
    problem: str


def field_cards(record: RecordView, form: FormTemplate, refused: RefusedAnswer | None = None) -> list[FieldCard]:
    """All fields of a record in the form's order."""
    views = {view.field: view for view in record.fields}
    return [field_card(record, form, spec, views[spec.id], refused) for spec in form.fields if spec.id in views]


def sheet_pictures(record: RecordView, form: FormTemplate, cards: Sequence[FieldCard]) -> list[SheetPicture]:
    """The pages of a record that are there, in the form's order."""
    return [
        SheetPicture(page, _size(form, page.form_page), tuple(card for card in cards if card.page is page))
        for page in record.pages
    ]


def issue_notes(record: RecordView, cards: Sequence[FieldCard]) -> list[IssueView]:
    """Open issues that no card shows: about the whole sheet, or about fields of a missing page."""
    shown = {issue.id for card in cards for issue in card.issues}
    return [issue for issue in record.issues if issue.open and issue.id not in shown]


def _size(form: FormTemplate, number: int) -> tuple[float, float]:
    return form.of_page(min(number, form.page_count)).sheet


def field_card(
    record: RecordView, form: FormTemplate, spec: FieldSpec, view: FieldView, refused: RefusedAnswer | None = None
) -> FieldCard:
    """One field of a record."""
    mine = refused if refused and refused.field == spec.id else None
    page = next((p for p in record.pages if p.form_page == spec.page), record.pages[0])
    return FieldCard(
        spec=spec,
        view=view,
        label=f"{spec.no}. {spec.label}" if spec.no else spec.label,
        shown=format_value(spec, view.value),
        unreadable=view.manner == "unreadable",
        typed="".join(mine.given) if mine else view.value if isinstance(view.value, str) else "",
        control=_control(spec),
        answers=_answers(spec, set(mine.given) if mine else _present(spec, view.value)),
        chips=_chips(spec, view),
        cells=len(spec.boxes) if spec.layout is FieldLayout.COMB and spec.kind is FieldKind.DIGITS else 0,
        reasons=tuple(reason_words(reason) for reason in view.reasons),
        mended=tuple(dict.fromkeys(message(step.why, language()) for step in view.steps)),
        issues=tuple(i for i in record.issues if i.open and spec.id in i.fields),
        by_person=view.by is not None,
        place=_place(spec, form),
        page=page,
        sheet=_size(form, page.form_page),
        problem=mine.problem if mine else "",
    )


def reason_words(reason: Reason | None) -> str:
    """The reason in the language of the screen; "" where there is none."""
    return format_reason(reason, language()) if reason else ""


def _place(spec: FieldSpec, form: FormTemplate) -> Box:
    area = spec.area
    if spec.layout is not FieldLayout.TICKS:
        return area
    edge = max(other.area.right for other in form.fields if other.page == spec.page)
    return Box(area.x, area.y, max(area.w, min(area.right + LABEL, edge) - area.x), area.h)


def _control(spec: FieldSpec) -> str:
    if spec.kind is FieldKind.CHOICES:
        return "many"
    return "one" if spec.kind in (FieldKind.CHOICE, FieldKind.SIGNATURE) else "text"


def _present(spec: FieldSpec, value: Value) -> set[str]:
    """The present answers as a form sends them."""
    if spec.kind is FieldKind.SIGNATURE:
        return {"true" if value else "false"}
    return set(value) if isinstance(value, tuple) else {str(value)} if value else set()


def _answers(spec: FieldSpec, present: set[str]) -> tuple[Answer, ...]:
    pairs: Sequence[tuple[str, str]] = [(o.id, o.label) for o in spec.options]
    if spec.kind is FieldKind.SIGNATURE:
        pairs = [("true", _("Signed")), ("false", _("Not signed"))]
    return tuple(Answer(v, label, KEYS[n : n + 1], v in present) for n, (v, label) in enumerate(pairs))


def _chips(spec: FieldSpec, view: FieldView) -> tuple[str, ...]:
    """Other readings of a text, in the form of its kind; a choice shows all its answers anyway."""
    if _control(spec) != "text":
        return ()
    machine = [view.machine_value] if isinstance(view.machine_value, str) else []
    others: dict[str, None] = {}
    for text in [*view.alternatives, *machine]:
        try:
            value = parse_value(spec, [text])
        except InvalidValue:
            continue
        if isinstance(value, str) and value != view.value:
            others[value] = None
    return tuple(others)[:CHIPS]
