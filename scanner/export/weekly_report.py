"""The commune's weekly report: how many sheets came in and where they stand, what the verified ones say.

Counts only: no name, no number, no value of a single sheet.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import SettingsError
from scanner.export.columns import VIETNAM
from scanner.export.html_report import Table, Tile, render_report
from scanner.export.workbook import Cell, Workbook, WorkbookTable
from scanner.files import replacing
from scanner.messages import message
from scanner.model import FieldKind, FieldSpec, FormTemplate, PageStatus

if TYPE_CHECKING:
    from scanner.store.database import Store
    from scanner.store.views import ExportRow, IssueCount, PageRow, Viewer

COUNTS = ("pages", "read", "unplaced", "blank", "unreadable", "other", "rescan", "verified", "open")
MOST_COMMUNES = 12
"""Communes that fit beside each other in the HTML report; the workbook shows all."""


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week in Việt Nam's time, Monday to Sunday."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Week:
        """The week of "2024-W41". Raises SettingsError if there is no such week."""
        match = re.fullmatch(r"(\d{4})-?W(\d{1,2})", text.strip(), re.ASCII | re.IGNORECASE)
        try:
            if match is None:
                raise ValueError
            week = cls(int(match[1]), int(match[2]))
            _ = week.monday
        except ValueError:
            raise SettingsError("invalid_week", week=text) from None
        return week

    @classmethod
    def current(cls, now: dt.datetime | None = None) -> Week:
        """The week of that moment (default: now)."""
        moment = (now or dt.datetime.now(dt.UTC)).astimezone(VIETNAM)
        year, number, _ = moment.isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> dt.date:
        """Its first day."""
        return dt.date.fromisocalendar(self.year, self.number, 1)

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Its seven days."""
        return tuple(self.monday + dt.timedelta(days=i) for i in range(7))

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """Its first moment, and the first moment after it."""
        start = dt.datetime.combine(self.monday, dt.time(), VIETNAM)
        return start, start + dt.timedelta(days=7)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"


@dataclass(frozen=True, slots=True)
class PageCounts:
    """Pages that came in on one day in one commune ("" where none is named), as they stand now.

    `pages` and what could not be read count pages. `read` counts records, which are sheets of one page or several, on
    the day of their first page; each is `verified` or `open`.
    """

    xa: str
    day: dt.date
    pages: int
    read: int
    unplaced: int
    blank: int
    unreadable: int
    verified: int
    open: int
    other: int = 0  # set aside by a person: no such form
    rescan: int = 0  # set aside by a person: to be scanned again


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """How often each option of a field was chosen in a form's records: by option id, None for no answer."""

    form: FormTemplate
    field: FieldSpec
    total: Counter[str | None]
    by_xa: dict[str, Counter[str | None]]


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """Everything counted for one week."""

    week: Week
    made_at: dt.datetime
    arrivals: tuple[PageCounts, ...]  # by commune, then day; only days on which pages came in
    verified: int  # records verified in the week, whenever they came in
    answers: tuple[AnswerCounts, ...]  # of those records
    issues: tuple[IssueCount, ...]  # of the pages that came in, by commune and rule

    @property
    def communes(self) -> tuple[str, ...]:
        """Every commune that anything was counted for."""
        names = {counts.xa for counts in self.arrivals} | {xa for held in self.answers for xa in held.by_xa}
        return tuple(sorted(names))


def weekly_report(
    store: Store,
    week: Week,
    viewer: Viewer | None = None,
    *,
    forms: Callable[[str], FormTemplate],
    now: dt.datetime | None = None,
) -> WeeklyReport:
    """Count one week, over the communes that `viewer` may see (None: all).

    Pages count in the week and on the day they came in, in Việt Nam's time; answers count in the week in
    which their record was verified.
    """
    start, end = week.bounds
    rows = store.export_rows(status="verified", viewer=viewer, verified_from=start, verified_until=end)
    verified, answers = count_answers(rows, forms)
    return WeeklyReport(
        week=week,
        made_at=now or dt.datetime.now(dt.UTC),
        arrivals=count_pages(store.pages_between(start, end, viewer=viewer)),
        verified=verified,
        answers=answers,
        issues=tuple(sorted(store.issue_counts(start, end, viewer=viewer), key=lambda i: (i.xa or "", i.rule))),
    )


