"""Pages of forms of several pages assembled to sheets: by the batch order, and by values that repeat.

A batch is scanned page after page (1, 2, 1, 2), turned over (2, 1, 2, 1), or all fronts and then all backs (1, 1, 2, 2,
the backs perhaps from the last to the first). Values that stand on several pages (`FieldSpec.same_as`) confirm what
the order suggests, or refute it. A page that could not be placed ends the sheet it lies in, and a new sheet begins
behind it, so that nobody gets the page of their neighbour. Pages that neither order nor values assign stay single and
go to a person.

The result does not depend on which pages came first, but for files of one name, which are ordered by that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from itertools import groupby, pairwise

from scanner.files import natural_key
from scanner.model import FieldKind
from scanner.sheets.match_keys import EACH, LONGEST, MatchKey, compared, folded

PLACED = 3.0
"""How much lying one after the other in the batch says, nats: one page in twenty is missing or turned."""
STRONG = 4.5
"""From here on values alone join pages that lie far apart: six letters, or twelve digits of which two were misread."""
COMMON = 3
"""Sheets with the same value from which on it does not say whose sheet it is (a village, a date of filling in)."""
PAIRED = 400
"""Loose pages of a form that are compared each with each."""


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A page of a batch. One that is of no form of several pages counts by its place in the batch alone."""

    id: str
    source: str  # the file's name
    file: str  # what tells the file from another of that name
    number: int  # within the file
    form: str = ""  # "" where none was found on it
    form_page: int = 1
    match_keys: Mapping[str, MatchKey] = hidden(default_factory=dict, repr=False)  # by the value's name on every page
    arrived: float = 0.0
    blank: bool = False  # an empty back: it is passed over
    pinned_group: str = ""  # pages of one group stay together: a person has worked on them
    joins_nothing: bool = False  # a person took it off its sheet, or said that the sheet ends with it: it joins nothing


@dataclass(frozen=True, slots=True)
class AssembledSheet:
    """Pages of one sheet, by page of the form. `doubled`: they seem to be there a second time, before these."""

    form: str
    pages: tuple[BatchPage, ...]
    doubled: bool = False


def assemble(pages: Iterable[BatchPage], page_counts: Mapping[str, int]) -> tuple[AssembledSheet, ...]:
    """The sheets of one batch in the batch order: every page of a form that `page_counts` names (form id → how many
    pages it has) is in exactly one of them, none has a page twice, and no two whose sure values differ are put
    together, unless by a person.
    """
    ordered = _in_order(pages)
    stacks = list(_stacks(ordered))
    groups = _Groups([page for page in ordered if page.form in page_counts])
    for form in sorted(page_counts):
        mine = [page for page in ordered if page.form == form]
        _join_by_values(groups, mine)
        _join_by_order(groups, stacks, form, page_counts[form])
        _join_the_rest(groups, mine)
    doubled = _doubled(groups, page_counts)
    return tuple(
        AssembledSheet(group[0].form, tuple(sorted(group, key=lambda page: page.form_page)), group[0].id in doubled)
        for group in groups.all()
    )


# --- the batch order ----------------------------------------------------------------------------------------


def _in_order(pages: Iterable[BatchPage]) -> list[BatchPage]:
    """By name of file and page. Scanners number anew in every folder: of files of one name the first is of the first
    folder, and so on."""
    given = list(pages)
    arrived: dict[tuple[str, str], float] = {}
    for page in given:
        at = arrived.get((page.source, page.file), page.arrived)
        arrived[page.source, page.file] = min(at, page.arrived)
    series: dict[tuple[str, str], int] = {}
    for _, files in groupby(sorted(arrived, key=lambda name: (name[0], arrived[name], name)), key=lambda name: name[0]):
        series.update((name, n) for n, name in enumerate(files))
    return sorted(given, key=lambda f: (series[f.source, f.file], natural_key(f.source), f.source, f.file, f.number))


