"""Photos that are harder than `wear`'s: folds, strong perspective, hard shadows, patterned tables, small sheets.

The sheet is a surface in space: curled, and folded along creases with a change of slope. A camera of a phone's view
looks at it. Every kind says where each point of the form went, as in `wear`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.wear import DPI, Image, Points, Worn

KINDS = ("folded", "tilted", "small", "shadow", "lamp", "cloth", "cut", "lowlight", "mixed")
SPACE = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a photo is made of; lengths in sheet widths."""

    long_px: int = 3900  # long side of the frame
    fill: float = 0.86  # the sheet's height of the frame's
    tilt: float = 8.0  # degrees, the camera's from straight above
    curl: float = 0.012
    panels: int = 1  # across the height
    halves: int = 1  # across the width
    slope: float = 0.0  # degrees of each panel
    shadow: bool = False
    warm: float = 0.04
    table: str = "plain"
    papers: int = 0
    cut: bool = False
    noise: float = 4.0
    blur: float = 1.0
    quality: int = 82


def _scene(kind: str, rng: np.random.Generator) -> Scene:
    """The scene of a kind; numbers within it are chance."""
    scene = Scene(curl=rng.uniform(0.004, 0.02), tilt=rng.uniform(2, 12), table=str(rng.choice(["plain", "wood"])))
    folded = replace(
        scene, panels=int(rng.choice([2, 3, 4])), halves=int(rng.choice([1, 1, 2])), slope=rng.uniform(3, 9)
    )
    if kind == "folded":
        return folded
    if kind == "tilted":
        return replace(scene, tilt=rng.uniform(18, 30), fill=rng.uniform(0.78, 0.88))
    if kind == "small":
        return replace(scene, fill=rng.uniform(0.48, 0.6), long_px=4000)
    if kind == "shadow":
        return replace(scene, shadow=True, warm=rng.uniform(0, 0.15))
    if kind == "lamp":
        return replace(scene, warm=rng.uniform(0.2, 0.4))
    if kind == "cloth":
        return replace(scene, table="cloth", papers=int(rng.integers(1, 4)), fill=rng.uniform(0.6, 0.8))
    if kind == "cut":
        return replace(scene, cut=True, fill=rng.uniform(0.96, 1.0))
    if kind == "lowlight":
        return replace(scene, long_px=2300, noise=rng.uniform(8, 13), quality=60, blur=rng.uniform(0.7, 1.0))
    if kind == "mixed":
        return replace(
            folded, long_px=int(rng.choice([2400, 3000, 3900])), tilt=rng.uniform(8, 20), shadow=True,
            table="cloth", papers=1, warm=rng.uniform(0.05, 0.25), noise=rng.uniform(3, 8), quality=70,
            fill=rng.uniform(0.7, 0.88),
        )  # fmt: skip
    raise ValueError(f"no such photo: {kind}")


def photograph(sheet: Image, kind: str, rng: np.random.Generator) -> Worn:
    """A photo of a sheet, (rows, cols, 3) RGB at 300 dpi."""
    return _shot(sheet, _scene(kind, rng), rng)


def _shot(sheet: Image, scene: Scene, rng: np.random.Generator) -> Worn:
    rows, cols = sheet.shape[:2]
    height = scene.long_px
    width = round(height * 0.75)
    surface, shade = _surface(scene, rows / cols, rng)
    camera = _camera(scene, rows / cols, (width, height), rng)

    def to_page(mm: Points) -> Points:
        return camera(surface((mm * DPI / 25.4) / cols))

    source = _where_from(to_page, (rows, cols), (width, height))
    page = cv2.remap(
        _fit(sheet, source), *source.maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0)
    ).astype(np.float32)
    inside = (source.u >= 0) & (source.u < 1) & (source.v >= 0) & (source.v < rows / cols)
    page *= shade(source.u, source.v)[..., None]
    table = _table(scene, (height, width), rng)
    edge = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0)[..., None]
    out = page * edge + table * (1 - edge) * (1 - 0.35 * cv2.GaussianBlur(edge, (0, 0), 14)[..., None])
    return Worn(_develop(out, scene, rng), to_page, round(scene.long_px * scene.fill / 11.69), ".jpg", scene.quality)


# --- the sheet in space ------------------------------------------------------------------------------


