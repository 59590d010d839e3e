"""Fixtures of the review desk's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import address, browser, sit_down  # noqa: F401 - fixtures
from desk import Desk, FakeRegistration, fill, open_desk


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two records to review, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("desk") / "data"
    fill(folder)
    return folder


@pytest.fixture
def fake() -> FakeRegistration:
    """What stands in for the pipeline in manual registration."""
    return FakeRegistration()


@pytest.fixture
def desk(filled: Path, tmp_path: Path, fake: FakeRegistration) -> Iterator[Desk]:
    """A desk with two records to review."""
    opened = open_desk(shutil.copytree(filled, tmp_path / "data"), fake)
    yield opened
    opened.store.close()
