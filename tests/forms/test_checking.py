"""What `forms check` finds: each fault alone, said in both languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samples.drawn_forms import drawn_form
from scanner.forms.checking import check_form
from scanner.forms.loading import (
    RENDERED,
    load_form,
    read_form,
)
from scanner.messages import format_reason
from scanner.rules import CHECKS
from tests.forms.conftest import FORM, Json, Spoil, codes, spoil

WRONG: list[tuple[Spoil, str]] = [
    (lambda d: d["fields"][1].update(id="tinh"), "double_field"),
    (lambda d: d["fields"][0].update(id="Tỉnh"), "bad_id"),
    (lambda d: d["fields"][6]["options"][1].update(id="nam"), "double_option"),
    (lambda d: d["fields"][6].pop("options"), "no_options"),
    (lambda d: d["fields"][0].update(options=[{"id": "a", "label": "a", "box": [1, 1, 3, 3]}]), "options_unfit"),
    (lambda d: d["fields"][0].update(kind="choice"), "layout_unfit"),
    (lambda d: d["fields"][6].update(kind="text"), "layout_unfit"),
    (lambda d: d["fields"][0].pop("boxes"), "wrong_box_count"),
    (lambda d: d["fields"][0]["boxes"].append([10, 280, 5, 5]), "wrong_box_count"),
    (lambda d: d["fields"][5]["boxes"].pop(), "wrong_box_count"),  # a date in cells has eight
    (lambda d: d["fields"][5]["boxes"].reverse(), "boxes_out_of_order"),
    (lambda d: d["fields"][0]["boxes"][0].__setitem__(0, -1), "outside_sheet"),
    (lambda d: d["fields"][4]["boxes"][0].__setitem__(2, 200), "outside_sheet"),
    (lambda d: d["fields"][0]["boxes"][0].__setitem__(3, 0), "outside_sheet"),
    (lambda d: d["fields"][0].update(boxes=d["fields"][1]["boxes"]), "overlap"),
    (lambda d: d["fields"][6]["options"][0].update(box=[80, 43, 3.4, 3.4]), "overlap"),  # a tick box on a line
    (lambda d: d["rules"][1]["fields"].update(number="nobody"), "rule_without_field"),
    (lambda d: d["rules"][8]["fields"].update(dates=["ngay_sinh", "nobody"]), "rule_without_field"),
    (lambda d: d["rules"][0].update(check="nothing"), "rule_without_check"),
    (lambda d: d["rules"].append(d["rules"][0]), "double_rule"),
    (lambda d: d.update(fields=[], rules=[]), "no_fields"),
    (lambda d: d.update(blank="gone.pdf"), "blank_missing"),
    (lambda d: d.update(sheet=[210, 330]), "blank_unfit"),
]


@pytest.mark.parametrize(("change", "code"), WRONG, ids=[f"{i}-{code}" for i, (_, code) in enumerate(WRONG)])
def test_each_fault_is_found_alone_and_said_in_both_languages(folder: Path, change: Spoil, code: str) -> None:
    form = read_form(spoil(folder, change))
    faults = check_form(form, CHECKS)
    assert {f.code for f in faults} == {code}
    for fault in faults:
        assert format_reason(fault, "en") != format_reason(fault, "vi") != fault.code
        assert "{" not in format_reason(fault, "en") + format_reason(fault, "vi")


def test_lines_whose_rooms_just_touch_do_not_overlap(folder: Path) -> None:
    def closer(data: Json) -> None:
        above, below = data["fields"][0]["boxes"][0], data["fields"][2]["boxes"][0]
        above[1] = below[1] - above[3] + 0.9  # the room above hangs 1 mm below its line

    assert codes(read_form(spoil(folder, closer))) == []


def test_checks_are_not_looked_at_where_none_are_given(folder: Path) -> None:
    path = spoil(folder, lambda d: d["rules"][0].update(check="nothing"))
    assert check_form(read_form(path)) == []


def test_a_rendering_of_another_blank_is_found(folder: Path) -> None:
    kept = folder / FORM / RENDERED
    image = np.array(Image.open(kept))
    image[700:760, 300:1500] = image[1500:1560, 300:1500]  # another row of print
    Image.fromarray(image).save(kept)
    assert codes(load_form(FORM, folder)) == ["blank_outdated"]


def test_a_new_blank_beside_an_old_rendering_is_found(folder: Path) -> None:
    drawn_form(folder / FORM / "blank.pdf", 4)
    assert codes(load_form(FORM, folder)) == ["blank_outdated"]


def test_a_rendering_made_elsewhere_of_the_same_blank_is_no_fault(folder: Path) -> None:
    kept = folder / FORM / RENDERED
    image = np.array(Image.open(kept))
    Image.fromarray(np.roll(image, 1, axis=0)).save(kept)  # a renderer that rounds otherwise; no note of its source
    assert codes(load_form(FORM, folder)) == []
