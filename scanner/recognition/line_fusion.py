"""From what the readers of print and of handwriting saw of a line to one text: candidates, weighed by the ink.

Candidates are what either reader read, its runners-up, and what these may have meant: known places at the end of an
address, entries of the field's list. The handwriting reader's CTC log-probabilities say how likely the ink makes
each; words, places and the reader of print add what they know. A candidate that the ink contradicts cannot win:
knowledge is worth a few units of log-likelihood, a wrong letter costs more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from scanner.model import EngineReading, FormTemplate, LineEvidence, Reason, Step
from scanner.ocr.correction import correct
from scanner.recognition.values import clean_text
from scanner.vietnam import addresses, places
from scanner.vietnam.language import name_score, word_score
from scanner.vietnam.lexicon import by_letters
from scanner.vietnam.lexicon import key as lexicon_key
from scanner.vietnam.lexicon import words as known_words
from scanner.vietnam.orthography import tone_blind
from scanner.vietnam.wordlists import word_list

PLACES = "places"
OPEN = (PLACES, "names")
"""Not lists to pick from: names and addresses are words in an endless number of orders."""
WORDS, WORD_BONUS = 0.65, 1.2
"""Worth of a word's log-probability, and of having it at all."""
PLACE_BONUS = 4.0
"""Worth of a level of an address that is a known unit."""
LISTED_BONUS = 5.0
PRINT_TRUST = 3.0
"""Cost of a letter that differs from what the reader of print read, where it is to be trusted."""
DOUBTFUL = 0.97
"""A word with a letter less sure than this may be another of the same letters."""
SMALL_LETTER = 2.0
"""Cost of a name's word that begins with a small letter: c, o, s, v, x, y and their like differ in size alone."""
SMALL_WORDS = frozenset(
    "thôn xóm bản ấp tổ dân phố khu khối buôn làng số nhà ngõ ngách hẻm đường quốc lộ"
    " tỉnh xã phường thị trấn huyện quận thành đặc km tp tx tt tdp kp p x h q t".split()
)
"""Words of addresses that begin with either."""
RESPELT = 6
"""Other words of the same letters tried for a word."""
LIKE = 82
MOST = 64
"""Candidates weighed at most."""
ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class LineChoice:
    """The text delivered for a line: from what raw reading, by which steps, with what evidence."""

    text: str = field(repr=False)
    raw: str = field(repr=False)
    engine: str
    steps: tuple[Step, ...] = field(default=(), repr=False)
    alternatives: tuple[str, ...] = field(default=(), repr=False)
    features: Mapping[str, float] = field(default_factory=dict)
    reason: Reason | None = None


Lists = Mapping[str, Mapping[str, str]]
"""Name of a list → its entries, each with its letters without marks."""


def lists_of(form: FormTemplate, own: Mapping[str, Sequence[str]] | None = None) -> Lists:
    """The lists that a form's fields name, with a site's own entries behind those that ship."""
    names = {f.lexicon for f in form.fields if f.lexicon and f.lexicon not in OPEN}
    return {n: {e: tone_blind(e) for e in (*word_list(n), *(own or {}).get(n, ()))} for n in sorted(names)}


def fuse_line(
    lexicon: str | None, printed: EngineReading, hand: EngineReading | None, lists: Lists | None = None
) -> LineChoice:
    """The best text for a line. Without the reader of handwriting it is what the reader of print says, mended."""
    print_text = clean_text(printed.text)
    if hand is None or hand.evidence is None:
        text, steps = correct(print_text)
        reason = printed.reason or (Reason("hand_reader_missing") if hand is None else hand.reason)
        return LineChoice(text, printed.text, printed.engine, steps, printed.alternatives, {}, reason)
    plain = clean_text(hand.words[0][0]) if hand.words else ""
    trust = print_trust(print_text, plain)
    why = _candidates(lexicon, print_text, hand, lists or {})
    weighed = _weigh(why, lexicon, hand.evidence, print_text, trust)
    others = {t: w for t, w in _respelt(weighed[0].text, lexicon, hand).items() if t not in why}
    if others:
        why |= others
        weighed = _ranked([*weighed, *_weigh(others, lexicon, hand.evidence, print_text, trust)])
    best, text = weighed[0], weighed[0].text
    by_print = Levenshtein.distance(text, print_text) <= Levenshtein.distance(text, plain)
    raw, engine = (print_text, printed.engine) if by_print else (plain, hand.engine)
    features = _features(text, print_text, plain, printed, hand, trust) | {
        "margin": min(best.total - weighed[1].total, 12.0) if len(weighed) > 1 else 12.0,
        "levels": float(why[text][1]),
    }
    near = tuple(w.text for w in weighed[1 : 1 + ALTERNATIVES] if w.total > best.total - 14)
    return LineChoice(text, raw, engine, _steps(raw, text, why[text][0]), near, features, hand.reason)