def count_pages(pages: Iterable[PageRow]) -> tuple[PageCounts, ...]:
    """Pages by commune and day of arrival."""
    counted: dict[tuple[str, dt.date], Counter[str]] = {}
    for page in pages:
        counts = counted.setdefault((page.xa or "", page.arrived.astimezone(VIETNAM).date()), Counter())
        counts["pages"] += 1
        if page.joined:
            continue
        counts[PageStatus(page.status).value] += 1
        if page.status == PageStatus.READ:
            counts["verified" if page.verified else "open"] += 1
    return tuple(
        PageCounts(xa, day, **{name: counts[name] for name in COUNTS}) for (xa, day), counts in sorted(counted.items())
    )


def count_answers(
    rows: Iterable[ExportRow], forms: Callable[[str], FormTemplate]
) -> tuple[int, tuple[AnswerCounts, ...]]:
    """The number of records, and for each choice field how often each option was chosen."""
    records = 0
    held: dict[str, dict[str, AnswerCounts]] = {}
    for row in rows:
        records += 1
        if row.form not in held:
            form = forms(row.form)
            fields = [spec for spec in form.fields if spec.kind in (FieldKind.CHOICE, FieldKind.CHOICES)]
            held[row.form] = {spec.id: AnswerCounts(form, spec, Counter(), {}) for spec in fields}
        for field, answers in held[row.form].items():
            value = row.values.get(field)
            chosen: list[str | None] = list(value) if isinstance(value, tuple) else [str(value)] if value else []
            answers.total.update(chosen or [None])
            answers.by_xa.setdefault(row.xa or "", Counter()).update(chosen or [None])
    return records, tuple(answers for form in sorted(held) for answers in held[form].values())


def write_weekly_report(report: WeeklyReport, out: Path, lang: str = "vi") -> None:
    """Write the report as a workbook or a page, by the suffix of `out`.

    Raises SettingsError for another suffix, StorageFull and SohoaError as `replacing` does.
    """
    writers = {".xlsx": _write_xlsx, ".html": _write_html}
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise SettingsError("unknown_report_format", file=out.name)
    with replacing(out) as temporary:
        writer(report, temporary, lang)


# --- tables, alike in both formats -----------------------------------------------------------------


def _text(code: str, lang: str, **params: str | float) -> str:
    return message(f"report.{code}", lang, **params)


def _commune(xa: str, lang: str) -> str:
    return xa or _text("no_commune", lang)


def _sum(counts: Sequence[PageCounts]) -> list[int]:
    return [sum(getattr(held, name) for held in counts) for name in COUNTS]


def _by_commune(report: WeeklyReport, lang: str) -> list[list[Cell]]:
    """One row a commune, then the sum."""
    rows: list[list[Cell]] = []
    for xa in sorted({held.xa for held in report.arrivals}):
        rows.append([_commune(xa, lang), *_sum([held for held in report.arrivals if held.xa == xa])])
    return [*rows, [_text("total", lang), *_sum(report.arrivals)]]


def _by_day(report: WeeklyReport, lang: str) -> list[list[Cell]]:
    return [[_commune(held.xa, lang), held.day, *(getattr(held, name) for name in COUNTS)] for held in report.arrivals]


def _answers(report: WeeklyReport, communes: Sequence[str], lang: str) -> list[list[Cell]]:
    """One row an option: field, option, total, then each commune."""
    rows: list[list[Cell]] = []
    for held in report.answers:
        known: dict[str | None, str] = {option.id: option.label for option in held.field.options}
        for option in [*known, *(chosen for chosen in held.total if chosen not in known)]:
            label = _text("no_answer", lang) if option is None else known.get(option, option)
            counts = [held.by_xa.get(xa, Counter())[option] for xa in communes]
            rows.append([held.field.label, label, held.total[option], *counts])
    return rows


