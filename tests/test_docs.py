"""The documents against the program: what they name exists, and what exists is documented."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from babel.messages.pofile import read_po

from scanner.cli import main
from scanner.settings import Settings
from scanner.store.views import ROLES

ROOT = Path(__file__).parent.parent
PAGES = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "samples").rglob("*.md")),
    *sorted((ROOT / "scanner").rglob("*.md")),
)
TOPS = ("scanner", "review_ui", "samples", "training", "benchmarks", "tests", "docs", "scripts", "form_templates")
PROGRAMS = ("samples", "training", "benchmarks")
RUN_BY_OTHERS = frozenset({"benchmarks.form_peers.probe_omrchecker", "benchmarks.form_peers.run_formhtr"})
"""Started by `benchmarks.form_peers` with another program's Python, never by a person."""
OTHER_TOOLS = frozenset({"--no-install-recommends"})
"""Options of programs that are not ours."""


class CodePiece(NamedTuple):
    """A code span, or a line of a code block, and where it is."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: {self.text}"


# --- reading Markdown --------------------------------------------------------------------------------


@cache
def code_pieces() -> tuple[CodePiece, ...]:
    """Every code span and every line of a code block, without comments; diagrams are left out."""
    return tuple(piece for page in PAGES for piece in _pieces(page))


def _pieces(page: Path) -> Iterator[CodePiece]:
    fence: str | None = None
    joined = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fence = line.strip().removeprefix("```") if fence is None else None
        elif fence is None and not line.startswith("    "):
            yield from (CodePiece(page, number, span) for span in re.findall(r"`([^`]+)`", line))
        elif fence != "mermaid":
            joined += re.sub(r"\s+#\s.*", "", line).strip()
            if joined.endswith("\\"):
                joined = joined[:-1]
                continue
            yield CodePiece(page, number, joined)
            joined = ""


def without_variables(text: str) -> str:
    """`A=b command` → `command`"""
    return re.sub(r"^(?:[A-Z_]+=\S+\s+)+", "", text)


def words_of(text: str) -> list[str]:
    """A command's words without the brackets and dots of its usage."""
    return [word for word in (raw.strip("[](),…:;") for raw in text.split()) if word]


# --- links -------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_picture_is_there(page: Path) -> None:
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            missing.append(target)
    assert missing == []


def test_every_picture_is_shown_on_some_page() -> None:
    shown = {Path(name).name for page in PAGES for name in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))}
    assert {path.name for path in (ROOT / "docs/images").iterdir()} - shown == set()


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs/README.md"
    linked = {(index.parent / name).resolve() for name in re.findall(r"\]\(([^)#\s]+)\)", index.read_text("utf-8"))}
    assert set((ROOT / "docs").rglob("*.md")) - linked - {index} == set()


def test_figures_of_the_readme_are_those_of_the_page_of_figures() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "docs/how-good-is-it.md").read_text(encoding="utf-8")
    measured = readme[readme.index("## How good is it?") : readme.index("## Documentation")].partition("\n- ")[0]
    figures = re.findall(r"\d[\d.,]*\d %|\d[\d.,]*\d", measured)
    assert len(figures) >= 5
    assert [figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d.,]?\d)", page)] == []


def test_every_path_of_the_project_exists() -> None:
    paths = [piece for piece in code_pieces() if re.fullmatch(rf"({'|'.join(TOPS)})/[\w./-]*", piece.text)]
    assert len(paths) > 50
    assert [str(p) for p in paths if not re.search(r"\bID\b", p.text) and not (ROOT / p.text).exists()] == []


def test_documents_named_in_the_code_exist() -> None:
    files = [path for top in TOPS for path in (ROOT / top).rglob("*.py")]
    named = {name for path in files for name in re.findall(r"\bdocs/[\w/-]+\.md", path.read_text(encoding="utf-8"))}
    assert named and [name for name in sorted(named) if not (ROOT / name).is_file()] == []


# --- commands, options, settings ---------------------------------------------------------------------


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    """A command's options by name, its help included."""
    context = click.Context(command)
    return {name: p for p in command.get_params(context) if isinstance(p, click.Option) for name in p.opts}


def every_command(command: click.Command, name: str = "sohoa") -> Iterator[tuple[str, click.Command]]:
    """`sohoa` and all commands below it."""
    yield name, command
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from every_command(below, f"{name} {word}")


