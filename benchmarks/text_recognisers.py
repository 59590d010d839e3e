"""Compare text-line recognisers on the same pictures of lines: one run, one table row a system.

    python -m benchmarks.text_recognisers --lines FOLDER [--sheets 271-300] [--limit N] [--ours]
    python -m benchmarks.text_recognisers --crops FILE.pickle [--limit N] [--ours]

FOLDER holds labels.tsv (file, tab, text) and the photographs, of which every `--sheets` is one person's sheet; FILE is
a pickled list of `training.handwriting.lines.Line` (of your own making: unpickling runs code). Every system gets the
same cut grey picture as it is, on one thread; each does to it whatever its own package does. Errors are counted in
letters over all lines, capitals and punctuation included, after Unicode NFC and with single spaces.

Peers are no dependencies of Sohoa: `pip install rapidocr asterocr trueocr easyocr` in an environment of its own, next
to this project's. What is not installed, or lacks its weights, is skipped and says so; nothing is fetched.
"""

from __future__ import annotations

import os

os.environ.update(  # libraries look when they are loaded: before the imports below
    dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import argparse
import pickle
import resource
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
from rapidfuzz.distance import Levenshtein

from scanner.errors import EngineError
from scanner.model import PX_PER_MM, Box, Crop, Gray
from scanner.vietnam.orthography import tone_blind
from training.handwriting.lines import Line, photographed

HEADINGS = ("system", "CER", "tone-blind CER", "exact lines", "CPU ms a line", "licence")
Read = Callable[[Sequence[Gray]], list[str]]
"""Pictures (rows, cols) of lines, dark on light → their texts, in order."""


class Missing(Exception):
    """A peer, or its weights, is not on this machine."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A recogniser: its name, the licence of its code and weights as its package states it, and how it is opened."""

    name: str
    licence: str
    open: Callable[[], tuple[str, Read]]  # → (version, how to read); raises ImportError, Missing, EngineError


@dataclass(frozen=True, slots=True)
class Score:
    """How one system read all lines; the shares are 0–1."""

    cer: float
    blind_cer: float
    exact: float
    cpu_ms: float  # a line


# --- the systems -------------------------------------------------------------------------------------


def tesseract() -> tuple[str, Read]:
    """Tesseract's Vietnamese model, told that each picture is one line. One process reads all pictures."""
    engine = import_module("pytesseract")
    try:
        found, languages = engine.get_tesseract_version(), engine.get_languages()
    except engine.TesseractNotFoundError:
        raise Missing("the program tesseract is not installed") from None
    if "vie" not in languages:
        raise Missing("its Vietnamese model is not installed")

    def read(pictures: Sequence[Gray]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{i}.png" for i in range(len(pictures))]
            for file, picture in zip(files, pictures, strict=True):
                cv2.imwrite(str(file), picture)
            names = Path(folder) / "pictures.txt"
            names.write_text("\n".join(map(str, files)), encoding="utf-8")
            return str(engine.image_to_string(str(names), lang="vie", config="--psm 7")).split("\f")[: len(files)]

    return f"{found} vie", read


def rapidocr() -> tuple[str, Read]:
    """RapidOCR's recogniser alone: no detection, no turning."""
    weights = _packaged("rapidocr", "models/PP-OCRv6_rec_small.onnx")
    engine = import_module("rapidocr").RapidOCR(
        params={
            "Global.use_det": False,
            "Global.use_cls": False,
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Rec.model_path": str(weights),
        }
    )

    def read(picture: Gray) -> str:
        return "".join(engine(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)).txts or ())

    return f"{version('rapidocr')} {weights.stem}", _each(read)


def asterocr() -> tuple[str, Read]:
    """AsterOCR with the weights of its package; its session is opened anew, for it takes every core."""
    weights = _packaged("asterocr", "assets/asternet.onnx")
    engine = import_module("asterocr").AsterOCR(model_path=str(weights))
    engine.session = _session(weights)
    return f"{version('asterocr')} {weights.stem}", _each(engine.predict)


def trueocr() -> tuple[str, Read]:
    """TrueOCR's recogniser of lines, meant for print."""
    _packaged("trueocr", "models/rec.onnx")
    engine = import_module("trueocr").load_model(mode="line", threads=1).recognizer
    return f"{version('trueocr')} {engine.name}", _each(lambda picture: engine.predict_one(picture).text)


def easyocr() -> tuple[str, Read]:
    """EasyOCR's recogniser on the whole picture, where its weights were put beforehand."""
    import_module("torch").set_num_threads(1)
    try:
        engine = import_module("easyocr").Reader(
            ["vi"], gpu=False, detector=False, download_enabled=False, verbose=False
        )
    except FileNotFoundError:
        raise Missing("its weights are not on this machine") from None

    def read(picture: Gray) -> str:
        rows, cols = picture.shape
        found = engine.recognize(picture, horizontal_list=[[0, cols, 0, rows]], free_list=[], detail=0)
        return " ".join(found)

    return f"{version('easyocr')} vi", _each(read)


def ours() -> tuple[str, Read]:
    """Sohoa's own reader, a line at a time like the others; the whole picture counts as where the ink is."""
    engine = import_module("scanner.ocr.handwriting").LineReader()

    def read(picture: Gray) -> str:
        rows, cols = picture.shape
        box = Box(0.0, 0.0, cols / PX_PER_MM, rows / PX_PER_MM)
        return str(engine.read([Crop("line", box, picture, (0, rows, 0, cols))])[0].text)

    return str(engine.name), _each(read)


OURS = Peer("Sohoa", "Apache-2.0", ours)
PEERS = (
    Peer("Tesseract", "Apache-2.0", tesseract),
    Peer("RapidOCR", "Apache-2.0", rapidocr),
    Peer("AsterOCR", "MIT", asterocr),
    Peer("TrueOCR", "Apache-2.0", trueocr),
    Peer("EasyOCR", "Apache-2.0", easyocr),
)


def _packaged(package: str, file: str) -> Path:
    """A file inside an installed package. Raises ImportError or Missing: the peers would fetch it otherwise."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name=package)
    path = Path(found.origin).parent / file
    if not path.is_file():
        raise Missing(f"{path.name} is not in the package")
    return path


def _session(weights: Path) -> Any:
    """An ONNX Runtime session on one thread."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return runtime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _each(read: Callable[[Gray], str]) -> Read:
    return lambda pictures: [read(picture) for picture in pictures]


# --- measuring ---------------------------------------------------------------------------------------


def measure(read: Read, lines: Sequence[Line]) -> Score:
    """Read all lines, after one that is not timed."""
    pictures = [line.picture for line in lines]
    read(pictures[:1])
    before = _cpu_seconds()
    texts = read(pictures)
    spent = _cpu_seconds() - before
    pairs = [(_plain(line.text), _plain(text)) for line, text in zip(lines, texts, strict=True)]
    return Score(
        cer=_error(pairs),
        blind_cer=_error([(tone_blind(truth), tone_blind(text)) for truth, text in pairs]),
        exact=sum(truth == text for truth, text in pairs) / len(pairs),
        cpu_ms=1000 * spent / len(pairs),
    )


def _cpu_seconds() -> float:
    """CPU time of this process and of those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _error(pairs: Sequence[tuple[str, str]]) -> float:
    """Edits a letter of the truth, over all (truth, read)."""
    return sum(Levenshtein.distance(*pair) for pair in pairs) / sum(len(truth) for truth, _ in pairs)


def row(peer: Peer, lines: Sequence[Line]) -> tuple[str, ...]:
    """A system's cells under `HEADINGS`, or why it was skipped."""
    try:
        found, read = peer.open()
    except ImportError as error:
        return (peer.name, f"skipped: {error.name} is not installed", "", "", "", peer.licence)
    except (Missing, EngineError) as error:
        return (peer.name, f"skipped: {error}", "", "", "", peer.licence)
    except Exception as error:  # a broken installation of one peer must not cost the others' rows
        return (peer.name, f"skipped: it does not start ({type(error).__name__})", "", "", "", peer.licence)
    score = measure(read, lines)
    shares = (f"{100 * share:.1f} %" for share in (score.cer, score.blind_cer, score.exact))
    return (f"{peer.name} {found}", *shares, f"{score.cpu_ms:.1f}", peer.licence)


# --- the command -------------------------------------------------------------------------------------


def sheet_numbers(text: str) -> set[int]:
    """ "7-39,271-300" → the numbers in it."""
    spans = [part.split("-") for part in text.split(",") if part]
    return {n for span in spans for n in range(int(span[0]), int(span[-1]) + 1)}


def load(options: argparse.Namespace) -> list[Line]:
    """The lines that were asked for, those without a text left out."""
    lines = pickle.loads(options.crops.read_bytes()) if options.crops else photographed(options.lines, options.sheets)
    return [line for line in lines if _plain(line.text)][: options.limit]


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--lines", type=Path)
    source.add_argument("--crops", type=Path)
    parser.add_argument(
        "--sheets", type=sheet_numbers, help="of --lines: FROM-TO, several with commas; all if not given"
    )
    parser.add_argument("--limit", type=int, help="only the first so many lines")
    parser.add_argument("--ours", action="store_true", help="Sohoa's own reader too")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    lines = load(options)
    if not lines:
        parser.error("no lines there")
    print(f"{len(lines)} lines, {sum(len(_plain(line.text)) for line in lines)} letters\n")
    print(f"| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
    for peer in (*PEERS, OURS) if options.ours else PEERS:
        print(f"| {' | '.join(row(peer, lines))} |", flush=True)


if __name__ == "__main__":
    main()