def _issues(report: WeeklyReport, lang: str) -> list[list[Cell]]:
    return [[_commune(held.xa or "", lang), held.rule, held.open, held.settled] for held in report.issues]


def _count_heads(lang: str) -> list[str]:
    return [_text(f"head.{name}", lang) for name in COUNTS]


def _date(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def _write_xlsx(report: WeeklyReport, path: Path, lang: str) -> None:
    communes = report.communes
    named = [_commune(xa, lang) for xa in communes]
    place, day = _text("head.commune", lang), _text("head.day", lang)
    answer_heads = [_text(f"head.{name}", lang) for name in ("field", "option", "total")] + named
    issue_heads = [place, *(_text(f"head.{name}", lang) for name in ("rule", "open_issues", "settled"))]
    with Workbook(path, lang) as book:
        _fill(book, "by_commune", [place, *_count_heads(lang)], _by_commune(report, lang), [30] + [13] * len(COUNTS))
        _fill(book, "by_day", [place, day, *_count_heads(lang)], _by_day(report, lang), [30, 13] + [13] * len(COUNTS))
        widths = [42, 40, 12] + [14] * len(communes)
        _fill(book, "answers", answer_heads, _answers(report, communes, lang), widths)
        _fill(book, "issues", issue_heads, _issues(report, lang), [30, 42, 14, 14])
        about: list[list[Cell]] = [[line] for line in _about(report, lang)]
        _fill(book, "about", [_text("title", lang, week=str(report.week))], about, [120])


def _fill(
    book: Workbook, name: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], widths: Sequence[int]
) -> None:
    held = WorkbookTable(book, _text(f"sheet.{name}", book.lang), heads, widths)
    for row in rows:
        held.add([(cell, None) for cell in row])
    held.close()


def _about(report: WeeklyReport, lang: str) -> list[str]:
    days = report.week.days
    made = f"{report.made_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
    return [
        _text("intro", lang, first=_date(days[0]), last=_date(days[-1]), made=made),
        _text("note_pages", lang),
        _text("note_answers", lang, n=report.verified),
    ]


def _write_html(report: WeeklyReport, path: Path, lang: str) -> None:
    intro, _, note_answers = _about(report, lang)
    place, day = _text("head.commune", lang), _text("head.day", lang)
    sums = dict(zip(COUNTS, _sum(report.arrivals), strict=True))
    by_commune = _by_commune(report, lang)
    communes = report.communes if len(report.communes) <= MOST_COMMUNES else ()
    answer_heads = [_text(f"head.{name}", lang) for name in ("field", "option", "total")]
    issue_heads = [place, *(_text(f"head.{name}", lang) for name in ("rule", "open_issues", "settled"))]
    text = render_report(
        "weekly_report.html",
        lang,
        title=_text("title", lang, week=str(report.week)),
        intro=intro,
        note_answers=note_answers,
        tiles=[
            Tile(str(sums[name]), _text(f"head.{name}", lang), tone="good" if name == "verified" else "")
            for name in ("pages", "read", "verified", "open")
        ],
        by_commune=Table([place, *_count_heads(lang)], _texts(by_commune), sums=[len(by_commune) - 1]),
        by_day=Table([place, day, *_count_heads(lang)], _texts(_by_day(report, lang)), words=2),
        answers=Table(
            [*answer_heads, *(_commune(xa, lang) for xa in communes)],
            _texts(_answers(report, communes, lang)),
            words=2,
        ),
        issues=Table(issue_heads, _texts(_issues(report, lang)), words=2),
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def _texts(rows: Iterable[Sequence[Cell]]) -> list[list[str]]:
    return [[_date(cell) if isinstance(cell, dt.date) else str(cell) for cell in row] for row in rows]
