"""Checks between answers, as small named functions in one registry. They raise issues, they never edit.

A form's file binds a check's roles to its fields and names the rule; no check knows a form or a field. An issue says
that answers do not agree, never which of them is wrong: a person looks at the sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date

from scanner.errors import FormError
from scanner.model import FieldKind, FormTemplate, Issue, Reason, RuleSpec, Value
from scanner.vietnam.dates import age_on, parse_date, span_of, year_of
from scanner.vietnam.ethnic import find_group
from scanner.vietnam.identity import IdentityNumber
from scanner.vietnam.orthography import nfc, usual_tones

CountSame = Callable[[str, str], int]
"""(field id, value) → how many other records hold the same value."""
MOST_YEARS = 120
"""Age beyond which a birth date is doubted where a rule does not say."""


def is_empty(value: Value) -> bool:
    """Is this no answer: nothing, blanks, no tick, no signature?"""
    return not (value.strip() if isinstance(value, str) else value)


@dataclass(frozen=True, slots=True)
class RuleAnswers:
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
        return value.strip() if isinstance(value, str) else ""

    def filled(self, role: str) -> tuple[str, ...]:
        """The fields of a role that have an answer."""
        return tuple(i for i in self.ids(role) if not is_empty(self.values.get(i)))

    def empty(self, role: str) -> tuple[str, ...]:
        """The fields of a role that have no answer."""
        return tuple(i for i in self.ids(role) if is_empty(self.values.get(i)))

    def chosen(self, role: str) -> frozenset[str]:
        """The options chosen in a role of one field, be it of one answer or of several."""
        value = self.values.get(self.ids(role)[0]) if self.ids(role) else None
        return frozenset(value) if isinstance(value, tuple) else frozenset({value} if isinstance(value, str) else ())

    def issue(self, code: str, *fields: str, **measures: str | int | float) -> Issue:
        """An issue of this rule. The measures never hold an answer."""
        return Issue(self.rule.rule, fields, Reason(code, measures))


@dataclass(frozen=True, slots=True)
class NamedCheck:
    """A check with the roles that a rule must bind and the constants that it must give, and what it can do without."""

    run: Callable[[RuleAnswers], Iterable[Issue]]
    roles: tuple[str, ...]
    params: tuple[str, ...]
    spare: tuple[str, ...] = ()
    spare_params: tuple[str, ...] = ()


CHECKS: dict[str, NamedCheck] = {}
MANY = frozenset({"dates", "later", "then"})
"""Roles that may be bound to several fields."""
CONSTANTS: Mapping[str, str] = {
    "lengths": "numbers",
    "least": "number",
    "most": "number",
    "values": "options",
    "option": "option",
    "male": "option",
    "female": "option",
}
"""What each constant is: a number, several, or the ids of options of the fields that the rule binds."""


def check_named(
    name: str,
    *roles: str,
    params: tuple[str, ...] = (),
    spare: tuple[str, ...] = (),
    spare_params: tuple[str, ...] = (),
) -> Callable[[Callable[[RuleAnswers], Iterable[Issue]]], Callable[[RuleAnswers], Iterable[Issue]]]:
    """Register a check under the name that form files use, with the roles and constants that it cannot do without."""

    def register(function: Callable[[RuleAnswers], Iterable[Issue]]) -> Callable[[RuleAnswers], Iterable[Issue]]:
        CHECKS[name] = NamedCheck(function, roles, params, spare, spare_params)
        return function

    return register


def check_rules(
    values: Mapping[str, Value], form: FormTemplate, *, today: date, count_same: CountSame | None = None
) -> tuple[Issue, ...]:
    """Every issue that the form's rules find in a record's values, in the order of the rules.

    The one place where rules are run, when a page is read as when a person corrected a record. `values` are by field;
    a field that could not be read counts as empty: its value is None. Of pages of which no field is there nothing is
    asked. `count_same` asks the database; without it the check that needs one is silent. Raises FormError for a rule
    that cannot be run.
    """
    form = _of_pages(form, {spec.page for spec in form.fields if spec.id in values})
    found: list[Issue] = []
    for rule in form.rules:
        found += _runnable(rule, form).run(RuleAnswers(rule, form, values, today, count_same))
    return (*found, *_repeated_alike(values, form))


def _of_pages(form: FormTemplate, pages: Set[int]) -> FormTemplate:
    """The form with the fields of some of its pages, and the rules that speak of no others."""
    fields = tuple(spec for spec in form.fields if spec.page in pages)
    if form.page_count == 1 or len(fields) == len(form.fields):
        return form
    there = {spec.id for spec in fields}
    rules = tuple(rule for rule in form.rules if rule.named <= there)
    return form.model_copy(update={"fields": fields, "rules": rules})


def _repeated_alike(values: Mapping[str, Value], form: FormTemplate) -> Iterable[Issue]:
    """Values that are said to repeat another (`same_as`) and do not; every form of several pages has this rule.

    Case, spaces and the place of tone marks make no difference, and what is empty repeats nothing.
    """
    for spec in form.fields:
        first, second = values.get(spec.same_as or spec.id), values.get(spec.id)
        if not is_empty(first) and not is_empty(second) and _plain(first) != _plain(second):
            yield Issue("pages_disagree", (spec.same_as or spec.id, spec.id), Reason("pages_disagree"))


def _plain(value: Value) -> Value:
    return usual_tones(" ".join(nfc(value).split())).casefold() if isinstance(value, str) else value


def _runnable(rule: RuleSpec, form: FormTemplate) -> NamedCheck:
    named = CHECKS.get(rule.check)
    if named is None:
        raise FormError("rule_unknown", rule=rule.rule, form=form.id, checks=", ".join(CHECKS))
    missing = [r for r in named.roles if not rule.fields.get(r)] + [p for p in named.params if p not in rule.params]
    if missing:
        raise FormError("rule_incomplete", rule=rule.rule, form=form.id, missing=", ".join(missing))
    return named


def rule_faults(form: FormTemplate) -> Iterable[Reason]:
    """Rules that could not be run: roles left free, constants missing or of the wrong sort."""
    for rule in form.rules:
        named = CHECKS.get(rule.check)
        if named is None:
            continue  # check_form tells
        missing = [r for r in named.roles if not rule.fields.get(r)] + [p for p in named.params if p not in rule.params]
        for lacking in missing:
            yield Reason("rule_incomplete", {"rule": rule.rule, "lacks": lacking})
        known = {o.id for spec in form.fields if spec.id in _bound(rule) for o in spec.options}
        for name, value in rule.params.items():
            if not _fits(CONSTANTS.get(name, ""), value, known):
                yield Reason("rule_constant", {"rule": rule.rule, "name": name})


def _fits(sort: str, value: object, options: set[str]) -> bool:
    """Is the value of that sort?"""
    items = value if isinstance(value, (list, tuple)) else None
    if sort == "number":
        return _is_number(value)
    if sort == "numbers":
        return bool(items) and all(_is_number(item) for item in items or ())
    if sort == "options":
        return bool(items) and all(item in options for item in items or ())
    return sort != "option" or value in options


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _bound(rule: RuleSpec) -> frozenset[str]:
    return frozenset(i for bound in rule.fields.values() for i in ((bound,) if isinstance(bound, str) else bound))


# --- numbers -----------------------------------------------------------------------------------------


@check_named("length", "number", params=("lengths",))
def _length(a: RuleAnswers) -> Iterable[Issue]:
    """`number` has one of the lengths in params."""
    number = a.text("number")
    if number and len(number) not in a.rule.listed("lengths"):
        wanted = " / ".join(str(n) for n in a.rule.listed("lengths"))
        yield a.issue("wrong_length", *a.ids("number"), length=len(number), wanted=wanted)


@check_named("identity_matches_birth", "number", "birth")
def _identity_birth(a: RuleAnswers) -> Iterable[Issue]:
    """The year in a 12-digit `number` is the year of `birth`."""
    number, year = IdentityNumber.parse(a.text("number")), year_of(a.text("birth"))
    if number and year is not None and number.birth_year not in (None, year):
        yield a.issue("number_against_birth", *a.ids("number"), *a.ids("birth"))


@check_named("identity_matches_sex", "number", "sex", params=("male", "female"))
def _identity_sex(a: RuleAnswers) -> Iterable[Issue]:
    """The sex digit of a 12-digit `number` agrees with `sex` (params male, female: option ids)."""
    number, sex = IdentityNumber.parse(a.text("number")), a.text("sex")
    if number and number.male is not None and sex and sex != a.rule.option("male" if number.male else "female"):
        yield a.issue("number_against_sex", *a.ids("number"), *a.ids("sex"))


@check_named("identity_place_known", "number")
def _identity_place(a: RuleAnswers) -> Iterable[Issue]:
    """The first three digits of a 12-digit `number` are a province's or a country's code.

    000 is neither: an old number of nine digits with zeros before it, or an 8 that looks like a 0.
    """
    number = IdentityNumber.parse(a.text("number"))
    if number and number.padded:
        yield a.issue("number_padded", *a.ids("number"))
    elif number and not number.known_place:
        yield a.issue("unknown_place_code", *a.ids("number"))


@check_named("unique", "number")
def _unique(a: RuleAnswers) -> Iterable[Issue]:
    """No other record holds the same `number`; looks only where a database is at hand."""
    number = a.text("number")
    if number and a.count_same is not None:
        others = a.count_same(a.ids("number")[0], number)
        if others:
            yield a.issue("same_number", *a.ids("number"), count=others)


@check_named("kind_of_field")
def _digits_only(a: RuleAnswers) -> Iterable[Issue]:
    """Fields of digits hold digits only (no apostrophe of a spreadsheet, no letter O)."""
    for spec in a.form.fields:
        value = a.values.get(spec.id)
        if spec.kind is not FieldKind.DIGITS or not isinstance(value, str) or is_empty(value):
            continue
        if not (value.isascii() and value.isdigit()):
            yield a.issue("digits_only", spec.id)


# --- dates -------------------------------------------------------------------------------------------


@check_named("calendar_date", "dates")
def _calendar(a: RuleAnswers) -> Iterable[Issue]:
    """Each of `dates` is a date of the calendar or a year (31/02 is neither, nor is a spreadsheet's serial)."""
    for field in a.filled("dates"):
        value = a.values[field]
        if isinstance(value, str) and year_of(value) is None:
            yield a.issue("no_such_date", field)


@check_named("not_in_future", "dates")
def _not_in_future(a: RuleAnswers) -> Iterable[Issue]:
    """None of `dates` lies after today."""
    for field in a.filled("dates"):
        span = span_of(str(a.values[field]))
        if span and span[0] > a.today:
            yield a.issue("date_in_future", field)


@check_named("in_order", "earlier", "later")
def _in_order(a: RuleAnswers) -> Iterable[Issue]:
    """Each of `later` lies on the day of `earlier` or after it."""
    first = span_of(a.text("earlier"))
    for field in a.filled("later"):
        second = span_of(str(a.values[field]))
        if first and second and second[1] < first[0]:
            yield a.issue("dates_out_of_order", *a.ids("earlier"), field)


@check_named("age", "birth", params=("least",), spare=("day",), spare_params=("most",))
def _age(a: RuleAnswers) -> Iterable[Issue]:
    """From `birth` to `day` (or today) lie between params least and most (120) years.

    Of a year alone the kindest reading counts. A `day` before birth or after today decides nothing: other checks tell.
    """
    born, day = span_of(a.text("birth")), parse_date(a.text("day"))
    if born is None or born[0] > a.today:
        return
    if day is None or not born[0] <= day <= a.today:
        day = a.today
    if age_on(born[0], day) < a.rule.number("least"):
        yield a.issue("too_young", *a.ids("birth"), age=a.rule.number("least"))
    elif age_on(born[1], day) > a.rule.number("most", MOST_YEARS):
        yield a.issue("too_old", *a.ids("birth"), age=a.rule.number("most", MOST_YEARS))


# --- which answers belong together -------------------------------------------------------------------


@check_named("required")
def _required(a: RuleAnswers) -> Iterable[Issue]:
    """Every field that the form requires has an answer."""
    for spec in a.form.fields:
        if spec.required and is_empty(a.values.get(spec.id)):
            yield a.issue("answer_missing", spec.id)


@check_named("only_when", "when", "then", params=("values",))
def _only_when(a: RuleAnswers) -> Iterable[Issue]:
    """`then` may be answered only when `when` is one of params values."""
    filled = a.filled("then")
    if filled and not a.chosen("when") & set(a.rule.listed("values")):
        yield a.issue("answer_not_expected", *a.ids("when"), *filled, count=len(filled))


@check_named("not_when", "when", "then", params=("values",))
def _not_when(a: RuleAnswers) -> Iterable[Issue]:
    """When `when` is one of params values, none of `then` may be answered. Silent while `when` is empty."""
    filled = a.filled("then")
    if filled and a.chosen("when") & set(a.rule.listed("values")):
        yield a.issue("answer_not_expected", *a.ids("when"), *filled, count=len(filled))


@check_named("needed_when", "when", "then", params=("values",))
def _needed_when(a: RuleAnswers) -> Iterable[Issue]:
    """When `when` is one of params values, each of `then` must be answered."""
    missing = a.empty("then")
    if missing and a.chosen("when") & set(a.rule.listed("values")):
        yield a.issue("answer_expected", *a.ids("when"), *missing, count=len(missing))


@check_named("includes_when_filled", "choices", "text", params=("option",))
def _includes_when_filled(a: RuleAnswers) -> Iterable[Issue]:
    """`text` is written exactly when the answers of `choices` include params option."""
    ticked = a.rule.option("option") in a.chosen("choices")
    if ticked and not a.filled("text"):
        yield a.issue("text_expected", *a.ids("choices"), *a.ids("text"))
    elif a.filled("text") and not ticked:
        yield a.issue("tick_expected", *a.ids("choices"), *a.ids("text"))


@check_named("minority_known", "name")
def _minority_known(a: RuleAnswers) -> Iterable[Issue]:
    """`name` is one of the 53 minority groups, by any name or spelling that people write."""
    name = a.text("name")
    group = find_group(name) if name else None
    if name and group is None:
        yield a.issue("unknown_group", *a.ids("name"))
    elif group and not group.minority:
        yield a.issue("no_minority", *a.ids("name"))
