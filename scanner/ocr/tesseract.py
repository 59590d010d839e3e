"""Tesseract with its Vietnamese model behind the `Recogniser` protocol.

In-process through `tesserocr` where it is installed; otherwise one `tesseract` process for all crops of a page
(a list of images), never one a field. Either way one thread: several workers share a machine better.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import cv2
import numpy as np
import pytesseract
from PIL import Image

from scanner.errors import EngineError
from scanner.model import CharReading, Crop, EngineReading, Gray, Reason
from scanner.ocr.prepare import SCALE, prepare_digits, prepare_line

LANGUAGE = "vie"
SINGLE_LINE = 7
MAX_ALTERNATIVES = 4


class _Backend(Protocol):
    """A way to run Tesseract over prepared images: lists of words, each a list of characters."""

    version: str

    def run(self, images: Sequence[Gray]) -> list[list[list[CharReading]]]: ...


class Tesseract:
    """Reads lines of print (`digits` False) or rows of digits (`digits` True).

    `in_process` forces one way of calling; None takes `tesserocr` if it is installed.
    Raises EngineError when Tesseract or its Vietnamese model is missing.
    """

    def __init__(
        self, *, digits: bool = False, scale: float = SCALE, in_process: bool | None = None, language: str = LANGUAGE
    ) -> None:
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")
        self._digits, self._scale = digits, scale
        if in_process is None:
            in_process = _tesserocr() is not None
        variables = {"lstm_choice_mode": "2"} if in_process else {}
        if digits:
            variables["tessedit_char_whitelist"] = "0123456789"
        self._backend: _Backend = (_InProcess if in_process else _OneCall)(language, variables)
        self.name = f"tesseract-{self._backend.version}/{language}"

    def __repr__(self) -> str:
        return f"Tesseract({self.name})"

    def read(self, crops: Sequence[Crop]) -> list[EngineReading]:
        """One reading a crop; an empty crop is read as nothing."""
        written = [i for i, crop in enumerate(crops) if crop.ink is not None]
        prepare = prepare_digits if self._digits else prepare_line
        results = self._backend.run([prepare(crops[i], self._scale) for i in written]) if written else []
        readings = [EngineReading("", 1.0, self.name) for _ in crops]
        for i, words in zip(written, results, strict=True):
            readings[i] = _reading(words, self.name, joined=self._digits)
        return readings


def _reading(words: list[list[CharReading]], engine: str, *, joined: bool) -> EngineReading:
    words = [word for word in words if word]
    if not words:
        return EngineReading("", 0.0, engine, reason=Reason("nothing_recognised"))
    gap = "" if joined else " "
    chars: list[CharReading] = []
    for word in words:
        if chars and gap:
            chars.append(CharReading(gap, 1.0))
        chars.extend(word)
    text = "".join(c.char for c in chars)
    scored = tuple(("".join(c.char for c in word), min(c.score for c in word)) for word in words)
    return EngineReading(text, min(c.score for c in chars), engine, scored, tuple(chars), _alternatives(chars))


def _alternatives(chars: Sequence[CharReading]) -> tuple[str, ...]:
    """The text with one character changed to a runner-up, the likeliest change first."""
    changes = [(score, i, other) for i, c in enumerate(chars) for other, score in c.alternatives if score > 0]
    out: list[str] = []
    for _, i, other in sorted(changes, key=lambda change: -change[0])[: 2 * MAX_ALTERNATIVES]:
        text = "".join(other if j == i else c.char for j, c in enumerate(chars))
        if text not in out:
            out.append(text)
    return tuple(out[:MAX_ALTERNATIVES])


# --- finding Tesseract -----------------------------------------------------------------------------


def _tesserocr() -> ModuleType | None:
    try:
        return import_module("tesserocr")
    except ImportError:
        return None


def in_process_available() -> bool:
    """Is `tesserocr` installed?"""
    return _tesserocr() is not None


def tessdata() -> Path:
    """The folder of Tesseract's models. Raises EngineError when there is none."""
    named = os.environ.get("TESSDATA_PREFIX")
    if named:
        return Path(named)
    command = [pytesseract.pytesseract.tesseract_cmd, "--list-langs"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        raise _missing() from None
    found = re.search(r'"([^"]+)"', answer.stdout + answer.stderr)
    if not found:
        raise _missing()
    return Path(found[1])


def _missing() -> EngineError:
    return EngineError("tesseract_missing")


def require_language(language: str, folder: Path) -> None:
    """Raises EngineError unless the model of that language is there."""
    if not (folder / f"{language}.traineddata").is_file():
        raise EngineError("tesseract_model_missing", language=language)


# --- two ways of calling it ------------------------------------------------------------------------


class _InProcess:
    """`tesserocr`: the engine stays loaded; characters come with what else they might be."""

    def __init__(self, language: str, variables: dict[str, str]) -> None:
        folder = tessdata()
        require_language(language, folder)
        module = _tesserocr()
        if module is None:
            raise _missing()
        self._module = module
        self._language, self._folder, self._variables = language, folder, variables
        self.version = re.split(r"[\s-]", self._module.tesseract_version().removeprefix("tesseract "))[0]

    @cached_property
    def _api(self) -> Any:
        quiet = {"debug_file": os.devnull, **self._variables}
        return self._module.PyTessBaseAPI(
            path=str(self._folder),
            lang=self._language,
            psm=SINGLE_LINE,
            oem=self._module.OEM.LSTM_ONLY,
            variables=quiet,
        )

    def run(self, images: Sequence[Gray]) -> list[list[list[CharReading]]]:
        return [self._one(image) for image in images]

    def _one(self, image: Gray) -> list[list[CharReading]]:
        self._api.SetImage(Image.fromarray(image))
        self._api.SetSourceResolution(180)
        self._api.Recognize()
        words: list[list[CharReading]] = []
        iterator, symbol = self._api.GetIterator(), self._module.RIL.SYMBOL
        if iterator is None:
            return words
        for item in self._module.iterate_level(iterator, symbol):
            if item.Empty(symbol):
                continue
            text = item.GetUTF8Text(symbol)
            if item.IsAtBeginningOf(self._module.RIL.WORD) or not words:
                words.append([])
            words[-1].append(CharReading(text, item.Confidence(symbol) / 100, self._others(item, text)))
        return words

    @staticmethod
    def _others(item: Any, text: str) -> tuple[tuple[str, float], ...]:
        choices = item.GetChoiceIterator()
        if choices is None:
            return ()
        found = ((c.GetUTF8Text(), c.Confidence() / 100) for c in choices)
        return tuple((other, score) for other, score in found if other and other != text)


class _OneCall:
    """One `tesseract` process for a list of images; hOCR carries a confidence a character."""

    def __init__(self, language: str, variables: dict[str, str]) -> None:
        require_language(language, tessdata())
        self._language, self._variables = language, variables
        self.version = str(pytesseract.get_tesseract_version()).split("-")[0]

    def run(self, images: Sequence[Gray]) -> list[list[list[CharReading]]]:
        with tempfile.TemporaryDirectory(prefix="sohoa-") as folder:
            names = []
            for i, image in enumerate(images):
                name = Path(folder) / f"{i:04}.png"
                ok, data = cv2.imencode(".png", image)
                if not ok:
                    raise EngineError("tesseract_input_refused")
                name.write_bytes(np.asarray(data).tobytes())
                names.append(str(name))
            listing = Path(folder) / "crops.txt"
            listing.write_text("\n".join(names), encoding="utf-8")
            options = {"hocr_char_boxes": "1", **self._variables}
            config = " ".join([f"--psm {SINGLE_LINE} --oem 1 --dpi 180", *(f"-c {k}={v}" for k, v in options.items())])
            try:
                page = pytesseract.image_to_pdf_or_hocr(
                    str(listing), lang=self._language, config=config, extension="hocr", timeout=60 + len(images)
                )
            except (pytesseract.TesseractError, RuntimeError, OSError):
                return [[] for _ in images]
        return _from_hocr(page.decode("utf-8"), len(images))


_WORD = re.compile(r"<span class='ocrx_word'.*?(?=<span class='ocrx_word'|</p>|</div>)", re.DOTALL)
_CHAR = re.compile(r"<span class='ocrx_cinfo' title='[^']*x_conf ([\d.]+)'>([^<]*)</span>")


def _from_hocr(page: str, count: int) -> list[list[list[CharReading]]]:
    """hOCR with character boxes → words of characters, one list an image."""
    parts = re.split(r"<div class='ocr_page'", page)[1:]
    out: list[list[list[CharReading]]] = []
    for part in parts[:count]:
        words = []
        for word in _WORD.findall(part):
            chars = [CharReading(html.unescape(text), float(conf) / 100) for conf, text in _CHAR.findall(word)]
            words.append(chars)
        out.append(words)
    return out + [[] for _ in range(count - len(out))]