def _stacks(ordered: Sequence[BatchPage]) -> Iterator[list[BatchPage]]:
    """What was scanned in one go: the pages of a file, or files of one page after another. Empty backs are left out."""
    sizes = Counter((page.source, page.file) for page in ordered)

    def go(page: BatchPage) -> tuple[str, str]:
        return (page.source, page.file) if sizes[page.source, page.file] > 1 else ("", "")

    for _, stack in groupby(ordered, key=go):
        yield [page for page in stack if not page.blank]


# --- what values say ---------------------------------------------------------------------------------


def agreement(a: BatchPage, b: BatchPage) -> float | None:
    """What the values of two pages say for one sheet (against it below 0), in nats; None where sure ones differ."""
    total = 0.0
    for name in sorted(a.match_keys.keys() & b.match_keys.keys()):
        says = compared(a.match_keys[name], b.match_keys[name])
        if says is None:
            return None
        total += says
    return total


# --- groups ------------------------------------------------------------------------------------------


class _Groups:
    """Pages that are together so far; each page is in one group."""

    def __init__(self, pages: Sequence[BatchPage]) -> None:
        self._at = {page.id: n for n, page in enumerate(pages)}
        self._of: dict[str, list[BatchPage]] = {}
        pinned: dict[str, list[BatchPage]] = {}
        for page in pages:
            group = pinned.setdefault(page.pinned_group or page.id, [])
            group.append(page)
            self._of[page.id] = group

    def of(self, page: BatchPage) -> list[BatchPage]:
        """The group of a page."""
        return self._of[page.id]

    def all(self) -> list[list[BatchPage]]:
        """Every group, in the order of their first pages in the batch."""
        groups = {id(group): group for group in self._of.values()}
        return sorted(groups.values(), key=lambda group: min(self._at[page.id] for page in group))

    def place(self, page: BatchPage) -> int:
        """Where a page lies among those of forms of several pages."""
        return self._at[page.id]

    def together(self, a: BatchPage, b: BatchPage) -> bool:
        """Are both on one sheet?"""
        return self._of[a.id] is self._of[b.id]

    def says(self, a: BatchPage, b: BatchPage) -> float | None:
        """What values say for joining the groups of two pages; None where that cannot be."""
        one, other = self._of[a.id], self._of[b.id]
        if any(page.joins_nothing for page in (*one, *other)):
            return None
        if {page.form_page for page in one} & {page.form_page for page in other}:
            return None
        found = [agreement(x, y) for x in one for y in other]
        known = [says for says in found if says is not None]
        if len(known) < len(found):
            return None
        return min(known) if min(known) < 0 else max(known)

    def join(self, a: BatchPage, b: BatchPage) -> None:
        """Put the groups of two pages together."""
        one, other = self._of[a.id], self._of[b.id]
        one += other
        self._of.update((page.id, one) for page in other)


def _join_by_values(groups: _Groups, pages: Sequence[BatchPage]) -> None:
    """Join pages, wherever they lie, that alone of all share a value."""
    for shared in _sharing(pages):
        by_page: dict[int, list[BatchPage]] = defaultdict(list)
        for page in shared:
            by_page[page.form_page].append(page)
        alone = [found[0] for _, found in sorted(by_page.items()) if len(found) == 1]
        for a, b in pairwise(alone):
            says = None if groups.together(a, b) else groups.says(a, b)
            if says is not None and says >= STRONG:
                groups.join(a, b)


def _sharing(pages: Sequence[BatchPage]) -> list[list[BatchPage]]:
    """Pages with the same value, long enough to distinguish people."""
    held: dict[tuple[str, str], list[BatchPage]] = defaultdict(list)
    for page in pages:
        for name, key in page.match_keys.items():
            text = folded(key)
            if key.kind is not FieldKind.CHOICE and EACH * len(text) >= STRONG:
                held[name, text].append(page)
    return [found for _, found in sorted(held.items()) if len(found) > 1]


def _join_the_rest(groups: _Groups, pages: Sequence[BatchPage]) -> None:
    """Join single pages that were misread a little, where each is the other's one likely partner."""
    single = [page for page in pages if len(groups.of(page)) == 1 and page.match_keys and not page.joins_nothing]
    if len(single) > PAIRED:
        return
    partners: dict[str, list[BatchPage]] = defaultdict(list)
    for n, a in enumerate(single):
        for b in single[n + 1 :]:
            says = groups.says(a, b)
            if says is not None and says >= STRONG:
                partners[a.id].append(b)
                partners[b.id].append(a)
    for a in single:
        for b in partners[a.id]:
            same = [page for page in partners[a.id] if page.form_page == b.form_page]
            back = [page for page in partners[b.id] if page.form_page == a.form_page]
            if len(same) == len(back) == 1 and not groups.together(a, b) and groups.says(a, b) is not None:
                groups.join(a, b)


# --- what the order says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Guess:
    """Two pages that belong together if the batch was scanned in a certain way, and how much that says, nats."""

    a: BatchPage
    b: BatchPage
    weight: float


def _join_by_order(groups: _Groups, stacks: Sequence[Sequence[BatchPage]], form: str, whole: int) -> None:
    """Take the way of scanning that explains a stack best, and join what it says unless values refute it."""
    both = [(_neighbours(stack, form), _neighbours(stack[::-1], form)) for stack in stacks]
    ways = [_way(groups, stack, form, whole, up, down) for stack, (up, down) in zip(stacks, both, strict=True)]
    for stack, way, (up, down) in zip(stacks, ways, both, strict=True):
        way = way or sum(ways)  # as the other files of the batch
        guesses = [up if way > 0 else _mute(up), down if way < 0 else _mute(down)]
        guesses += _blocks([page for page in stack if page.form == form])
        best = max(guesses, key=lambda found: sum(_worth(groups, guess) for guess in found))  # of equal ones the first
        for guess in best:
            if not groups.together(guess.a, guess.b) and _worth(groups, guess) > 0:
                groups.join(guess.a, guess.b)


def _way(
    groups: _Groups, stack: Sequence[BatchPage], form: str, whole: int, up: Sequence[_Guess], down: Sequence[_Guess]
) -> int:
    """1 where a stack was scanned upwards (1, 2, 1, 2), -1 downwards (2, 1, 2, 1), 0 where that is not clear.

    Values decide, and of sheets of three pages the order itself. Every batch of two pages a sheet is nearly one of the
    other kind: there only its two ends decide, and a page missing at an end could turn every sheet into two halves of
    neighbours. So both ends must speak for one way, with and without the pages that could not be placed; of the usual
    way one of these four may be silent or wrong.
    """
    balance = sum(_sign(groups, guess) for guess in up) - sum(_sign(groups, guess) for guess in down)
    if balance:
        return 1 if balance > 0 else -1
    if whole > 2:
        return (len(up) > 1.5 * len(down)) - (len(down) > 1.5 * len(up))
    plain = _ends([page for page in stack if page.form == form], form)
    counted = _ends(stack, form)
    if min(plain, counted) >= 0 and plain + counted >= 2:
        return 1
    return -1 if plain + counted == -4 else 0


def _ends(stack: Sequence[BatchPage], form: str) -> int:
    """Do the first and the last page of a form of two pages lie where they would in a batch scanned upwards? From 2,
    where both do, to -2, where both lie where they would in one scanned downwards."""
    places = [n for n, page in enumerate(stack) if page.form == form]
    if not places:
        return 0
    first, last = places[0], places[-1]
    begins = (stack[first].form_page - 1 - first) % 2 == 0
    ends = (2 - stack[last].form_page - (len(stack) - 1 - last)) % 2 == 0
    return (1 if begins else -1) + (1 if ends else -1)


