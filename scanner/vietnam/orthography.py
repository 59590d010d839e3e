"""Vietnamese spelling: normal form, where the tone mark stands, tone-blind keys, and which syllables are lawful.

Source: Đoàn Thiện Thuật, Ngữ âm tiếng Việt (1977), onsets and rhymes as written; the two ways of placing a tone mark
("hòa, thủy", long in use and that of identity papers, and "hoà, thuỷ", Quyết định 1989/QĐ-BGDĐT of 2018 for
schoolbooks). Names of minority peoples and loan words (Đắk, Búk, taxi) lie outside it, so an unlawful syllable is
evidence, never a verdict.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

TONES = {"\u0300": "huyền", "\u0301": "sắc", "\u0303": "ngã", "\u0309": "hỏi", "\u0323": "nặng"}
_VOWELS = frozenset("aăâeêioôơuưy")
_SHAPED = frozenset("ăâêôơư")  # the tone mark stands on the last of these, where there is one
_GLIDED_OPEN = ("oa", "oe", "uy")  # where the two ways of placing it differ

# Rhymes that any onset may take, by their ending: p, t, c, ch take only two of the tones.
_PLAIN = """
    a e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iu oi ôi ơi ua ui ưa ưi ưu iêu uôi ươi ươu
    am ăm âm em êm im om ôm ơm um ưm iêm uôm ươm an ăn ân en ên in on ôn ơn un iên uôn ươn
    ang ăng âng eng ong ông ung ưng iêng uông ương oong anh ênh inh
""".split()
_PLAIN_STOPPED = """
    ac ăc âc ec oc ôc uc ưc iêc uôc ươc ooc at ăt ât et êt it ot ôt ơt ut ưt iêt uôt ươt
    ap ăp âp ep êp ip op ôp ơp up iêp ươp ach êch ich
""".split()
# Rhymes with the glide written o or u. After q the glide is the u itself.
_GLIDED = """
    oa oe uê uơ uy oai oay oao oeo uya uyu uây oam oăm oem oan oăn oen uân uyên uyn
    oang oăng uâng oanh uênh uynh
""".split()
_GLIDED_STOPPED = "oac oăc oat oăt oet uât uyêt uyt oap uyp oach uêch uych".split()
_AFTER_Q = """
    ua uai uay uao uau uam uăm uan uăn uang uăng uanh ue ueo uen ueng uê uên uêu uênh uơ uơi uơn uây uân uâng
    uy ui uyên uynh uinh
""".split()
_AFTER_Q_STOPPED = "uac uăc uat uăt uap uăp uach uet uep uêt uêch uât uôc uơt uyêt uyt uit uyp uip uych uich".split()
# Written with y where no onset stands before.
_BARE_Y = "yêu yêm yên yêng".split()
_BARE_Y_STOPPED = ["yêt"]
_ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph s t th tr v r x".split()
_BEFORE_Y = frozenset(("h", "k", "l", "m", "n", "s", "t", "th", "v", "d"))  # Lý, Mỹ, Vy: y alone
_FRONT = frozenset("iêey")
_UNGLIDED = frozenset(("c", "k", "gh", "ngh", "gi"))  # spelt otherwise, or never said


def nfc(text: str) -> str:
    """NFC with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def tone_blind(text: str) -> str:
    """Letters without any mark, lower case: "Nguyễn Đức" → "nguyen duc"."""
    plain = text.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c)).lower()


def split_tone(syllable: str) -> tuple[str, str]:
    """A syllable without its tone mark, and the mark ("" for the level tone); more than one mark gives "?"."""
    letters, tones = [], []
    for char in unicodedata.normalize("NFD", syllable):
        if char in TONES:
            tones.append(char)
        else:
            letters.append(char)
    return unicodedata.normalize("NFC", "".join(letters)), tones[0] if len(tones) == 1 else "?" if tones else ""


def with_tone(letters: str, tone: str, at: int) -> str:
    """Letters with a tone mark on the letter at that place."""
    return unicodedata.normalize("NFC", letters[: at + 1] + tone + letters[at + 1 :])


# --- where the tone mark stands ----------------------------------------------------------------------