@cache
def documented() -> tuple[dict[str, set[str]], tuple[str, ...]]:
    """The commands of `sohoa` that the documents name with their options, and what is wrong with them."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    wrong: list[str] = []
    for piece in code_pieces():
        text = without_variables(piece.text)
        if re.match(r"sohoa\s", text):
            wrong += [f"{piece}: {fault}" for fault in _follow(words_of(text)[1:], named)]
    return dict(named), tuple(wrong)


def _follow(words: Sequence[str], named: defaultdict[str, set[str]]) -> Iterator[str]:
    command: click.Command = main
    name, skip = "sohoa", False
    named[name] |= set()
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-") and word != "-":
            option = options_of(command).get(word)
            if option is None:
                yield f"{name} has no option {word}"
                return
            named[name].add(word)
            skip = isinstance(option, click.Option) and not option.is_flag and not option.count
        elif isinstance(command, click.Group) and not word.isupper():
            if word not in command.commands:
                yield f"{name} has no command {word}"
                return
            command, name = command.commands[word], f"{name} {word}"
            named[name] |= set()


def test_commands_and_options_in_the_documents_exist() -> None:
    assert documented()[1] == ()


def test_every_command_and_option_is_documented() -> None:
    named = documented()[0]
    missing = [
        f"{name} {option}".strip()
        for name, command in every_command(main)
        for option in ("", *options_of(command))
        if option not in {"", "--help", "-h"} | named.get(name, set()) or name not in named
    ]
    assert missing == []
    assert {"--help", "-h", "--version"} <= named["sohoa"] | {
        word for piece in code_pieces() for word in piece.text.split()
    }


def test_single_options_in_the_documents_exist() -> None:
    ours = {option for _, command in every_command(main) for option in options_of(command)}
    ours |= {option for module in runnable() for option in module_options(module)} | OTHER_TOOLS
    options = [piece for piece in code_pieces() if re.match(r"--?[a-z]", piece.text)]
    assert len(options) > 20
    assert [str(p) for p in options for word in words_of(p.text) if word.startswith("--") and word not in ours] == []


def settings_of_the_program() -> set[str]:
    """SOHOA_ variables that `sohoa` reads."""
    prefix = str(Settings.model_config["env_prefix"])
    names = {prefix + field.upper() for field in Settings.model_fields}
    options = [p for _, command in every_command(main) for p in options_of(command).values()]
    return names | {p.envvar for p in options if isinstance(p.envvar, str)}


def test_settings_in_the_documents_exist_and_every_setting_is_documented() -> None:
    named = {name for page in PAGES for name in re.findall(r"\bSOHOA_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8"))}
    read = {name for top in PROGRAMS for path in (ROOT / top).rglob("*.py")
            for name in re.findall(r"""["'](SOHOA_[A-Z_]+)["']""", path.read_text(encoding="utf-8"))}  # fmt: skip
    assert named - settings_of_the_program() - read == set()
    assert settings_of_the_program() - named == set()


def test_every_role_is_documented() -> None:
    roles = re.findall(r"^\| `([a-z]+)` \|", (ROOT / "docs/administrator/setup.md").read_text("utf-8"), re.MULTILINE)
    assert roles == list(ROLES)


def test_make_targets_in_the_documents_exist_and_every_target_is_documented() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    texts = [without_variables(piece.text) for piece in code_pieces()]
    named = {match[1] for text in texts if (match := re.match(r"make ([a-z]+)", text))}
    assert named == targets


# --- programs beside `sohoa` ---------------------------------------------------------------------------


@cache
def runnable() -> tuple[str, ...]:
    """Modules of PROGRAMS that `python -m` runs."""
    found = []
    for top in PROGRAMS:
        for path in (ROOT / top).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if path.name == "__main__.py" or '__name__ == "__main__"' in path.read_text(encoding="utf-8"):
                found.append(name.removesuffix(".__main__"))
    return tuple(sorted(found))


@cache
def module_options(module: str) -> frozenset[str]:
    """The options of a module's command line, found in its source without importing it."""
    path = ROOT / Path(*module.split("."))
    tree = ast.parse((path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8"))
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    options = {text for text in texts if re.fullmatch(r"--[a-z][a-z-]*", text)}
    if "--" in texts:  # f"--{name}" for some names
        options |= {f"--{text}" for text in texts if re.fullmatch(r"[a-z][a-z-]*", text)}
    return frozenset(options)


def test_programs_and_their_options_in_the_documents_exist() -> None:
    wrong = []
    for piece in code_pieces():
        for module, rest in re.findall(r"python -m ([\w.]+)(.*)", piece.text):
            options = {word for word in words_of(rest) if word.startswith("--")}
            if module not in runnable() or options - module_options(module):
                wrong.append(str(piece))
    assert wrong == []


def test_every_program_is_documented() -> None:
    named = {module for piece in code_pieces() for module in re.findall(r"python -m ([\w.]+)", piece.text)}
    assert set(runnable()) - named - RUN_BY_OTHERS == set()


def test_scripts_in_the_documents_exist() -> None:
    named = {path for piece in code_pieces() for path in re.findall(r"\bscripts/\w+\.\w+", piece.text)}
    assert named and [path for path in sorted(named) if not (ROOT / path).is_file()] == []


# --- the architecture ----------------------------------------------------------------------------------


def test_the_architecture_names_every_folder_and_every_module_at_the_top() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([\w/]+)/` \|", text, re.MULTILINE))
    packages = {path.parent for top in ("scanner", "review_ui") for path in (ROOT / top).rglob("*.py")}
    folders = {path.relative_to(ROOT).as_posix() for path in packages if path.name != "versions"}
    folders |= {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert folders - listed == set()
    assert {folder for folder in listed if not (ROOT / folder).is_dir()} == set()
    modules = set(re.findall(r"^\| `(\w+\.py)` \|", text, re.MULTILINE))
    assert modules == {path.name for path in (ROOT / "scanner").glob("*.py") if not path.name.startswith("__")}


# --- the words of the screens -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "vietnamese"),
    [("operator/guide.md", False), ("administrator/designer.md", False), ("operator/huong-dan.md", True)],
)
def test_bold_words_of_the_guides_are_on_the_screens(page: str, vietnamese: bool) -> None:
    with (ROOT / "review_ui/translations/vi/LC_MESSAGES/messages.po").open("rb") as file:
        screens = {str(m.string if vietnamese else m.id) for m in read_po(file) if m.id}
    keys = {"300 dpi", "one", "một", "Enter"}
    bold = set(re.findall(r"\*\*([^*]+)\*\*", (ROOT / "docs" / page).read_text(encoding="utf-8")))
    assert bold - screens - keys == set()


# --- the glossary --------------------------------------------------------------------------------------

SELF_EXPLAINING = frozenset(
    """
    a act address administrative album answer answers aside assembled base bin box busy candidate captioned card
    case cell change char check click conflict count counts crease current database decided decoding detected
    digit enclosed ethnic evaluation export exportable fall file finding fit fitting frame frequent full group guess
    image images in index initial invalid item joint json judged kept keypoint kind lattice layout learning level
    limits list locked logistic map matches memory meter missing model moment name named newer next not option outcome
    parts pass pdf pdfium phrase picture pictures place plot point points poppler print process provenance
    queries queue reader recalibration recogniser ref reference refused registered regression reliability report
    reread rereading row sample scale score scripted sessions set settings sink sohoa source span spec start
    state status step storage stored strokes summary table template terms tesseract text there tile to transform
    truth unit unmatched unplaced unreadable user users value values view week weekly window workbook worker
    worst
    """.split()
)
"""Words of class names that a reader of English knows in this sense."""


@cache
def glossary() -> tuple[tuple[str, str, str], ...]:
    """Term, Vietnamese, meaning."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE)
    return tuple(row for row in rows if row[0] not in ("term", "---"))


def plain(text: str) -> str:
    """Small letters and single spaces; camel case and snake_case taken apart."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).lower()).strip()


@cache
def public_classes() -> dict[str, list[str]]:
    """The modules that define each public class of the program."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for top in ("scanner", "review_ui"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(path.relative_to(ROOT).as_posix())
    return dict(found)


def test_the_glossary_has_every_term_once_and_in_order() -> None:
    terms = [term for term, _, _ in glossary()]
    assert 40 <= len(terms) <= 70
    assert terms == sorted(set(terms), key=str.casefold)


def test_every_term_of_the_glossary_occurs_in_the_code() -> None:
    suffixes = (".py", ".html", ".js", ".json")
    files = [p for top in ("scanner", "review_ui") for p in (ROOT / top).rglob("*") if p.suffix in suffixes]
    code = f" {' '.join(plain(path.read_text(encoding='utf-8')) for path in files)} "
    assert [term for term, _, _ in glossary() if f" {plain(term)} " not in code] == []


def test_every_public_class_is_explained_by_the_glossary_or_by_itself() -> None:
    known = SELF_EXPLAINING | {word for term, _, _ in glossary() for word in plain(term).split()}
    known |= {f"{word}s" for word in known}
    unknown = {name: where for name, where in public_classes().items() if set(plain(name).split()) - known}
    assert unknown == {}


def test_no_two_public_classes_have_one_name() -> None:
    assert {name: where for name, where in public_classes().items() if len(where) > 1} == {}
