"""The handwriting reader: a line's picture → its text, by a network with CTC that runs in ONNX Runtime.

Weights and model card: scanner/data/handwriting.onnx, docs/developer/models.md. Trained by training/handwriting.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scanner.model import Crop, EngineReading, Reason
from scanner.ocr.ctc import LogProbabilities, beam_search, best_path, log_likelihoods
from scanner.ocr.line_picture import STEP, as_input, line_picture
from scanner.ocr.weights import open_weights
from scanner.vietnam.language import word_score

VERSION = "hand-1"
WEIGHTS = "handwriting.onnx"
WEIGHT, BONUS = 0.5, 1.2
"""How much words count against the ink, and what a word more is worth: chosen on held-out hands, see
docs/developer/reading.md."""
MAX_ALTERNATIVES = 4
WIDTH_GROUP = 64
"""Pictures whose widths differ by less than this go through the network together, the narrower ones padded."""
LEAST_MEAN = 0.35
"""Below this mean probability a letter is not there to be read: other scripts, scribbles, pictures."""


class CtcLattice:
    """What the network saw of one line; says how likely any text is."""

    def __init__(self, log_probs: LogProbabilities, characters: str) -> None:
        self._log_probs, self._characters = log_probs, characters

    def __repr__(self) -> str:
        return f"CtcLattice({len(self._log_probs)} steps)"

    def log_likelihoods(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """log P(text | picture) of each."""
        return log_likelihoods(self._log_probs, texts, self._characters)


class LineReader:
    """Reads lines of handwriting (and print). Raises EngineError when the weights are missing or damaged."""

    name = f"sohoa-{VERSION}"

    def __init__(self) -> None:
        self._session, told = open_weights(WEIGHTS, "handwriting reader", ("characters",))
        self._characters = told["characters"]
        self._input = self._session.get_inputs()[0].name

    def __repr__(self) -> str:
        return f"LineReader({self.name})"

    def read(self, crops: Sequence[Crop]) -> list[EngineReading]:
        """One reading a crop; an empty crop is read as nothing."""
        written = [(i, line_picture(c.image, c.ink)) for i, c in enumerate(crops) if c.ink is not None]
        readings = [EngineReading("", 1.0, self.name) for _ in crops]
        for group in _by_width(written):
            for i, log_probs in zip([i for i, _ in group], self.log_probabilities([p for _, p in group]), strict=True):
                readings[i] = self._reading(log_probs)
        return readings

    def log_probabilities(self, pictures: Sequence[NDArray[np.uint8]]) -> list[LogProbabilities]:
        """Log-probabilities (steps, classes) of pictures (48, width) of about one width."""
        widest = max(p.shape[1] for p in pictures)
        padded = [np.pad(p, ((0, 0), (0, widest - p.shape[1])), mode="edge") for p in pictures]
        out = self._session.run(None, {self._input: as_input(np.stack(padded))})[0]
        return [log_probs[: max(p.shape[1] // STEP, 1)] for log_probs, p in zip(out, pictures, strict=True)]

    def _reading(self, log_probs: LogProbabilities) -> EngineReading:
        chars = best_path(log_probs, self._characters)
        plain = "".join(c.char for c in chars).strip()
        if not plain:
            return EngineReading("", 0.0, self.name, reason=Reason("nothing_recognised"))
        mean = float(np.mean([c.score for c in chars]))
        found = beam_search(log_probs, self._characters, word_score, WEIGHT, BONUS)
        texts = [" ".join(text.split()) for text, _ in found if text.strip()] or [plain]
        unsure = Reason("not_legible") if mean < LEAST_MEAN else None
        others = tuple(dict.fromkeys((*texts[1:], plain)))
        lattice = CtcLattice(log_probs, self._characters)
        return EngineReading(
            texts[0], min(c.score for c in chars), self.name, ((plain, mean),), chars,
            tuple(t for t in others if t != texts[0])[:MAX_ALTERNATIVES], unsure, lattice,
        )  # fmt: skip


def _by_width(
    written: Sequence[tuple[int, NDArray[np.uint8]]],
) -> list[list[tuple[int, NDArray[np.uint8]]]]:
    """Pictures in groups of nearly one width."""
    groups: list[list[tuple[int, NDArray[np.uint8]]]] = []
    for item in sorted(written, key=lambda pair: pair[1].shape[1]):
        if groups and item[1].shape[1] - groups[-1][0][1].shape[1] < WIDTH_GROUP:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups
