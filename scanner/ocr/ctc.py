"""Reading CTC log-probabilities: the best path, a beam search with knowledge of words, likelihoods of texts.

Log-probabilities have the shape (steps, classes); class 0 is the blank, class i + 1 the i-th character.
Source: Graves et al. (2006), Connectionist temporal classification; Hannun et al. (2014), First-pass large vocabulary
continuous speech recognition using bi-directional recurrent DNNs (prefix beam search).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scanner.model import CharReading

LogProbabilities = NDArray[np.float32]
WordScore = Callable[[str, str], float]
"""(word, word before it or "") → log-probability."""

BEAM = 10
CHOICES = 6
LEAST = math.log(2e-3)
"""A character less likely than this at a step is not followed."""
MIN_SHARE = 0.01
_NEVER = -1e9


def best_path(log_probs: LogProbabilities, characters: str) -> tuple[CharReading, ...]:
    """The characters of the likeliest path, each with its probability and what else stood there."""
    best = log_probs.argmax(axis=1)
    out: list[CharReading] = []
    last = 0
    for step, k in enumerate(best.tolist()):
        if k not in (last, 0):
            out.append(_char(np.exp(log_probs[step]), k, characters))
        elif k == last and k != 0:  # the same letter over several steps is as sure as its surest step
            p = float(np.exp(log_probs[step, k]))
            if p > out[-1].score:
                out[-1] = _char(np.exp(log_probs[step]), k, characters)
        last = k
    return tuple(out)


def _char(row: NDArray[np.float32], k: int, characters: str) -> CharReading:
    order = np.argsort(-row)[:4].tolist()
    others = tuple((characters[j - 1], float(row[j])) for j in order if j not in (k, 0) and row[j] >= MIN_SHARE)
    return CharReading(characters[k - 1], float(row[k]), others)


def beam_search(
    log_probs: LogProbabilities, characters: str, word_score: WordScore, weight: float, bonus: float = 0.0
) -> list[tuple[str, float]]:
    """Texts with their scores (log-likelihood + weight · words + bonus · number of words), the best first.

    Words are scored when a space or the end closes them.
    """
    beams: dict[str, tuple[float, float]] = {"": (0.0, _NEVER)}  # prefix → ends in blank, ends in its last letter
    known: dict[str, float] = {"": 0.0}  # prefix → score of its closed words

    def closed(prefix: str) -> float:
        """Score of the words that the spaces of a prefix close."""
        if prefix not in known:
            head = prefix[:-1]
            score = known.get(head, 0.0)
            if prefix.endswith(" "):
                words = head.split(" ")
                score += weight * word_score(words[-1], words[-2] if len(words) > 1 else "") + bonus
            known[prefix] = score
        return known[prefix]

    for row in log_probs:
        order = np.argsort(-row)[:CHOICES]
        choices = [(int(k), float(row[k])) for k in order if row[k] >= LEAST]
        if not choices:
            choices = [(int(row.argmax()), float(row.max()))]
        if len(choices) == 1 and choices[0][0] == 0:  # surely nothing: every beam takes the blank
            p = choices[0][1]
            beams = {text: (_sum(blank, letter) + p, _NEVER) for text, (blank, letter) in beams.items()}
            continue
        grown: dict[str, tuple[float, float]] = {}
        for text, (blank, letter) in beams.items():
            whole = _sum(blank, letter)
            for k, p in choices:
                if k == 0:
                    _add(grown, text, whole + p, _NEVER)
                    continue
                char = characters[k - 1]
                if text.endswith(char):
                    _add(grown, text, _NEVER, letter + p)
                    _add(grown, text + char, _NEVER, blank + p)
                else:
                    _add(grown, text + char, _NEVER, whole + p)
        ranked = sorted(grown, key=lambda t: -(_sum(*grown[t]) + closed(t)))[:BEAM]
        beams = {text: grown[text] for text in ranked}
    ends: dict[str, float] = {}
    for text, scores in beams.items():
        bare = text.strip()
        ends[bare] = max(ends.get(bare, _NEVER), _sum(*scores) + closed(bare + " "))
    return sorted(ends.items(), key=lambda item: -item[1])


def _sum(a: float, b: float) -> float:
    """log(exp a + exp b)"""
    if a < b:
        a, b = b, a
    return a if b <= _NEVER else a + math.log1p(math.exp(b - a))


def _add(grown: dict[str, tuple[float, float]], text: str, blank: float, letter: float) -> None:
    before = grown.get(text)
    if before is None:
        grown[text] = blank, letter
    else:
        grown[text] = _sum(before[0], blank), _sum(before[1], letter)


def log_likelihoods(log_probs: LogProbabilities, texts: Sequence[str], characters: str) -> NDArray[np.float64]:
    """log P(text | picture) of each text, summed over all its paths; characters unknown to the network are left out.

    A text longer than there are steps gets −inf.
    """
    class_of = {char: i + 1 for i, char in enumerate(characters)}
    rows = [[class_of[c] for c in text if c in class_of] for text in texts]
    longest = max((len(row) for row in rows), default=0)
    states = np.zeros((len(rows), 2 * longest + 1), np.int64)  # blank, letter, blank, …; short texts end in blanks
    skips = np.zeros(states.shape, np.float64)
    for i, row in enumerate(rows):
        states[i, 1 : 2 * len(row) : 2] = row
        skips[i, 3 : 2 * len(row) : 2] = [float(a != b) for a, b in pairwise(row)]
    ends = np.array([2 * len(row) for row in rows])
    alive = np.arange(states.shape[1])[None] <= ends[:, None]
    odds = np.exp(log_probs.astype(np.float64))
    alpha = np.zeros(states.shape)
    alpha[:, :2] = 1.0
    alpha *= odds[0][states] * alive
    total = np.zeros(len(rows))
    for step in range(len(log_probs)):
        if step:
            moved = alpha.copy()
            moved[:, 1:] += alpha[:, :-1]
            moved[:, 2:] += alpha[:, :-2] * skips[:, 2:]
            alpha = moved * odds[step][states] * alive
        scale = alpha.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            alpha = np.where(scale[:, None] > 0, alpha / scale[:, None], 0.0)
            total += np.log(scale)
    here = np.arange(len(rows))
    last = alpha[here, ends] + np.where(ends > 0, alpha[here, np.maximum(ends - 1, 0)], 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(total + np.log(last), np.float64)
