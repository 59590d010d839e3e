"""Train the digit reader from real handwritten digits and fonts, seen as the form's cells show them.

    python -m training.digits --data DIR --fonts DIR --out scanner/data/digits.onnx [--epochs 12] [--seed 1]

DIR holds MNIST's training part (IDX, gzip) and FONTS holds TrueType fonts. The last 5,000 digits are never
trained on and give the error printed at the end.
"""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from scanner.layout.ink.extraction import ink_box
from scanner.ocr.digits import REJECT, SIDE, normalise

CELL = (88, 80)  # rows, cols of a cell's window at 300 dpi
HELD_OUT = 5000
FONT_SHARE, REJECT_SHARE = 0.3, 0.1
WIDTHS = ((32, 2), (64, 2), (96, 3))
AVERAGING = 0.998
LETTERS = "acdđehkmnpruvwxyAĐEHKMNPRTUVXYăâêôơư?-,"
"""Letters that no one could take for a digit: o, l, s, b, q, z and their like are left out."""
Picture = NDArray[np.float32]


def load_digits(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's training images (N, 28, 28), ink high, and labels (N,)."""
    images = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)


class Glyphs:
    """Draws one glyph after another as ink in a cell (0 paper – 1 ink), worn as print and scanners do."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], fonts: list[Path], seed: int) -> None:
        self.images, self.labels = images, labels
        self.fonts = [ImageFont.truetype(str(p), 64) for p in fonts]
        self.rng = np.random.default_rng(seed)

    def digit(self, font_share: float = FONT_SHARE) -> tuple[Picture, int]:
        """A digit's tight ink, about 60 px high, and which it is."""
        rng = self.rng
        if self.fonts and rng.random() < font_share:
            label = int(rng.integers(10))
            return self._printed(str(label)), label
        k = int(rng.integers(len(self.images)))
        big = cv2.resize(self.images[k].astype(np.float32) / 255, (84, 84), interpolation=cv2.INTER_CUBIC)
        label = int(self.labels[k])
        ink = np.clip((cv2.GaussianBlur(big, (0, 0), 1.2) - 0.3) * 3, 0, 1)
        return self._as_written_here(ink, label), label

    def _as_written_here(self, ink: Picture, label: int) -> Picture:
        """Vietnamese hands cross many sevens and give ones a flag; the collection's writers seldom do."""
        rng = self.rng
        rows, cols = np.nonzero(ink > 0.5)
        if not len(rows):
            return ink
        top, bottom, left, right = rows.min(), rows.max(), cols.min(), cols.max()
        width = int(rng.integers(3, 7))
        if label == 7 and rng.random() < 0.35:
            y = int(top + (bottom - top) * rng.uniform(0.42, 0.62))
            x = int(cols[np.abs(rows - y) < 3].mean()) if (np.abs(rows - y) < 3).any() else (left + right) // 2
            half, tilt = int(rng.integers(8, 18)), int(rng.integers(-4, 3))
            cv2.line(ink, (x - half, y - tilt), (x + half, y + tilt), 1.0, width)
        if label == 1 and rng.random() < 0.25 and right - left < 0.45 * (bottom - top):
            # a longer or flatter flag is a seven's bar
            x = int(cols[rows <= top + 2].mean())
            back, drop = int(rng.integers(6, 15)), int(rng.integers(8, 22))
            cv2.line(ink, (x, top + 1), (max(x - back, 0), min(top + drop, 83)), 1.0, width)
            if rng.random() < 0.3:
                foot, y = int(rng.integers(6, 14)), bottom - 1
                x = int(cols[rows >= bottom - 2].mean())
                cv2.line(ink, (max(x - foot, 0), y), (min(x + foot, 83), y), 1.0, width)
        return ink

    def _printed(self, text: str) -> Picture:
        font = self.fonts[int(self.rng.integers(len(self.fonts)))]
        image = Image.new("L", (64 * len(text) + 60, 130))
        ImageDraw.Draw(image).text((30, 20), text, fill=255, font=font)
        return np.asarray(image, np.float32) / np.float32(255)

    def reject(self) -> Picture:
        """Something that is no digit: a letter, two digits, a digit struck out, a scribble, a dash."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.35 and self.fonts:
            return self._printed(LETTERS[int(rng.integers(len(LETTERS)))])
        if kind < 0.55:
            pair = [cv2.resize(_tight(self.digit()[0]), (34, 60)) for _ in range(2)]
            gap = np.zeros((60, int(rng.integers(0, 5))), np.float32)
            return np.asarray(np.hstack([pair[0], gap, pair[1]]), np.float32)
        if kind < 0.8:
            ink = np.asarray(
                cv2.copyMakeBorder(_tight(self.digit()[0]), 8, 8, 8, 8, cv2.BORDER_CONSTANT, value=0), np.float32
            )
            h, w = ink.shape
            for _ in range(int(rng.integers(1, 4))):
                a, b = rng.uniform(0.1, 0.9, 2)
                across = rng.random() < 0.6
                start, end = ((0, int(a * h)), (w, int(b * h))) if across else ((int(a * w), 0), (int(b * w), h))
                cv2.line(ink, start, end, 1.0, int(rng.integers(3, 7)))
            return ink
        points = rng.uniform(5, 75, (int(rng.integers(4, 14)), 2)).astype(np.int32)
        ink = np.zeros((80, 80), np.float32)
        cv2.polylines(ink, [points.reshape(-1, 1, 2)], False, 1.0, int(rng.integers(3, 7)))
        return ink

    def sample(self) -> tuple[Picture, int]:
        """One normalised glyph (32, 32) with its class."""
        while True:
            if self.rng.random() < REJECT_SHARE:
                ink, label = self.reject(), REJECT
            else:
                ink, label = self.digit()
            cell = self._in_cell(_tight(ink))
            found = ink_box(np.asarray(cell < 170, np.uint8))
            if found is not None and found[1] - found[0] > 8:
                return normalise(cell, found), label

    def _in_cell(self, ink: Picture) -> NDArray[np.uint8]:
        rng = self.rng
        rows, cols = CELL
        height = rng.uniform(34, 66)
        turn, shear = rng.normal(0, 0.08), rng.normal(0, 0.14)
        stretch = np.exp(rng.normal(0, 0.12))
        k = height / max(ink.shape)
        basis = np.array([[k * stretch, k * shear], [k * turn, k]])
        centre = np.array([cols / 2, rows / 2]) + rng.normal(0, 3, 2)
        shift = centre - basis @ (np.array(ink.shape[::-1]) / 2)
        cell = cv2.warpAffine(ink, np.column_stack([basis, shift]), (cols, rows), flags=cv2.INTER_AREA)
        if rng.random() < 0.5:
            size = int(rng.integers(2, 4))
            change = cv2.dilate if rng.random() < 0.5 else cv2.erode
            amount = rng.random()
            cell = amount * change(cell, np.ones((size, size), np.uint8)) + (1 - amount) * cell
        cell = self._remains(np.asarray(cell, np.float32))
        cell = cv2.GaussianBlur(cell, (0, 0), rng.uniform(0.4, 1.8))
        if rng.random() < 0.25:
            f = rng.uniform(0.45, 0.75)
            cell = cv2.resize(cv2.resize(cell, None, fx=f, fy=f, interpolation=cv2.INTER_AREA), (cols, rows))
        grey = 255 - np.clip(cell, 0, 1) * rng.uniform(120, 240) + rng.normal(0, rng.uniform(0, 9), cell.shape)
        if rng.random() < 0.2:
            grey = np.where(grey < rng.uniform(120, 190), 15.0, 255.0)
        return np.asarray(np.clip(grey, 0, 255), np.uint8)

    def _remains(self, cell: Picture) -> Picture:
        """What erasing leaves: a gap where a wall was crossed, a bit of wall, a neighbour's stroke leaning in."""
        rng = self.rng
        rows, cols = cell.shape
        if rng.random() < 0.2:
            x = int(rng.choice([rng.integers(6, 16), cols - rng.integers(6, 16)]))
            cell[:, x : x + int(rng.integers(2, 6))] *= rng.uniform(0, 0.6)
        if rng.random() < 0.12:
            y, length = int(rng.integers(rows)), int(rng.integers(4, 20))
            x = int(rng.choice([10, cols - 12]))
            cell[y : y + length, x : x + int(rng.integers(1, 4))] = rng.uniform(0.4, 1)
        return cell


