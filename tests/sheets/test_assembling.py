"""Pages become sheets: by order, by values that repeat, and never somebody else's page."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, NextPage
from scanner.sheets.assembling import AssembledSheet, BatchPage, agreement, assemble
from scanner.sheets.match_keys import MatchKey, match_keys_of

PEOPLE = {who: f"0081{n:08}" for n, who in enumerate("abcdefghijklmnopqrstuvwxyz", 31)}
"""Numbers that are far from each other but for a few; see `far`."""


def far(who: str) -> str:
    """A number of twelve digits that no other person's is near to."""
    return f"{random.Random(who).randrange(10**11, 10**12)}"


def pile(text: str, *, keys: bool = False, sure: float = 0.9, file: str = "") -> list[BatchPage]:
    """Pages from "1a 2a ? 1b -": page of the form and person; ? was not placed, - is blank, = is of another form."""
    pages = []
    for n, word in enumerate(text.split(), 1):
        source = file or f"scan-{n}.jpg"
        page = BatchPage(f"{file}{n}:{word}", source, source, n if file else 1)
        if word == "-":
            page = replace(page, blank=True)
        elif word == "=":
            page = replace(page, form="other")
        elif word != "?":
            match_keys = {"number": MatchKey(far(word[1]), sure, FieldKind.DIGITS)} if keys else {}
            page = replace(page, form="two", form_page=int(word[0]), match_keys=match_keys)
        pages.append(page)
    return pages


def sheets(pages: list[BatchPage], count: int = 2) -> list[str]:
    """The sheets as words, as "1a2a 1b": an exclamation mark where one is there already."""
    found = assemble(pages, {"two": count})
    return ["".join(page.id.split(":")[1] for page in sheet.pages) + ("!" if sheet.doubled else "") for sheet in found]


@pytest.mark.parametrize("keys", [False, True])
@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("1a 2a 1b 2b 1c 2c", "1a2a 1b2b 1c2c"),
        ("2a 1a 2b 1b 2c 1c", "1a2a 1b2b 1c2c"),
        ("2a 1a", "1a2a"),
        ("1a ? 1b 2b 1c 2c", "1a 1b2b 1c2c"),
        ("1a 2a ? 2b 1c 2c", "1a2a 2b 1c2c"),
        ("1a ? ? 2b 1c 2c", "1a 2b 1c2c"),
        ("1a 1b 2b 1c 2c", "1a 1b2b 1c2c"),
        ("1a 2a 2b 1c 2c", "1a2a 2b 1c2c"),
        ("2a 1a ? 1b 2c 1c 2d 1d", "1a2a 1b 1c2c 1d2d"),
        ("? 2a 1b 2b 1c 2c", "2a 1b2b 1c2c"),
        ("1a - 2a - 1b - 2b -", "1a2a 1b2b"),
        ("1a = 2b 1c 2c", "1a 2b 1c2c"),
        ("1a", "1a"),
        ("2a", "2a"),
        ("", ""),
    ],
)
def test_order_tells_which_pages_belong(given_: str, wanted: str, keys: bool) -> None:
    assert sheets(pile(given_, keys=keys)) == wanted.split()
    assert sheets(pile(given_, keys=keys, file="pile.pdf")) == wanted.split()


@pytest.mark.parametrize("text", ["1a 1b 1c 2a 2b 2c", "1a 1b 1c 2c 2b 2a", "2a 2b 2c 1c 1b 1a", "1a 1b 2c 1c 2a 2b"])
def test_fronts_and_then_backs_are_joined_where_values_agree(text: str) -> None:
    assert sorted(sheets(pile(text, keys=True))) == ["1a2a", "1b2b", "1c2c"]


@pytest.mark.parametrize("text", ["1a 1b 1c 2a 2b 2c", "1a 1b 1c 2c 2b 2a", "1a 1b 2b 2a", "1a 1b 2a ? 2c"])
def test_fronts_and_then_backs_are_left_to_a_person_where_nothing_tells(text: str) -> None:
    assert all(len(sheet) == 2 for sheet in sheets(pile(text)))


def test_backs_in_blocks_are_joined_by_place_where_most_values_were_misread() -> None:
    pages = pile("1a 1b 1c 1d 2d 2c 2b 2a", keys=True, sure=0.6)
    wrong = {"2d": 1, "2b": 2, "2a": 2}
    pages = [misread(page, wrong.get(page.id.split(":")[1], 0)) for page in pages]
    assert sheets(pages) == ["1a2a", "1b2b", "1c2c", "1d2d"]


def misread(page: BatchPage, digits: int) -> BatchPage:
    """The page with so many digits of its number read as others."""
    if "number" not in page.match_keys:
        return page
    key = page.match_keys["number"]
    text = list(key.text)
    for at in (3, 7, 9, 1, 5, 11)[:digits]:
        text[at] = str((int(text[at]) + 3) % 10)
    return replace(page, match_keys={"number": replace(key, text="".join(text))})