def _surface(
    scene: Scene, tall: float, rng: np.random.Generator
) -> tuple[Callable[[Points], SPACE], Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]]:
    """(N, 2) on the flat sheet (widths) → (N, 3) in space; and how light each place of the sheet is."""
    down = _creases(scene.panels, tall, scene.slope, rng)
    across = _creases(scene.halves, 1.0, scene.slope * 0.7, rng)
    phase, waves = rng.uniform(0, 6.28, 2), rng.uniform(0.3, 0.8, 2)

    def curled(p: Points) -> NDArray[np.float64]:
        u, v = p[:, 0], p[:, 1] / tall
        bent = np.sin(2 * np.pi * (waves[0] * u + 0.4 * v) + phase[0]) + 0.5 * np.sin(
            2 * np.pi * waves[1] * v + phase[1]
        )
        return np.asarray(scene.curl * bent, np.float64)

    def surface(p: Points) -> SPACE:
        (y, zy), (x, zx) = down.along(p[:, 1]), across.along(p[:, 0])
        return np.stack([x, y, zx + zy + curled(p)], axis=1)

    light = rng.uniform(0.6, 1.4, 2)

    def shade(u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.float32]:
        out = (1 - light[0] * down.slope_at(v)) * (1 - light[1] * across.slope_at(u))
        for creases, t in ((down, v), (across, u)):
            for at in creases.at:
                out *= 1 - 0.10 * np.exp(-(((t - at) / 0.0012) ** 2))
        return np.asarray(np.clip(out, 0.4, 1.2), np.float32)

    return surface, shade


