"""Which language a person sees: Vietnamese unless they chose English, which is kept in a cookie."""

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
    """Source texts are English; Vietnamese is the default and comes from `translations/`."""
    app.config.update(BABEL_DEFAULT_LOCALE="vi", BABEL_TRANSLATION_DIRECTORIES="translations")
    Babel(app, locale_selector=chosen_language)
    app.add_template_filter(clock, "clock")
    app.add_template_filter(day, "day")
    app.add_template_filter(percent, "percent")
    app.context_processor(lambda: {"lang": language(), "languages": LANGUAGES})


def chosen_language() -> str:
    """The language of this request: the cookie's where it names one of ours."""
    chosen = request.cookies.get(COOKIE, "vi")
    return chosen if chosen in LANGUAGES else "vi"


def translate(text: str, **parts: object) -> str:
    """A source text in the language of this request; imported as `_`, the name that texts are gathered by."""
    return str(gettext(text, **parts))


def language() -> str:
    """The language in force, as `scanner.messages` names it."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "vi"


def clock(moment: dt.datetime | None) -> str:
    """Hour, minute and second in Việt Nam."""
    return moment.astimezone(VIETNAM).strftime("%H:%M:%S") if moment else ""


def day(moment: dt.datetime | None) -> str:
    """Day, month and year in Việt Nam."""
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y") if moment else ""


def percent(share: float) -> str:
    """A probability in whole percent; certainty is never claimed by rounding."""
    whole = round(share * 100)
    return f"{min(whole, 99) if share < 1 else 100} %"


def own_path(target: str | None) -> str | None:
    """The target where it is a path of this site; None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target):
        return None
    return target