def tone_place(letters: str, *, schoolbook: bool = False) -> int | None:
    """Index of the letter that bears the tone mark in a toneless syllable; None where it has no vowel.

    `schoolbook` places it as in "hoà, thuỷ", otherwise as in "hòa, thủy".
    """
    low = letters.lower()
    start = _vowels_begin(low)
    end = start
    while end < len(low) and low[end] in _VOWELS:
        end += 1
    if start == end:
        return None
    shaped = [i for i in range(start, end) if low[i] in _SHAPED]
    if shaped:
        return shaped[-1]
    closed = end < len(low)
    if end - start == 1:
        return start
    if end - start > 2 or closed:
        return start + 1
    return start + 1 if schoolbook and low[start:end] in _GLIDED_OPEN else start


def _vowels_begin(low: str) -> int:
    """Where the vowels that may bear a tone begin: after the onset, the u of qu and the i of gi."""
    if low.startswith("qu") and len(low) > 2:
        return 2
    if low.startswith("gi") and len(low) > 2 and low[2] in _VOWELS:
        return 2
    return next((i for i, c in enumerate(low) if c in _VOWELS), len(low))


def usual_tones(text: str) -> str:
    """The text with every lawful syllable's tone mark in its usual place: "Hoà, Thuỷ, ngừơi" → "Hòa, Thủy, người"."""
    return _replaced(text, schoolbook=False)


def schoolbook_tones(text: str) -> str:
    """The text with tone marks placed as in schoolbooks: "Hòa, Thủy" → "Hoà, Thuỷ"."""
    return _replaced(text, schoolbook=True)


def _replaced(text: str, *, schoolbook: bool) -> str:
    pieces, word = [], ""
    for char in nfc(text) + " ":
        if char.isalpha():
            word += char
            continue
        pieces += [_syllable_replaced(word, schoolbook), char]
        word = ""
    return "".join(pieces)[:-1]


def _syllable_replaced(word: str, schoolbook: bool) -> str:
    letters, tone = split_tone(word)
    at = tone_place(letters, schoolbook=schoolbook) if tone and tone != "?" else None
    return word if at is None or not is_syllable(word) else with_tone(letters, tone, at)


def same_spelling(a: str, b: str) -> bool:
    """Are two texts the same but for Unicode form, spaces and the place of tone marks?"""
    return usual_tones(a) == usual_tones(b)


def letters_apart(a: str, b: str, most: int | None = None) -> int:
    """Edits (Levenshtein) between two texts whatever their case and tone placement; `most` + 1 where there are more."""
    return Levenshtein.distance(usual_tones(a).lower(), usual_tones(b).lower(), score_cutoff=most)


# --- lawful syllables --------------------------------------------------------------------------------


def is_syllable(word: str) -> bool:
    """Does the orthography allow this syllable, tone and all? Case and the tone mark's place do not matter."""
    letters, tone = split_tone(nfc(word).lower())
    if tone == "?":
        return False
    stopped = _syllables().get(letters)
    if stopped is None:
        return False
    return not stopped or tone in ("\u0301", "\u0323")


@lru_cache(maxsize=1)
def _syllables() -> dict[str, bool]:
    """Every lawful toneless syllable → does it end in p, t, c or ch?"""
    found: dict[str, bool] = {}
    for stopped, plain, glided, after_q, bare in (
        (False, _PLAIN, _GLIDED, _AFTER_Q, _BARE_Y),
        (True, _PLAIN_STOPPED, _GLIDED_STOPPED, _AFTER_Q_STOPPED, _BARE_Y_STOPPED),
    ):
        alone = [r for r in plain if not r.startswith("iê")] + [g for g in glided if g != "uya"] + bare
        found |= dict.fromkeys(alone, stopped)
        found |= dict.fromkeys(("q" + rhyme for rhyme in after_q), stopped)
        for onset in _ONSETS:
            joined = [_join(onset, rhyme) for rhyme in plain]
            found |= dict.fromkeys((syllable for syllable in joined if syllable), stopped)
            if onset not in _UNGLIDED:
                found |= dict.fromkeys((onset + rhyme for rhyme in glided), stopped)
    return found


def _join(onset: str, rhyme: str) -> str | None:
    """Onset and unglided rhyme as they are written together; None where the spelling rules forbid it."""
    front = rhyme[0] in _FRONT
    if rhyme == "y":
        return onset + rhyme if onset in _BEFORE_Y else None
    if onset in ("c", "g", "ng") and front and (onset, rhyme) != ("g", "i"):  # gì; every other i is the letter pair gi
        return None
    if onset in ("k", "gh", "ngh") and not front:
        return None
    if onset == "gi":
        return "gi" + (rhyme[1:] if rhyme[0] == "i" else rhyme)
    return onset + rhyme