@dataclass(frozen=True, slots=True, eq=False)
class _Creases:
    """A strip folded at `at`, its pieces inclined by `angles` (radians)."""

    at: NDArray[np.float64]
    angles: NDArray[np.float64]

    def along(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where a place of the strip comes to lie: along the table, and above it."""
        ends = np.concatenate([[-1.0], self.at, [3.0]])
        lengths = np.diff(ends)
        flat = np.concatenate([[0.0], np.cumsum(lengths * np.cos(self.angles))])
        high = np.concatenate([[0.0], np.cumsum(lengths * np.sin(self.angles))])
        low = np.interp(0.0, ends, flat), np.interp(0.0, ends, high)
        return np.interp(t, ends, flat) - low[0], np.interp(t, ends, high) - low[1]

    def slope_at(self, t: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inclination, radians."""
        return np.asarray(self.angles[np.searchsorted(self.at, t)], np.float32)


def _creases(pieces: int, length: float, slope: float, rng: np.random.Generator) -> _Creases:
    at = length * (np.arange(1, pieces) / pieces + rng.uniform(-0.02, 0.02, pieces - 1))
    if pieces == 1:
        return _Creases(np.zeros(0), np.zeros(1))
    signs = np.where((np.arange(pieces) + rng.integers(2)) % 2 == 0, 1, -1)
    return _Creases(at, np.deg2rad(signs * slope * rng.uniform(0.6, 1.2, pieces)))


def _camera(scene: Scene, tall: float, size: tuple[int, int], rng: np.random.Generator) -> Callable[[SPACE], Points]:
    """Space → frame, px: turned by a little, tilted towards any side, a lens of 1.3 frame widths."""
    turn, towards, tilt = np.deg2rad(rng.uniform(-6, 6)), rng.uniform(0, 2 * np.pi), np.deg2rad(scene.tilt)
    axis = np.array([np.cos(towards), np.sin(towards), 0.0]) * tilt
    tilted, _ = cv2.Rodrigues(axis)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    rotation = tilted @ spin
    width, height = size
    focal, away = 1.3 * width, 1.3 * width / (scene.fill * height / tall)
    shift = rng.uniform(-0.02, 0.02, 2) * size
    if scene.cut:
        shift = rng.choice([-1.0, 1.0], 2) * rng.uniform(0.012, 0.022, 2) * size

    def camera(points: SPACE) -> Points:
        p = (points - [0.5, tall / 2, 0]) @ rotation.T
        depth = away - p[:, 2]
        return np.asarray(p[:, :2] / depth[:, None] * focal + np.array(size) / 2 + shift - 0.5, np.float64)

    return camera


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """For each pixel of the frame where on the flat sheet it comes from: in widths, and as maps in sheet px."""

    u: NDArray[np.float32]
    v: NDArray[np.float32]
    maps: tuple[NDArray[np.float32], NDArray[np.float32]]


def _where_from(to_page: Callable[[Points], Points], sheet: tuple[int, int], size: tuple[int, int]) -> _Source:
    """The way back, by the homography through the corners and what it leaves, again and again; every 4 px."""
    (rows, cols), (width, height) = sheet, size
    mm = np.array([[0, 0], [cols, 0], [cols, rows], [0, rows]]) * 25.4 / DPI
    back = cv2.getPerspectiveTransform(to_page(mm).astype(np.float32), mm.astype(np.float32)).astype(np.float64)

    def flat(p: Points) -> Points:
        q = p @ back[:, :2].T + back[:, 2]
        return np.asarray(q[:, :2] / q[:, 2:], np.float64)

    step = 4
    grid = np.stack(np.meshgrid(np.arange(0, width + step, step), np.arange(0, height + step, step)), -1)
    wanted = flat(grid.reshape(-1, 2).astype(np.float64))
    source = wanted.copy()
    for _ in range(14):
        source += wanted - flat(to_page(source))
    nodes = source.reshape(*grid.shape) * DPI / 25.4
    shrink = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    x, y = (
        cv2.warpAffine(np.ascontiguousarray(nodes[..., k], np.float32), shrink, (width, height), flags=flags)
        for k in (0, 1)
    )
    u, v = (np.asarray(a / cols, np.float32) for a in (x, y))
    return _Source(u, v, (x - np.float32(0.5), y - np.float32(0.5)))


def _fit(sheet: Image, source: _Source) -> Image:
    """The sheet blurred for the size at which it is seen, or text would alias."""
    rows, cols = source.u.shape
    middle = source.maps[0][rows // 2, cols // 3 : 2 * cols // 3]
    reduced = abs(float(middle[-1] - middle[0])) / max(len(middle) - 1, 1)
    return np.asarray(cv2.GaussianBlur(sheet, (0, 0), 0.45 * reduced), np.uint8) if reduced > 1.1 else sheet


# --- table, light, camera ----------------------------------------------------------------------------


def _table(scene: Scene, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    rows, cols = shape
    colour = rng.uniform(50, 150, 3).astype(np.float32)
    out = np.empty((rows, cols, 3), np.float32)
    out[:] = colour
    if scene.table == "wood":
        grain = cv2.resize(rng.normal(0, 1, (rows // 6, 6)).astype(np.float32), (cols, rows))
        out += 14 * grain[..., None]
    if scene.table == "cloth":
        y, x = np.mgrid[:rows, :cols].astype(np.float32)
        pitch, angle = rng.uniform(40, 160), rng.uniform(0, 3)
        a, b = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
        checks = (np.sin(a * 6.28 / pitch) > 0).astype(np.float32) + (np.sin(b * 6.28 / pitch) > 0)
        out += checks[..., None] * rng.uniform(-70, 70, 3).astype(np.float32)
        out += rng.normal(0, 6, (rows, cols, 1)).astype(np.float32)
    for _ in range(scene.papers):
        _lay_paper(out, rng)
    return np.clip(out, 0, 255)


def _lay_paper(table: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Another paper with lines of print, anywhere."""
    rows, cols = table.shape[:2]
    paper = np.full((1200, 850, 3), 228, np.uint8)
    for y in range(60, 1150, 34):
        word = 60
        while word < 760:
            length = int(rng.integers(20, 90))
            cv2.putText(paper, "eanomu"[: length // 14], (word, y), cv2.FONT_HERSHEY_COMPLEX, 0.7, (40, 40, 40), 2)
            word += length + 14
    angle, scale = rng.uniform(0, 360), cols / 850 * rng.uniform(0.5, 0.9)
    matrix = cv2.getRotationMatrix2D((425, 600), angle, scale)
    matrix[:, 2] += np.array([rng.uniform(0, cols), rng.choice([0.05, 0.95]) * rows]) - [425, 600]
    laid = cv2.warpAffine(paper.astype(np.float32), matrix, (cols, rows), borderValue=(-1, -1, -1))
    table[laid[..., 0] >= 0] = laid[laid[..., 0] >= 0]


def _develop(out: NDArray[np.float32], scene: Scene, rng: np.random.Generator) -> Image:
    rows, cols = out.shape[:2]
    light = cv2.resize(rng.uniform(0.75, 1.0, (3, 3)).astype(np.float32), (cols, rows), interpolation=cv2.INTER_CUBIC)
    out = out * (light * 0.97)[..., None]
    if scene.warm > 0.15:  # a lamp from one side: it falls off
        y, x = np.mgrid[:rows, :cols].astype(np.float32)
        at = rng.uniform(0.1, 0.9, 2) * (cols, rows)
        out *= (1 - 0.5 * np.hypot(x - at[0], y - at[1]) / np.hypot(rows, cols))[..., None]
    out *= np.array([1.0, 1 - 0.45 * scene.warm, 1 - 1.3 * scene.warm], np.float32)
    if scene.shadow:
        out *= _shadow((rows, cols), rng)[..., None]
    out = np.asarray(cv2.GaussianBlur(out, (0, 0), scene.blur * rng.uniform(0.8, 1.2)), np.float32)
    out += rng.normal(0, scene.noise, out.shape).astype(np.float32) * rng.uniform(0.5, 1.0)
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def _shadow(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Of a hand or of the phone itself: a hard edge, half the light gone."""
    rows, cols = shape
    mask = np.zeros(shape, np.float32)
    centre = rng.uniform(0.15, 0.85, 2) * (cols, rows)
    if rng.random() < 0.5:
        size = (cols * rng.uniform(0.25, 0.5), rows * rng.uniform(0.3, 0.6))
        corners = cv2.boxPoints((tuple(centre), size, float(rng.uniform(0, 90))))
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1.0)
    else:
        for k in range(4):
            tip = centre + rng.uniform(-0.05, 0.05, 2) * cols + (k * cols * 0.07, 0)
            foot = (round(cols * (0.2 + 0.2 * k)), rows + 100)
            cv2.line(mask, tuple(int(v) for v in tip), foot, 1.0, round(cols * 0.06), cv2.LINE_AA)
    return 1 - rng.uniform(0.35, 0.55) * cv2.GaussianBlur(mask, (0, 0), rng.uniform(2, 9) * cols / 3000)