def print_trust(print_text: str, plain: str) -> float:
    """How far the reader of print is to be heard, 0 to 1. Its own confidence does not tell: on handwriting it is high.

    It is believed where the reader of handwriting saw nearly the same, or where what it read is known words.
    """
    size = max(len(print_text), len(plain), 1)
    alike = 1 - 2 * Levenshtein.distance(print_text, plain) / size
    words = [w.strip(".,;:()-/ ") for w in print_text.split()]
    known = sum(len(w) for w in words if lexicon_key(w) in known_words()) / max(sum(map(len, words)), 1)
    return float(np.clip(max(alike, 4 * known - 3), 0, 1))


@dataclass(frozen=True, slots=True)
class _Weighed:
    text: str
    ink: float  # log P(text | picture)
    total: float  # with what is known


def _weigh(why: _Why, lexicon: str | None, seen: LineEvidence, print_text: str, trust: float) -> list[_Weighed]:
    """The candidates, the best first."""
    texts = list(why)
    ink = np.maximum(seen.log_likelihoods(texts), -1e4)
    out = []
    for text, likely in zip(texts, ink.tolist(), strict=True):
        apart = Levenshtein.distance(text, print_text)
        total = likely + _known(text, why[text], lexicon) - PRINT_TRUST * trust * apart
        out.append(_Weighed(text, likely, total))
    return _ranked(out)


def _ranked(weighed: Iterable[_Weighed]) -> list[_Weighed]:
    return sorted(weighed, key=lambda w: -w.total)


# --- candidates --------------------------------------------------------------------------------------

_Why = dict[str, tuple[str, int]]
"""Text → (why it is a candidate, levels of known places in it)."""


def _candidates(lexicon: str | None, print_text: str, hand: EngineReading, lists: Lists) -> _Why:
    read = [clean_text(t) for t in (hand.text, print_text, hand.words[0][0] if hand.words else "", *hand.alternatives)]
    read = [t for t in dict.fromkeys(read) if t]
    why: _Why = dict.fromkeys(read, ("likelier_words", 0))
    if print_text:
        why.setdefault(correct(print_text)[0], ("hook_seen_as_acute", 0))
    for text in read[:3]:
        if lexicon == PLACES:
            for found in _places(text):
                if found.levels > why.get(found.text, ("", 0))[1]:
                    why[found.text] = ("known_place", found.levels)
        elif lexicon is not None and lexicon in lists:
            for entry in _listed(lists[lexicon], text):
                why[entry] = ("listed_value", 1)
    return dict(list(why.items())[:MOST]) or {"": ("likelier_words", 0)}


def _places(text: str) -> Iterable[addresses.AddressCandidate]:
    """An address with known units at its end; a line of a few words may be a single unit of any level."""
    yield from addresses.candidates(text)
    if len(text.split()) <= 5 and not any(c.isdigit() for c in text):
        for found in places.find(text):
            name = found.unit.name
            head = text[: len(text) - len(places.split_kind(text)[1])]
            yield addresses.AddressCandidate(head + (name.upper() if text.isupper() else name), 1, (name,))


def _listed(entries: Mapping[str, str], text: str) -> list[str]:
    found = process.extract(tone_blind(text), entries, scorer=fuzz.ratio, score_cutoff=LIKE, limit=4)
    out = []
    for _, _, entry in found:
        out.append(entry.upper() if text.isupper() else entry[:1].upper() + entry[1:] if text[:1].isupper() else entry)
    return out


