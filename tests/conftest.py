"""What many tests need: the form, its blank, a reader, and a few drawn sheets. Everything is drawn from seeds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

for one_thread in ("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
    os.environ[one_thread] = "1"
for name in [n for n in os.environ if n.startswith("SOHOA_")]:
    del os.environ[name]

import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray

from samples.draw import Sheet, Stock, draw_sheet, load_stock
from samples.people import People
from samples.wear import Worn, wear
from scanner.forms.loading import blank_image, load_form
from scanner.layout.registration.reference import FormReference, build_reference
from scanner.model import FormTemplate, Page, PageRef
from scanner.pipeline import PageReader, build_reader
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store_factory import open_store

FORM = "mau-so-03"
hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None)
hypothesis.settings.load_profile("seeded")


@pytest.fixture(scope="session")
def form() -> FormTemplate:
    """The form that ships."""
    return load_form(FORM)


@pytest.fixture(scope="session")
def blank(form: FormTemplate) -> NDArray[np.uint8]:
    """Its blank, 300 dpi."""
    return blank_image(form)


@pytest.fixture(scope="session")
def reference(form: FormTemplate, blank: NDArray[np.uint8]) -> FormReference:
    """What registration knows of it."""
    return build_reference(form, blank)


@pytest.fixture(scope="session")
def reader(form: FormTemplate, tmp_path_factory: pytest.TempPathFactory) -> PageReader:
    """Everything that reading needs, with real engines."""
    return build_reader(form, Settings(data=tmp_path_factory.mktemp("reader")))


@pytest.fixture(scope="session")
def stock() -> Stock:
    """Fonts of this machine to write with."""
    return load_stock(None, None, None)


class Desk:
    """Draws sheets: `draw(seed)` fills one, `page(seed, wear)` wears it too."""

    def __init__(self, form: FormTemplate, blank: NDArray[np.uint8], stock: Stock) -> None:
        self.form, self.blank, self.stock = form, np.array(blank), stock

    def person(self, seed: int) -> dict[str, Any]:
        """An invented person's answers."""
        return People(self.form, np.random.default_rng(seed)).draw().answers

    def draw(self, seed: int, answers: dict[str, Any] | None = None) -> Sheet:
        """A typed sheet."""
        hand = self.stock.hand("typed", np.random.default_rng(seed), "DejaVu Serif")
        return draw_sheet(self.form, self.blank, answers or self.person(seed), hand)

    def worn(self, seed: int, kind: str) -> tuple[Sheet, Worn]:
        """A sheet and how it looks worn."""
        sheet = self.draw(seed)
        return sheet, wear(sheet.image, kind, np.random.default_rng(seed))


@pytest.fixture(scope="session")
def desk_of_sheets(form: FormTemplate, blank: NDArray[np.uint8], stock: Stock) -> Desk:
    """Somebody who fills sheets."""
    return Desk(form, blank, stock)


def as_page(image: NDArray[np.uint8], dpi: float | None = 300) -> Page:
    """An image as a page from nowhere."""
    return Page(PageRef(Path("drawn.png"), 1, "0" * 64), image, dpi)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database, to be copied: making the tables takes longer than most tests."""
    data = tmp_path_factory.mktemp("made") / "data"
    open_store(Settings(data=data)).close()
    return data


@pytest.fixture
def data(made_once: Path, tmp_path: Path) -> Path:
    """A data folder of one's own."""
    return Path(shutil.copytree(made_once, tmp_path / "data"))


@pytest.fixture
def store(data: Path) -> Iterator[Store]:
    """Its store, with the form's rules at work as in any command."""
    opened = open_store(Settings(data=data))
    yield opened
    opened.close()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = sys.platform == "linux" and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode  # fmt: skip
    if not mounted:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