def _tight(ink: Picture) -> Picture:
    found = ink_box(np.asarray(ink > 0.3, np.uint8))
    return ink if found is None else np.ascontiguousarray(ink[found[0] : found[1], found[2] : found[3]])


def batches(glyphs: Glyphs, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless batches of (N, 1, 32, 32) and (N,)."""
    while True:
        drawn = [glyphs.sample() for _ in range(size)]
        yield torch.from_numpy(np.stack([g for g, _ in drawn])[:, None]), torch.tensor([c for _, c in drawn])


def network() -> nn.Sequential:
    """Three stages of 3×3 convolutions, 0.33 M weights."""
    layers: list[nn.Module] = []
    inside = 1
    for width, depth in WIDTHS:
        for _ in range(depth):
            layers += [nn.Conv2d(inside, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            inside = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(inside * (SIDE // 8) ** 2, REJECT + 1))


def train(glyphs: Glyphs, steps: int, size: int, seed: int) -> nn.Sequential:
    """AdamW, one cycle; returns the running mean of the weights."""
    torch.manual_seed(seed)
    net = network()
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGING), use_buffers=True
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    started, total = time.monotonic(), 0.0
    for step, (x, y) in enumerate(batches(glyphs, size), 1):
        loss = nn.functional.cross_entropy(net(x), y, label_smoothing=0.01)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cycle.step()
        mean.update_parameters(net)
        total += float(loss.detach())
        if step % 100 == 0:
            print(f"step {step}/{steps}  loss {total / 100:.4f}  {time.monotonic() - started:.0f} s", flush=True)
            total = 0.0
        if step == steps:
            return mean.module.eval()
    raise AssertionError("batches are endless")


def error(net: nn.Sequential, glyphs: Glyphs, count: int) -> tuple[float, float]:
    """(share of digits read wrong, share of wrong among the surest 90 %) over freshly drawn held-out digits."""
    sure: list[float] = []
    wrong: list[bool] = []
    with torch.no_grad():
        while len(wrong) < count:
            x, y = next(batches(glyphs, 256))
            p = net(x).softmax(1)
            keep = y != REJECT
            sure += p[keep, :REJECT].max(1).values.tolist()
            wrong += (p[keep, :REJECT].argmax(1) != y[keep]).tolist()
    order = np.argsort(-np.array(sure))[: int(0.9 * len(sure))]
    return float(np.mean(wrong)), float(np.mean(np.array(wrong)[order]))


def main() -> None:
    """Train, measure, write the ONNX file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    images, labels = load_digits(options.data)
    fonts = sorted(options.fonts.rglob("*.ttf"))
    net = train(
        Glyphs(images[:-HELD_OUT], labels[:-HELD_OUT], fonts, options.seed), options.steps, options.batch, options.seed
    )
    held_out = Glyphs(images[-HELD_OUT:], labels[-HELD_OUT:], [], options.seed + 1)
    wrong, surest = error(net, held_out, 20_000)
    print(f"held-out digits read wrong: {wrong:.4f}; among the surest 90 %: {surest:.5f}")
    torch.onnx.export(
        net,
        (torch.zeros(1, 1, SIDE, SIDE),),
        str(options.out),
        input_names=["glyphs"],
        output_names=["logits"],
        dynamic_axes={"glyphs": {0: "n"}, "logits": {0: "n"}},
        dynamo=False,
    )


if __name__ == "__main__":
    main()