def test_pile_that_could_be_of_either_way_is_left_to_a_person_where_nothing_tells() -> None:
    assert sheets(pile("2a 1b 2b")) == ["2a", "1b", "2b"]
    assert sheets(pile("2a 1b 2b", keys=True)) == ["2a", "1b2b"]
    assert sheets(pile("1a 2a 1b")) == ["1a", "2a", "1b"], "or scanned downwards, without the first page"
    others = pile("1c 2c", file="other.pdf")
    assert sheets([*pile("1a 2a 1b"), *others]) == ["1c2c", "1a2a", "1b"], "as another file of the batch"


def test_page_that_was_lost_does_not_give_its_sheet_a_strangers_page() -> None:
    assert sheets(pile("1a 2b 1c 2c", keys=True, sure=0.96)) == ["1a", "2b", "1c2c"]
    assert sheets(pile("1a 2b 1c 2c")) == ["1a2b", "1c2c"], "without values nothing tells"


def test_sure_values_that_differ_by_one_digit_are_of_two_people() -> None:
    first, second = pile("1a 2a", keys=True, sure=0.97)
    assert len(sheets([first, misread(second, 1)])) == 2
    unsure = replace(second, match_keys={"number": replace(misread(second, 1).match_keys["number"], confidence=0.7)})
    assert sheets([first, unsure]) == ["1a2a"]


def test_unsure_value_that_is_another_altogether_is_joined_only_by_its_place() -> None:
    first, second = pile("1a 2b", keys=True, sure=0.5)
    assert sheets([first, second]) == ["1a2b"], "a person then sees that the values differ"
    assert len(sheets(pile("1a ? 2b", keys=True, sure=0.5))) == 2
    assert len(sheets(pile("1a 2b", keys=True, sure=0.9))) == 2


def test_pages_that_changed_places_find_each_other() -> None:
    assert sorted(sheets(pile("1a 2b 1b 2a 1c 2c", keys=True))) == ["1a2a", "1b2b", "1c2c"]
    far_apart = pile("1a 1b 2b 1c 2c 2a", keys=True)
    assert sorted(sheets([misread(page, page.id == "6:2a") for page in far_apart])) == ["1a2a", "1b2b", "1c2c"]


def test_files_are_sheets_where_each_holds_one() -> None:
    pages = [page for n in (9, 10, 11) for page in pile(f"2{'abc'[n - 9]} 1{'abc'[n - 9]}", file=f"p{n}.pdf")]
    assert sheets(pages) == ["1a2a", "1b2b", "1c2c"]


def test_end_of_one_file_is_not_joined_to_the_beginning_of_the_next() -> None:
    pages = [*pile("1a 2a 1b", file="p1.pdf"), *pile("2c 1d 2d", file="p2.pdf"), *pile("1e 2e", file="p3.pdf")]
    assert sheets(pages) == ["1a2a", "1b", "2c", "1d2d", "1e2e"], "the third file tells which way they were scanned"
    with_values = [*pile("1a 2a 1b", file="p1.pdf", keys=True), *pile("2b 1d 2d", file="p2.pdf", keys=True)]
    assert sheets(with_values) == ["1a2a", "1b2b", "1d2d"]


def test_folders_with_the_same_names_are_piles_of_their_own() -> None:
    first, second = pile("1a 2a 1b 2b"), pile("1c 2c 1d 2d")
    second = [replace(page, file=f"other {page.file}", arrived=10.0 + n) for n, page in enumerate(second)]
    assert sheets([*second, *first]) == ["1a2a", "1b2b", "1c2c", "1d2d"]


def test_files_stand_in_natural_order() -> None:
    pages = [
        replace(page, source=f"s{n}.jpg", file=f"s{n}.jpg")
        for n, page in zip((8, 9, 10, 11), pile("1a 2a 1b 2b"), strict=True)
    ]
    assert sheets(pages) == ["1a2a", "1b2b"]


def test_same_page_twice_is_told() -> None:
    assert sheets(pile("1a 2a 2a 1b 2b", keys=True)) == ["1a2a", "2a!", "1b2b"]


def test_same_sheet_twice_is_told_of_the_later() -> None:
    assert sheets(pile("1a 2a 1b 2b 1a 2a", keys=True)) == ["1a2a", "1b2b", "1a2a!"]


def test_value_that_many_share_tells_nothing_of_whose_sheet_it_is() -> None:
    village = {"village": MatchKey("Thôn Nà Lại", 0.99)}
    pages = [replace(page, match_keys=village) for page in pile("1a 2a 1b 2b 1c 1d 2d 1e 2e")]
    assert sheets(pages) == ["1a2a", "1b2b", "1c", "1d2d", "1e2e"]


