"""Mending what an engine is known to get wrong, each change kept as a step with its reason.

Tesseract takes the hook over a circumflex for an acute (Tổ → Tố) and knows letters that Vietnamese has not (Ÿ for Ỷ).
Otherwise a word is changed only where the orthography forbids it and one known word differs in a mark alone.
"""

from __future__ import annotations

import unicodedata

from scanner.model import Step
from scanner.vietnam.lexicon import by_letters, key, pairs, words
from scanner.vietnam.orthography import is_syllable, split_tone, tone_blind

FOREIGN = str.maketrans(
    {"Ÿ": "Ỷ", "ÿ": "ỷ", "ï": "ĩ", "Ï": "Ĩ", "ñ": "ã", "ä": "ã", "ö": "õ", "ü": "ũ", "ø": "ơ", "å": "ă"}
)
HOOKED = {"ấ": "ẩ", "ế": "ể", "ố": "ổ", "ý": "ỷ"}
"""The engine's commonest slip: a hook seen as an acute."""
RIVAL = 8
"""The known word must weigh this many times more than the next one."""
RIVAL_HOOKED = 6
EDGES = ",.;:()/-"
DOT = "\u0323"


def correct(text: str) -> tuple[str, tuple[Step, ...]]:
    """The text with its mended words, and the steps taken."""
    steps: list[Step] = []
    out = []
    tokens = text.split(" ")
    bare = [token.strip(EDGES) for token in tokens]
    for i, (token, word) in enumerate(zip(tokens, bare, strict=True)):
        if _in_a_place_name(bare, i):
            out.append(token)
            continue
        mended = _mend(word, steps) if word.isalpha() and len(word) > 1 else word.translate(FOREIGN)
        out.append(token.replace(word, mended) if word else token)
    return " ".join(out), tuple(steps)


def _in_a_place_name(bare: list[str], i: int) -> bool:
    """Does a word stand beside its neighbour as in the name of a place?"""
    beside = [bare[j : j + 2] for j in (i - 1, i) if j >= 0 and j + 1 < len(bare)]
    return any((key(a), key(b)) in pairs() for a, b in beside)


def _mend(word: str, steps: list[Step]) -> str:
    plain = unicodedata.normalize("NFC", word.translate(FOREIGN))
    if plain != word:
        steps.append(Step(word, plain, "foreign_letter"))
    hooked = "".join(HOOKED.get(c, c) for c in key(plain))
    if hooked != key(plain) and words().get(hooked, 0) >= RIVAL_HOOKED * max(words().get(key(plain), 0), 1):
        found = _in_case_of(hooked, plain)
        steps.append(Step(plain, found, "hook_seen_as_acute"))
        return found
    if key(plain) in words() or is_syllable(plain):
        return plain  # a lawful word stays as it was read: changing them broke more than it mended
    candidates = [w for w in by_letters().get(tone_blind(plain), ()) if _one_mark_apart(key(plain), w)]
    dotted = [w for w in candidates if split_tone(w)[1] == DOT and not split_tone(key(plain))[1]]
    candidates = dotted or candidates  # a dot below is the mark that a dotted line swallows
    if not candidates or (len(candidates) > 1 and words()[candidates[0]] < RIVAL * words()[candidates[1]]):
        return plain
    found = _in_case_of(candidates[0], plain)
    steps.append(Step(plain, found, "unknown_word"))
    return found


def _one_mark_apart(a: str, b: str) -> bool:
    """Do two words of the same letters differ in the tone alone, or in a single letter's mark alone?"""
    (left, tone_a), (right, tone_b) = split_tone(a), split_tone(b)
    if left == right:
        return tone_a != tone_b
    return tone_a == tone_b and len(left) == len(right) and sum(x != y for x, y in zip(left, right, strict=True)) == 1


def _in_case_of(word: str, model: str) -> str:
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word
