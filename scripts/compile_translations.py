"""Update the translations of the review UI: collect its texts, merge them into .po, compile to .mo.

    python scripts/compile_translations.py            update and compile
    python scripts/compile_translations.py --check    change nothing; exit 1 when something is stale or untranslated

Both kinds of file are committed, so that installing needs no build step.
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "review_ui"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS_BY_PATTERN = {"templates/**.html": {"silent": "false"}}  # a faulty template must not pass for one without texts
KEYWORDS = {"_": None}


def gathered() -> Catalog:
    """All texts of the package, without line numbers: those would change with every edit."""
    catalog = Catalog(fuzzy=False)
    for file, _line, message, _comments, _context in extract_from_dir(PACKAGE, METHODS, OPTIONS_BY_PATTERN, KEYWORDS):
        catalog.add(message, locations=[(file.replace("\\", "/"), 0)])
    return catalog


def po_path(language: str) -> Path:
    """Where a language's texts lie."""
    return PACKAGE / "translations" / language / "LC_MESSAGES" / "messages.po"


def merged(language: str) -> Catalog:
    """The language's catalog with the texts of today: new ones empty, old ones dropped."""
    path = po_path(language)
    known = read_po(io.StringIO(path.read_text(encoding="utf-8")), locale=language) if path.exists() else Catalog()
    catalog = Catalog(locale=language, project="sohoa", fuzzy=False)
    for message in gathered():
        if message.id:
            old = known.get(message.id)
            catalog.add(message.id, old.string if old else "", locations=message.locations)
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """The catalog as .po, the same for the same texts."""
    out = io.BytesIO()
    write_po(out, catalog, width=110, omit_header=True, include_lineno=False, sort_output=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: vi\\n"\n\n'
    return head.replace("vi", str(catalog.locale)).encode() + out.getvalue()


def as_mo(po: bytes) -> bytes:
    """The compiled form of a .po."""
    catalog = read_po(io.BytesIO(po))
    catalog.creation_date = catalog.revision_date = datetime(2024, 1, 1, tzinfo=UTC)  # the same bytes every day
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """Texts that say nothing yet in this language."""
    return [str(m.id) for m in catalog if m.id and not m.string]


def main() -> int:
    """Update or check all languages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is stale")
    check = parser.parse_args().check
    stale = False
    for language in ("vi",):
        catalog = merged(language)
        po = as_po(catalog)
        for path, content in ((po_path(language), po), (po_path(language).with_suffix(".mo"), as_mo(po))):
            if path.exists() and path.read_bytes() == content:
                continue
            stale = True
            if check:
                print(f"{path.relative_to(PACKAGE.parent)} is stale.", file=sys.stderr)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        for text in untranslated(catalog):
            stale = True
            print(f"{language}: no text for: {text}", file=sys.stderr)
    return int(stale and check) or int(bool(untranslated(catalog)))


if __name__ == "__main__":
    raise SystemExit(main())
