"""The language of the screens: Vietnamese by default, English if chosen; a cookie keeps the choice."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from flask import Flask, request
from flask_babel import Babel, get_locale, gettext

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
COOKIE = "sohoa_language"
YEAR = 365 * 24 * 3600

VIETNAM = dt.timezone(dt.timedelta(hours=7))
"""Việt Nam's time: UTC+7 without summer time, so no time-zone data is needed (Windows has none)."""


def set_up_language(app: Flask) -> None:
    """Set up translation: source texts are English, Vietnamese ones are in `translations/`."""
    app.config.update(BABEL_DEFAULT_LOCALE="vi", BABEL_TRANSLATION_DIRECTORIES="translations")
    Babel(app, locale_selector=chosen_language)
    app.add_template_filter(clock, "clock")
    app.add_template_filter(day, "day")
    app.add_template_filter(percent, "percent")
    app.context_processor(lambda: {"lang": language(), "languages": LANGUAGES})


def chosen_language() -> str:
    """The language of this request, from the cookie."""
    chosen = request.cookies.get(COOKIE, "vi")
    return chosen if chosen in LANGUAGES else "vi"


def translate(text: str, **parts: object) -> str:
    """A source text in the language of this request. Import it as `_`: texts are collected by that name."""
    return str(gettext(text, **parts))


def language() -> str:
    """The language of this request as `scanner.messages` names it: "vi" or "en"."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "vi"


def clock(moment: dt.datetime | None) -> str:
    """Hour, minute and second in Việt Nam."""
    return moment.astimezone(VIETNAM).strftime("%H:%M:%S") if moment else ""


def day(moment: dt.datetime | None) -> str:
    """Day, month and year in Việt Nam."""
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y") if moment else ""


def percent(share: float) -> str:
    """A probability in whole percent; below 1 it is at most 99 %."""
    whole = round(share * 100)
    return f"{min(whole, 99) if share < 1 else 100} %"


def own_path(target: str | None) -> str | None:
    """The target if it is a path of this site; None for anything else (an open redirect)."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target):
        return None
    return target
