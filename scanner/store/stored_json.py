"""What stands in the database's JSON columns, by type. `convert` writes and reads it."""

from __future__ import annotations

from typing import NotRequired, TypedDict

StoredValue = str | list[str] | bool | None
"""A field's value: choices are a list."""


class StoredReason(TypedDict):
    """Why, as a code and its measures."""

    code: str
    params: dict[str, str | int | float]


class StoredReasons(StoredReason):
    """Every reason of a reading: the first, and the others where there are several."""

    others: NotRequired[list[StoredReason]]


class StoredQuality(TypedDict):
    """What was measured of a page's image; see `scanner.model.Quality`."""

    width_px: int
    height_px: int
    dpi: float | None
    colour: str
    blur: float | None
    contrast: float | None
    clipped: float | None
    ink: float | None
    blank: bool
    problems: list[StoredReason]


class StoredRegistration(TypedDict):
    """Where the form lies on the page; see `scanner.model.Registration`. Older rows lack some of it."""

    residual_mm: float | None
    residual_p95_mm: float | None
    landmarks_found: int
    landmarks_tried: int
    rotation_deg: float | None
    scale: float | None
    perspective: float | None
    gate: NotRequired[float | None]
    homography: NotRequired[list[list[float]]]  # 3 × 3
    warp: NotRequired[list[list[float]] | list[list[list[float]]]]  # coefficients, or values on a grid, mm
    local_mm: NotRequired[dict[str, float]]
    in_place: NotRequired[dict[str, float]]


class StoredMark(TypedDict):
    """An option and what was seen in its box, mm."""

    option: str
    state: str
    score: float
    box: list[float]
    measures: dict[str, float]


class StoredStep(TypedDict):
    """A text before and after a correction by the machine."""

    before: str
    after: str
    why: str
