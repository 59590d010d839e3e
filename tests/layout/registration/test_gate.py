"""What is placed is placed right; what cannot be is refused; what is covered or off is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from samples import misplaced as wrong
from samples import office_wear as good
from samples.paper import MM, Seen
from scanner.layout.registration.gate import NO_EVIDENCE, PlacementEvidence, refuse
from scanner.layout.registration.gate_scale import gate_scale
from scanner.layout.registration.register import register
from scanner.model import DPI, NotRegistered, Registration
from tests.conftest import Desk, as_page
from tests.layout.placing import place
from training.gate.trials import field_errors

Pixels = NDArray[np.uint8]
PAPER = 245


@pytest.fixture(scope="module")
def sheet(desk_of_sheets: Desk) -> Pixels:
    """A filled sheet as a scanner with a straight feeder sees it, grey."""
    return np.ascontiguousarray(desk_of_sheets.draw(77).image[..., 1])


def placed(image: Pixels, reference) -> Registration | NotRegistered:
    """Where the form lies."""
    return register(as_page(np.ascontiguousarray(image)), reference)


def off(found: Registration, form, moved=lambda p: p) -> NDArray[np.float64]:
    """How far box corners are from where they are, px at 300 dpi; `moved` says where ideal px went."""
    points = form.corners
    return np.hypot(*(found.transform.to_page(points) - moved(points * DPI / 25.4 - 0.5)).T)


def silent(found: Registration, seen: Seen, form, limit: float = 1.0) -> list[str]:
    """Fields of a page that was placed which lie further off than the limit (mm) and are not flagged."""
    errors = field_errors(form, seen, found.transform.to_page, found.transform.scale)
    areas = {f.id for f in form.fields if f.layout.value == "area"}  # without print of its own: 5 mm
    return [f for f, mm in errors.items() if mm > (5.0 if f in areas else limit) and f not in found.review_fields]


@pytest.fixture(scope="module")
def stack(desk_of_sheets: Desk, blank: Pixels) -> wrong.Stack:
    """Filled sheets to make wrong pages from."""
    sheets = [np.ascontiguousarray(desk_of_sheets.draw(seed).image[..., 1]) for seed in (81, 82)]
    return wrong.Stack(sheets, np.array(blank), wrong.print_rows(np.array(blank)))


@pytest.mark.parametrize("kind", ["text and boxes", "newspaper", "other body", "half page", "mirrored"])
def test_what_is_not_the_form_is_refused(stack: wrong.Stack, reference, kind: str) -> None:
    maker = {**wrong.FITTED, **wrong.HELD_OUT}[kind]
    for seed in (1, 2):
        assert isinstance(placed(maker(stack, np.random.default_rng(seed)).image, reference), NotRegistered)


@pytest.mark.parametrize(
    ("kind", "seeds"),
    [
        ("feeder slip", (0, 1, 2)), ("slow slip", (0, 1, 2)), ("row moved", (0, 1, 2)), ("patch moved", (0, 1, 2)),
        ("line removed", (7, 13, 15)), ("order swapped", (1, 2, 5)), ("wrong scale", (0, 1, 2)),
    ],
)  # fmt: skip
def test_every_field_off_by_a_millimetre_on_a_placed_page_is_flagged(
    stack: wrong.Stack, reference, form, kind: str, seeds: tuple[int, ...]
) -> None:
    """Seeds of pages that are placed as a whole: one that is refused would show nothing."""
    maker = {**wrong.FITTED, **wrong.HELD_OUT}[kind]
    for seed in seeds:
        seen = maker(stack, np.random.default_rng(seed))
        assert silent(place(seen.image, reference), seen, form) == []


@pytest.mark.parametrize(
    "kind", ["150 dpi", "printed at 96–104 %", "toner low", "holes", "margins shifted", "soft JPEG"]
)
def test_what_offices_do_to_sheets_is_placed(stack: wrong.Stack, reference, form, kind: str) -> None:
    seen = good.GOOD[kind](stack, np.random.default_rng(5))
    found = placed(seen.image, reference)
    assert isinstance(found, Registration)
    assert max(field_errors(form, seen, found.transform.to_page, found.transform.scale).values()) < 0.3


@pytest.mark.parametrize("by", [(0.0, 1.5), (1.5, 0.0), (-2.0, 0.0)])
def test_boxes_that_moved_while_their_label_stayed_are_flagged(sheet: Pixels, reference, form, by) -> None:
    spec = form.field("ma_bhxh")
    area = spec.area.grown(0.5, 0.5)
    x0, y0, x1, y1 = (round(v * MM) for v in (area.x, area.y, area.right, area.bottom))
    dx, dy = (round(v * MM) for v in by)
    image = sheet.copy()
    boxes = image[y0:y1, x0:x1].copy()
    image[y0:y1, x0:x1] = 255
    image[y0 + dy : y1 + dy, x0 + dx : x1 + dx] = np.minimum(image[y0 + dy : y1 + dy, x0 + dx : x1 + dx], boxes)
    found = placed(image, reference)
    assert isinstance(found, Registration)
    assert "ma_bhxh" in found.review_fields
    others = [p for f, p in found.place_probability.items() if f != "ma_bhxh"]
    assert found.place_probability["ma_bhxh"] < 0.5 < min(others)


def test_threshold_refuses_nothing_at_all_and_says_why() -> None:
    refused = refuse(NO_EVIDENCE)
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code == "landmarks_missing"


@pytest.mark.parametrize("worse", ["agreed", "least", "peak"])
def test_less_evidence_never_helps(worse: str) -> None:
    full = {"found": 1.0, "agreed": 0.98, "least": 0.95, "part": 1, "peak": 0.9, "median": 0.01, "p95": 0.03}
    assert PlacementEvidence(**full).log_odds > PlacementEvidence(**{**full, worse: 0.2}).log_odds


def test_blank_form_is_placed_too(reference, blank, form) -> None:
    found = placed(blank, reference)
    assert isinstance(found, Registration)
    assert off(found, form).max() < 1
    assert found.review_fields == frozenset()


def test_mirrored_page_and_negative_are_refused(sheet: Pixels, reference) -> None:
    assert isinstance(placed(sheet[:, ::-1], reference), NotRegistered)
    assert isinstance(placed(255 - sheet, reference), NotRegistered)


@pytest.mark.parametrize("stretch", [0.97, 1.03])
def test_feeder_that_runs_fast_or_slow_is_followed(sheet: Pixels, reference, form, stretch: float) -> None:
    image = cv2.resize(sheet, None, fx=1, fy=stretch, interpolation=cv2.INTER_AREA)
    found = placed(np.asarray(image, np.uint8), reference)
    assert isinstance(found, Registration)
    assert off(found, form, lambda p: (p + 0.5) * (1, stretch) - 0.5).max() < 2


TEARS = np.random.default_rng(11).integers((600, -60, 0), (2900, 61, 2), (10, 3)).tolist()


@pytest.mark.parametrize(("row", "by", "sideways"), TEARS)
def test_torn_and_mended_sheet_is_refused_or_its_fields_that_slipped_are_flagged(
    sheet: Pixels, reference, form, row: int, by: int, sideways: int
) -> None:
    """The lower part slipped by up to 5 mm: what is accepted all the same hits its boxes, or goes to a person."""
    image = np.full_like(sheet, PAPER)
    image[:row] = sheet[:row]
    shift = np.array([by, 0]) if sideways else np.array([0, by])
    lower = np.roll(sheet, tuple(shift[::-1]), axis=(0, 1))
    image[row:] = lower[row:]

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return points + np.where(points[:, 1:] >= row - 6, shift, 0)  # half a millimetre above it: nobody writes there

    found = placed(image, reference)
    assert isinstance(found, Registration) == (abs(by) <= 20), "small slips are placed, larger ones refused"
    if isinstance(found, Registration):
        slipped = set()
        for spec in form.fields:
            limit = 59 if spec.layout.value == "area" else 8  # the area of a signature has no print of its own: 5 mm
            if off(found, form.model_copy(update={"fields": (spec,)}), moved).max() > limit:
                slipped.add(spec.id)
        assert slipped or abs(by) < 12, "a smaller slip is shared between both parts: no field is off by 8 px"
        assert slipped <= found.review_fields


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_page_that_lost_a_third_is_refused(sheet: Pixels, reference, side: str) -> None:
    image = sheet.copy()
    rows, cols = image.shape
    cut = {
        "left": np.s_[:, : cols // 3], "right": np.s_[:, -cols // 3 :],
        "top": np.s_[: rows // 3], "bottom": np.s_[-rows // 3 :],
    }  # fmt: skip
    image[cut[side]] = PAPER
    refused = placed(image, reference)
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code in ("part_missing", "landmarks_missing")


@pytest.mark.parametrize(
    ("part", "gone"),
    [
        (np.s_[:520], {"tinh", "huyen", "xa", "thon"}),
        (np.s_[-520:], {"ngay_lap", "chu_ky"}),
        (np.s_[2200:2700, 200:1300], {"bhxh", "hop_dong", "loai_hinh"}),
    ],
    ids=["top cut off", "bottom cut off", "note stuck on"],
)
def test_fields_beside_which_print_is_missing_are_named(sheet: Pixels, reference, part, gone: set[str]) -> None:
    image = sheet.copy()
    image[part] = PAPER
    found = placed(image, reference)
    assert isinstance(found, Registration)
    assert gone <= set(found.print_missing_fields)
    assert len(found.print_missing_fields) < 10, "the rest of the sheet is not doubted"


@pytest.mark.parametrize("kind", ["scan", "bilevel", "photo", "dark", "faint"])
def test_whole_sheet_has_no_field_in_doubt_however_worn(desk_of_sheets: Desk, reference, kind: str) -> None:
    found = placed(desk_of_sheets.worn(78, kind)[1].image, reference)
    assert isinstance(found, Registration)
    assert found.review_fields == frozenset()
    assert min(found.place_probability.values()) > 0.9
    assert found.gate_log_odds > gate_scale("page").threshold + 1


def test_stamp_over_the_signature_does_not_hide_the_form(sheet: Pixels, reference) -> None:
    image = sheet.copy()
    cv2.circle(image, (1900, 3000), 210, 120, 14)
    cv2.putText(image, "UBND XA BINH XA", (1700, 3000), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 120, 8)
    found = placed(image, reference)
    assert isinstance(found, Registration)
    assert found.review_fields == frozenset()


def test_lines_without_words_beside_them_are_no_evidence(sheet: Pixels, reference) -> None:
    texts = [m for m in reference.landmarks if m.along_x]
    lines = tuple(m for m in reference.landmarks if not m.along_x)
    refused = placed(sheet, replace(reference, landmarks=(*texts[:2], *lines)))
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code == "landmarks_missing"


def test_fields_that_reach_out_of_the_page_are_flagged(sheet: Pixels, reference, form) -> None:
    found = placed(sheet[:, : round(190 * DPI / 25.4)], reference)
    assert isinstance(found, Registration)
    out = {f.id for f in form.fields if f.layout.value != "area" and f.area.right > 191}
    assert out and out <= found.review_fields
