"""Pieces of a report that is one HTML file and needs nothing else: no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files


def document(title: str, intro: str, sections: Iterable[str], lang: str) -> str:
    """A whole page. `title` and `intro` are plain text, `sections` are HTML; empty ones are left out."""
    style = files("scanner.export").joinpath("report.css").read_text(encoding="utf-8")
    body = "\n".join(held for held in sections if held)
    return (
        f'<!doctype html>\n<html lang="{escape(lang)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f"<body><main>\n<header><h1>{escape(title)}</h1><p>{escape(intro)}</p></header>\n{body}\n"
        "</main></body></html>\n"
    )


def section(title: str, body: str, note: str = "") -> str:
    """A titled part of the page; `body` is HTML."""
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{told}{body}</section>"


def tiles(held: Iterable[tuple[str, str, str, str]]) -> str:
    """A row of large figures: (figure, what it is, small print, "good", "bad" or "")."""
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile {tone}"><b>{escape(figure)}</b><span>{escape(name)}</span>'
            f"<small>{escape(small)}</small></div>"
            for figure, name, small, tone in held
        )
        + "</div>"
    )


def figure(caption: str, body: str) -> str:
    """A captioned plot or table; `body` is HTML."""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{body}</figure>"


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: int = 1,
    bold: Iterable[int] = (),
    bad: Iterable[int] = (),
) -> str:
    """A table; the first `words` columns are text, the rest figures. `bold` and `bad` name rows, from 0."""
    sums, wrong = set(bold), set(bad)

    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(
            f"<{tag}>{escape(text)}</{tag}>" if i < words else f'<{tag} class="n">{escape(text)}</{tag}>'
            for i, text in enumerate(texts)
        )

    body = []
    for number, row in enumerate(rows):
        kind = ' class="bad"' if number in wrong else ' class="sum"' if number in sums else ""
        body.append(f"<tr{kind}>{cells('td', row)}</tr>")
    head = f"<thead><tr>{cells('th', heads)}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{"".join(body)}</tbody></table></div>'
