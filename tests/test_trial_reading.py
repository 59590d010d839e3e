"""What the designer asks of the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from scanner.forms.versions import all_faults, load_draft
from scanner.model import FormTemplate, PageStatus, Unreadable
from scanner.settings import Settings
from scanner.trial_reading import draft_from_blank, read_trial


def test_a_blank_becomes_a_draft_with_its_title(form: FormTemplate, tmp_path: Path) -> None:
    made = draft_from_blank(Settings(data=tmp_path), form.folder / form.blank, "thu", "Phiếu thử")
    assert isinstance(made, FormTemplate)
    kept = load_draft("thu", tmp_path / "drafts")
    assert kept is not None and (kept.title, len(kept.fields)) == ("Phiếu thử", len(made.fields))
    assert all_faults(kept) == []


def test_a_blank_beyond_the_limits_of_a_page_makes_no_draft(form: FormTemplate, tmp_path: Path) -> None:
    made = draft_from_blank(Settings(data=tmp_path, max_pixels=1000), form.folder / "blank.png", "thu", "Phiếu")
    assert isinstance(made, Unreadable)
    assert not (tmp_path / "drafts").exists()


def test_a_sheet_that_is_tried_leaves_nothing_behind(form: FormTemplate, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (400, 300), np.uint8)).save(sheet)
    data = tmp_path / "data"
    ((record, picture),) = read_trial(Settings(data=data), sheet, form)
    assert record.status is PageStatus.UNPLACED and picture is not None and picture.startswith(b"\xff\xd8")
    assert [p for p in data.rglob("*") if p.is_file()] == []
