"""Drawn sheets and people: the same seed gives the same, and the shipped truth names what is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from samples.people import People
from samples.wear import KINDS, wear


def test_same_seed_draws_the_same_sheet(desk_of_sheets) -> None:
    first, second = desk_of_sheets.worn(5, "scan"), desk_of_sheets.worn(5, "scan")
    assert first[0].truth == second[0].truth
    assert np.array_equal(first[1].image, second[1].image)


def test_no_two_people_share_a_number(form) -> None:
    people = People(form, np.random.default_rng(2))
    numbers = [people.draw().answers["so_dinh_danh"] for _ in range(500)]
    assert len(set(numbers)) == 500


@pytest.mark.parametrize("kind", KINDS)
def test_wear_keeps_the_middle_of_the_sheet_on_the_page(desk_of_sheets, kind: str) -> None:
    worn = wear(np.repeat(desk_of_sheets.blank[..., None], 3, axis=2), kind, np.random.default_rng(9))
    x, y = worn.to_page(np.array([[105.0, 148.5]]))[0]
    rows, cols = worn.image.shape[:2]
    assert 0.3 < x / cols < 0.7 and 0.3 < y / rows < 0.7


def test_shipped_truth_names_files_that_are_there() -> None:
    folder = Path(__file__).parents[2] / "samples"
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) >= 12
    assert all((folder / line["file"]).is_file() for line in lines)
    assert sum("turned" in line["file"] for line in lines) == 2
