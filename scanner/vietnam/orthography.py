"""Vietnamese spelling: normal form, tone-blind keys, and which syllables the orthography allows.

Source: Đoàn Thiện Thuật, Ngữ âm tiếng Việt (1977), onsets and rhymes as written; proper names of minority peoples
and loan words (Đắk, Búk, Ca-ô) lie outside it, so an illegal syllable is evidence, never a verdict.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

TONES = {"\u0300": "huyền", "\u0301": "sắc", "\u0303": "ngã", "\u0309": "hỏi", "\u0323": "nặng"}
_ONSETS = """
    b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x
""".split()
_OPEN = """
    a e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iu oi ôi ơi ua ui ưa ưi ưu uê uy uơ oa oe oai oay oeo
    uây uya uyu uôi ươi ươu iêu yêu yê uao oao ue
""".split()
_NASAL = """
    am ăm âm em êm im om ôm ơm um ưm iêm yêm uôm ươm oam oăm an ăn ân en ên in on ôn ơn un iên yên uôn
    ươn oan oăn uân uyên oen uên uyn ang ăng âng eng ong ông ung ưng iêng yêng uông ương oang oăng uâng
    oong anh ênh inh oanh uênh uynh
""".split()
_STOPPED = """
    ac ăc âc ec oc ôc uc ưc iêc uôc ươc oac oăc ooc at ăt ât et êt it ot ôt ơt ut ưt iêt yêt uôt ươt oat
    oăt uât uyêt uêt uyt oet ap ăp âp ep êp ip op ôp ơp up ươp iêp yêp uôp oap ach êch ich oach uêch
    uych
""".split()
_FRONT = "iêeyIÊEY"


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


def is_syllable(word: str) -> bool:
    """Does the orthography allow this syllable, tone and all? Case does not matter."""
    letters, tone = split_tone(nfc(word).lower())
    if tone == "?" or not letters:
        return False
    rhyme_class = _syllables().get(letters)
    if rhyme_class is None:
        return False
    return rhyme_class != "stopped" or tone in ("\u0301", "\u0323")  # p, t, c, ch take only sắc and nặng


@lru_cache(maxsize=1)
def _syllables() -> dict[str, str]:
    """Every allowed toneless syllable → the class of its rhyme."""
    found: dict[str, str] = {}
    for kind, rhymes in (("open", _OPEN), ("nasal", _NASAL), ("stopped", _STOPPED)):
        for rhyme in rhymes:
            found[rhyme] = kind
            for onset in _ONSETS:
                joined = _join(onset, rhyme)
                if joined:
                    found[joined] = kind
    return found


def _join(onset: str, rhyme: str) -> str | None:
    """Onset and rhyme as they are written together; None where the spelling rules forbid it."""
    front = rhyme[0] in _FRONT
    if onset in ("c", "g", "ng") and front and not (onset == "g" and rhyme[0] in "iI"):
        return None
    if onset in ("k", "gh", "ngh") and not front:
        return None
    if onset == "gi":
        return "gi" + (rhyme[1:] if rhyme[0] == "i" else rhyme)
    if onset == "qu":
        if rhyme[0] in "ou" and len(rhyme) > 1:  # quang, quyên: the glide is in the u
            return "q" + ("u" + rhyme[1:] if rhyme[0] == "o" else rhyme)
        return "qu" + rhyme if rhyme[0] not in "uưo" else None
    return onset + rhyme


def new_style(syllable: str) -> str:
    """Tone placement as taught today: "hoà" → "hòa", "thuỷ" → "thủy" (open oa, oe, uy; not after q)."""
    letters, tone = split_tone(nfc(syllable))
    low = letters.lower()
    if not tone or tone == "?" or len(low) < 2 or low[-2:] not in ("oa", "oe", "uy") or low.startswith("qu"):
        return nfc(syllable)
    return with_tone(letters, tone, len(letters) - 2)


def same_spelling(a: str, b: str) -> bool:
    """Are two texts the same but for Unicode form, spaces and the place of tone marks?"""
    left, right = (" ".join(new_style(w) for w in nfc(t).split()) for t in (a, b))
    return left == right
