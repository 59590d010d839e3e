"""Checks between answers, as small named functions in one registry. They raise issues, they never edit.

A form's file binds a check's roles to its fields and names the rule; no check knows a form or a field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scanner.model import FieldKind, FormTemplate, Issue, Reason, RuleSpec, Value
from scanner.vietnam.dates import age_on, parse_date, year_of
from scanner.vietnam.identity import IdentityNumber

CountSame = Callable[[str, str], int]
"""(field id, value) → how many other records hold the same value."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a check sees: the rule's roles bound to values, its constants, and the day."""

    rule: RuleSpec
    form: FormTemplate
    values: Mapping[str, Value]
    today: date
    count_same: CountSame | None

    def ids(self, role: str) -> tuple[str, ...]:
        """The field ids of a role; none where the form leaves the role out."""
        bound = self.rule.fields.get(role, ())
        return (bound,) if isinstance(bound, str) else tuple(bound)

    def text(self, role: str) -> str:
        """The value of a role of one field as text; "" where it is empty."""
        value = self.values.get(self.ids(role)[0]) if self.ids(role) else None
        return value if isinstance(value, str) else ""

    def filled(self, role: str) -> tuple[str, ...]:
        """The fields of a role that have an answer."""
        return tuple(i for i in self.ids(role) if self.values.get(i) not in (None, "", (), False))

    def param(self, name: str, default: Any = None) -> Any:
        """A constant of the rule."""
        return self.rule.params.get(name, default)

    def issue(self, code: str, *fields: str, **measures: str | int | float) -> Issue:
        """An issue of this rule. The measures never hold an answer."""
        return Issue(self.rule.rule, fields, Reason(code, measures))


Check = Callable[[Answers], Iterable[Issue]]
CHECKS: dict[str, Check] = {}


def check_named(name: str) -> Callable[[Check], Check]:
    """Register a check under the name that form files use."""

    def register(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return register


def check(
    values: Mapping[str, Value], form: FormTemplate, *, today: date, count_same: CountSame | None = None
) -> tuple[Issue, ...]:
    """Every issue that the form's rules find in a record's values."""
    found: list[Issue] = []
    for rule in form.rules:
        found += CHECKS[rule.check](Answers(rule, form, values, today, count_same))
    return tuple(found)


# --- numbers -----------------------------------------------------------------------------------------


@check_named("length")
def _length(a: Answers) -> Iterable[Issue]:
    """`number` has one of the lengths in params."""
    number = a.text("number")
    if number and (not number.isdigit() or len(number) not in a.param("lengths")):
        wanted = " / ".join(str(n) for n in a.param("lengths"))
        yield a.issue("wrong_length", *a.ids("number"), length=len(number), wanted=wanted)


@check_named("identity_matches_birth")
def _identity_birth(a: Answers) -> Iterable[Issue]:
    """The year in a 12-digit `number` is the year of `birth`."""
    number, year = IdentityNumber.parse(a.text("number")), year_of(a.text("birth"))
    if number and year is not None and number.birth_year != year:
        yield a.issue("number_against_birth", *a.ids("number"), *a.ids("birth"))


@check_named("identity_matches_sex")
def _identity_sex(a: Answers) -> Iterable[Issue]:
    """The sex digit of a 12-digit `number` agrees with `sex` (params male, female: option ids)."""
    number, sex = IdentityNumber.parse(a.text("number")), a.text("sex")
    if number and sex and sex != a.param("male" if number.male else "female"):
        yield a.issue("number_against_sex", *a.ids("number"), *a.ids("sex"))


@check_named("identity_place_known")
def _identity_place(a: Answers) -> Iterable[Issue]:
    """The first three digits of a 12-digit `number` are a province of the list or a country."""
    number = IdentityNumber.parse(a.text("number"))
    if number and not number.known_place:
        yield a.issue("unknown_place_code", *a.ids("number"))


@check_named("unique")
def _unique(a: Answers) -> Iterable[Issue]:
    """No other record holds the same `number`; looks only where a database is at hand."""
    number = a.text("number")
    if number and a.count_same is not None:
        others = a.count_same(a.ids("number")[0], number)
        if others:
            yield a.issue("same_number", *a.ids("number"), count=others)


# --- dates -------------------------------------------------------------------------------------------


@check_named("calendar_date")
def _calendar(a: Answers) -> Iterable[Issue]:
    """Each of `dates` is a date of the calendar or a year."""
    for field in a.filled("dates"):
        value = a.values[field]
        if isinstance(value, str) and year_of(value) is None:
            yield a.issue("no_such_date", field)


@check_named("not_in_future")
def _not_in_future(a: Answers) -> Iterable[Issue]:
    """None of `dates` lies after today."""
    for field in a.filled("dates"):
        value = str(a.values[field])
        full, year = parse_date(value), year_of(value)
        if (full and full > a.today) or (not full and year is not None and year > a.today.year):
            yield a.issue("date_in_future", field)


@check_named("age")
def _age(a: Answers) -> Iterable[Issue]:
    """From `birth` to `day` (or today) lie between params least and most years."""
    birth = a.text("birth")
    day = parse_date(a.text("day")) or a.today
    born, year = parse_date(birth), year_of(birth)
    if year is None:
        return
    age = age_on(born, day) if born else day.year - year
    if age < a.param("least"):
        yield a.issue("too_young", *a.ids("birth"), age=a.param("least"))
    elif age > a.param("most", 120):
        yield a.issue("too_old", *a.ids("birth"), age=a.param("most", 120))


# --- which answers belong together -------------------------------------------------------------------


@check_named("required")
def _required(a: Answers) -> Iterable[Issue]:
    """Every field that the form requires has an answer."""
    for spec in a.form.fields:
        if spec.required and a.values.get(spec.id) in (None, "", ()):
            yield a.issue("answer_missing", spec.id)


@check_named("only_when")
def _only_when(a: Answers) -> Iterable[Issue]:
    """`then` may be answered only when `when` is one of params values."""
    chosen = a.values.get(a.ids("when")[0])
    filled = a.filled("then")
    if filled and chosen not in a.param("values"):
        yield a.issue("answer_not_expected", *a.ids("when"), *filled, count=len(filled))


@check_named("needed_when")
def _needed_when(a: Answers) -> Iterable[Issue]:
    """When `when` is one of params values, each of `then` must be answered."""
    if a.values.get(a.ids("when")[0]) not in a.param("values"):
        return
    missing = [i for i in a.ids("then") if i not in a.filled("then")]
    if missing:
        yield a.issue("answer_expected", *a.ids("when"), *missing, count=len(missing))


@check_named("includes_when_filled")
def _includes_when_filled(a: Answers) -> Iterable[Issue]:
    """`text` is written exactly when the several answers of `choices` include params option."""
    chosen = a.values.get(a.ids("choices")[0])
    ticked = isinstance(chosen, tuple) and a.param("option") in chosen
    if ticked and not a.filled("text"):
        yield a.issue("answer_expected", *a.ids("choices"), *a.ids("text"), count=1)
    elif a.filled("text") and not ticked:
        yield a.issue("tick_expected", *a.ids("choices"), *a.ids("text"))


@check_named("kind_of_field")
def _digits_only(a: Answers) -> Iterable[Issue]:
    """Fields of digits hold digits only."""
    for spec in a.form.fields:
        value = a.values.get(spec.id)
        if spec.kind is FieldKind.DIGITS and isinstance(value, str) and value and not value.isdigit():
            yield a.issue("digits_only", spec.id)