def _sign(groups: _Groups, guess: _Guess) -> int:
    """Do values speak for a guess (1), against it (-1), or not at all (0)?"""
    if groups.together(guess.a, guess.b):
        return 1
    says = groups.says(guess.a, guess.b)
    return -1 if says is None or says <= -PLACED else 1 if says > 0 else 0


def _mute(way: list[_Guess]) -> list[_Guess]:
    return [_Guess(guess.a, guess.b, 0.0) for guess in way]


def _worth(groups: _Groups, guess: _Guess) -> float:
    """What speaks for a guess; against it where it cannot be."""
    if groups.together(guess.a, guess.b):
        return guess.weight + max(agreement(guess.a, guess.b) or 0.0, 0.0)
    says = groups.says(guess.a, guess.b)
    return -PLACED if says is None else guess.weight + says


def _neighbours(stack: Sequence[BatchPage], form: str) -> list[_Guess]:
    """Each page with the next, while the pages of the form go up; anything else between them ends the sheet.

    Between two runs of equal pages (1, 1, 2, 2) the order says nothing: they may be fronts, and then backs.
    """
    found = []
    mine = [page for page in stack if page.form == form]
    place = {page.id: n for n, page in enumerate(mine)}
    for a, b in pairwise(stack):
        if a.form != form or b.form != form or b.form_page <= a.form_page:
            continue
        at = place[a.id]
        before, behind = mine[max(at - 1, 0) : at], mine[at + 2 : at + 3]
        flanked = before and behind and before[0].form_page == a.form_page and behind[0].form_page == b.form_page
        found.append(_Guess(a, b, 0.0 if flanked else PLACED))
    return found


def _blocks(mine: Sequence[BatchPage]) -> Iterator[list[_Guess]]:
    """Fronts and then backs, the backs in the same order or from the last; only values can say that it is so."""
    if any(b.form_page < a.form_page for a, b in pairwise(mine)):
        return
    sides = [list(side) for _, side in groupby(mine, key=lambda page: page.form_page)]
    for turned in (False, True):
        found = []
        for n, side in enumerate(sides[1:], 1):
            backs = side[::-1] if turned and n % 2 else side
            found += [_Guess(a, b, 0.0) for a, b in zip(sides[0], backs, strict=False)]
        yield found


# --- the same sheet twice ----------------------------------------------------------------------------


def _doubled(groups: _Groups, page_counts: Mapping[str, int]) -> set[str]:
    """Ids of the first pages of groups that seem to be there already: of two, the incomplete one, or the later."""
    doubled: set[str] = set()
    for form in sorted(page_counts):
        mine = [page for group in groups.all() for page in group if page.form == form]
        for shared in _sharing(mine):
            by_page: dict[int, list[BatchPage]] = defaultdict(list)
            for page in shared:
                by_page[page.form_page].append(page)
            for found in by_page.values():
                if len(found) <= COMMON:
                    doubled |= {
                        _later(groups, a, b) for a, b in _pairs(found) if _same_sheet(groups, a, b, page_counts[form])
                    }
    return doubled


def _pairs(found: Sequence[BatchPage]) -> Iterator[tuple[BatchPage, BatchPage]]:
    return ((a, b) for n, a in enumerate(found) for b in found[n + 1 :])


def _same_sheet(groups: _Groups, a: BatchPage, b: BatchPage, whole: int) -> bool:
    """Is it one page of one sheet twice? Two whole sheets with one name may be of two people, with one number not."""
    says = agreement(a, b)
    if says is None or says < STRONG:
        return False
    complete = all(len(groups.of(page)) == whole for page in (a, b))
    long = [c for c in a.match_keys.values() if c.kind is FieldKind.DIGITS and len(folded(c)) >= LONGEST]
    return not complete or bool(long) or says >= 2 * STRONG


def _later(groups: _Groups, a: BatchPage, b: BatchPage) -> str:
    one, other = groups.of(a), groups.of(b)
    later = max((one, other), key=lambda group: (-len(group), min(groups.place(page) for page in group)))
    return later[0].id