def test_names_are_compared_whatever_their_case_and_tone_places() -> None:
    a, b = pile("1a ? 2a")[::2]
    a = replace(a, match_keys={"name": MatchKey("HOÀNG THUÝ HOÀ", 0.99)})
    b = replace(b, match_keys={"name": MatchKey("Hoàng  Thúy Hòa", 0.99)})
    assert sheets([a, b]) == ["1a2a"]
    other = replace(b, match_keys={"name": MatchKey("Hoàng Thúy Hoa", 0.99)})
    assert agreement(a, other) is None


def test_what_a_person_joined_stays_whatever_the_values_say() -> None:
    a, b, c = pile("1a 1b 2b", keys=True, sure=0.99)
    assert sheets([replace(a, pinned_group="x"), b, replace(c, pinned_group="x")]) == ["1a2b", "1b"]


def test_page_that_a_person_took_off_joins_nothing() -> None:
    a, b = pile("1a 2a", keys=True)
    assert sheets([a, replace(b, joins_nothing=True)]) == ["1a", "2a"]


def test_sheets_of_three_pages() -> None:
    assert sheets(pile("1a 2a 3a 1b 3b 2c 3c 1d 2d 3d"), 3) == ["1a2a3a", "1b3b", "2c3c", "1d2d3d"]
    assert sheets(pile("3a 2a 1a 3b 2b 1b"), 3) == ["1a2a3a", "1b2b3b"]


def test_pages_of_forms_of_one_page_are_no_sheets_here() -> None:
    assert assemble(pile("= = ?"), {"two": 2}) == ()


def test_repeated_values_have_one_name() -> None:
    box = (Box(10, 10, 50, 6),)
    spec = lambda **more: FieldSpec(label="x", kind=FieldKind.TEXT, layout=FieldLayout.LINE, boxes=box, **more)
    fields = (spec(id="a"), spec(id="b", page=2, same_as="a"), spec(id="c", page=3, same_as="b"), spec(id="d"))
    following = (NextPage(sheet=(210, 297), blank="b.pdf", blank_page=2),) * 2
    form = FormTemplate(
        id="f", version="1", title="F", sheet=(210, 297), blank="b.pdf", next_pages=following, fields=fields
    )
    assert match_keys_of(form) == {"a": "a", "b": "a", "c": "a"}


def test_no_value_shows_in_a_repr() -> None:
    pages = pile("1a 2a", keys=True)
    assert far("a") not in repr(assemble(pages, {"two": 2})) + repr(pages)


# --- whatever comes ----------------------------------------------------------------------------------


@st.composite
def piles(draw: st.DrawFn) -> list[BatchPage]:
    """Any mess: pages of two and three pages, unplaced and blank ones, numbers read well and badly, pinned."""
    words = draw(st.lists(st.sampled_from([*(f"{p}{w}" for p in "123" for w in "abcd"), "?", "-", "="]), max_size=14))
    pages = pile(" ".join(words), keys=True, file=draw(st.sampled_from(["", "p.pdf"])))
    return [
        replace(
            misread(page, draw(st.sampled_from([0, 0, 0, 1, 2, 6])))
            if draw(st.booleans())
            else replace(page, match_keys={}),
            joins_nothing=draw(st.integers(0, 9)) == 0,
        )
        for page in pages
    ]


def sorted_out(found: tuple[AssembledSheet, ...]) -> set[tuple[tuple[str, ...], bool]]:
    return {(tuple(page.id for page in sheet.pages), sheet.doubled) for sheet in found}


@given(piles(), st.randoms(use_true_random=False))
def test_no_page_is_lost_or_doubled_whatever_the_pile(pages: list[BatchPage], chance: random.Random) -> None:
    found = assemble(pages, {"two": 3})
    kept = [page for sheet in found for page in sheet.pages]
    assert sorted(page.id for page in kept) == sorted(page.id for page in pages if page.form == "two")
    for sheet in found:
        numbers = [page.form_page for page in sheet.pages]
        assert numbers == sorted(set(numbers)), "a page twice"
        assert len(sheet.pages) == 1 or not any(page.joins_nothing for page in sheet.pages)
        assert all(agreement(a, b) is not None for a in sheet.pages for b in sheet.pages), "sure values differ"
    shuffled = chance.sample(pages, len(pages))
    assert assemble(shuffled, {"two": 3}) == found, "which pages came first makes no difference"


@given(piles())
def test_sheets_found_once_are_found_again_where_people_worked_on_them(pages: list[BatchPage]) -> None:
    found = assemble(pages, {"two": 3})
    pinned = {page.id: f"sheet {n}" for n, sheet in enumerate(found) for page in sheet.pages if len(sheet.pages) > 1}
    bound = [replace(page, pinned_group=pinned.get(page.id, "")) for page in pages]
    together = {frozenset(page.id for page in sheet.pages) for sheet in found if len(sheet.pages) > 1}
    again = [{page.id for page in sheet.pages} for sheet in assemble(bound, {"two": 3})]
    assert all(any(group <= other for other in again) for group in together)