def _respelt(text: str, lexicon: str | None, hand: EngineReading) -> _Why:
    """The text with one doubtful word replaced by another of the same letters, or of a name's usual parts."""
    words = text.split()
    sure = _sureness(text, hand)
    out: _Why = {}
    if lexicon in OPEN:
        large = [w if _may_be_small(w) else w[:1].upper() + w[1:] for w in words]
        if large != words:
            out[" ".join(large)] = ("likelier_words", 0)
    for i, word in enumerate(words):
        bare = word.strip(".,;:()-/")
        if not bare.isalpha() or sure[i] >= DOUBTFUL:
            continue
        for other in by_letters().get(tone_blind(bare), ())[:RESPELT]:
            cased = other.upper() if bare.isupper() and len(bare) > 1 else other
            cased = cased.capitalize() if bare[:1].isupper() and not cased.isupper() else cased
            if cased != bare:
                changed = [*words[:i], word.replace(bare, cased), *words[i + 1 :]]
                out[" ".join(changed)] = ("likelier_words", 0)
    return out


def _may_be_small(word: str) -> bool:
    return word.strip(".,;:()-/").lower() in SMALL_WORDS


def _sureness(text: str, hand: EngineReading) -> list[float]:
    """For each word of a text the least sure letter of the word that stands there as read; 0 where none does."""
    read: list[tuple[str, float]] = []
    word, least = "", 1.0
    for char in (*hand.chars, None):
        if char is None or char.char == " ":
            read.append((word, least))
            word, least = "", 1.0
        else:
            word, least = word + char.char, min(least, char.score)
    seen = [pair for pair in read if pair[0]]
    words = text.split()
    if len(seen) != len(words):
        return [0.0] * len(words)
    return [least if shown == as_read else 0.0 for shown, (as_read, least) in zip(words, seen, strict=True)]


def _known(text: str, why: tuple[str, int], lexicon: str | None) -> float:
    words = text.split()
    if lexicon == "names":
        scores = [name_score(words, i) for i in range(len(words))]
    else:
        scores = [word_score(w, b) for w, b in zip(words, ["", *words], strict=False)]
    spelt = sum(WORDS * score + WORD_BONUS for score in scores)
    if lexicon in OPEN:
        spelt -= SMALL_LETTER * sum(w[:1].islower() and not _may_be_small(w) for w in words)
    bonus = PLACE_BONUS * why[1] if why[0] == "known_place" else LISTED_BONUS if why[0] == "listed_value" else 0.0
    return spelt + bonus


# --- evidence ----------------------------------------------------------------------------------------


def _features(
    text: str, print_text: str, plain: str, printed: EngineReading, hand: EngineReading, trust: float
) -> dict[str, float]:
    from_print = [c.score for c in printed.chars if c.char.strip()] or [0.0]
    from_hand = [c.score for c in hand.chars if c.char.strip()] or [0.0]
    words = text.split()
    spelt = [word_score(w, b) for w, b in zip(words, ["", *words], strict=False)] or [-20.0]
    size = max(len(text), 1)
    apart = Levenshtein.distance(text, print_text)
    return {
        "print_mean": sum(from_print) / len(from_print),
        "print_trust": trust,
        "print_apart": min(apart / size, 1.0),
        "trusted_apart": trust * min(apart, 4),
        "hand_worst": min(from_hand),
        "hand_mean": sum(from_hand) / len(from_hand),
        "hand_agrees": float(text == plain),
        "words_mean": sum(spelt) / len(spelt),
        "length": float(len(text)),
    }


def _steps(raw: str, text: str, why: str) -> tuple[Step, ...]:
    """The words that changed, each with the reason; the whole text where words came or went."""
    if raw == text:
        return ()
    before, after = raw.split(), text.split()
    if len(before) != len(after):
        return (Step(raw, text, why),)
    return tuple(Step(a, b, why) for a, b in zip(before, after, strict=True) if a != b)
