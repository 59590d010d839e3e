"""A person at the form designer: works its page with keyboard and mouse, and what that takes is counted.

It drives the real page in Chromium, so that a form made by it is a form made by the designer and by nothing else.
"""

from __future__ import annotations

import logging
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from review_ui import create_app
from review_ui.trial_reading import TrialReading
from samples.desk_server import serving
from scanner.rules import CHECKS, CONSTANTS
from scanner.settings import Settings
from scanner.store_factory import open_store
from scanner.trial_reading import add_to_draft, draft_from_blank, read_trial, remove_from_draft, replace_in_draft

PASSWORD = "mat-khau-thu-1"
READING_MS = 120_000
KEY_S, POINT_S, CLICK_S, THINK_S = 0.28, 1.1, 0.1, 1.35
"""Of the keystroke-level model (Card, Moran & Newell 1980): a key of an ordinary typist, pointing, a click,
a thought."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a person gives to a field that was found: its label as it is printed, its options' labels, and the rest."""

    label: str
    options: tuple[str, ...] = ()
    kind: str = ""
    lexicon: str = ""
    required: bool = False
    same_as: str = ""  # the label of the field it repeats


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule as a person makes it: the check, fields by the labels they show, constants as they are typed or chosen."""

    check: str
    fields: Mapping[str, str | Sequence[str]]
    params: Mapping[str, str | Sequence[str]]


def whole_trial_reading(settings: Settings) -> TrialReading:
    """Everything that the designer asks of the pixels, as `sohoa serve` hands it over."""
    return TrialReading(
        draft=partial(draft_from_blank, settings),
        read=partial(read_trial, settings),
        add=partial(add_to_draft, settings),
        replace=partial(replace_in_draft, settings),
        remove=partial(remove_from_draft, settings),
    )


def launch(playwright: Playwright) -> Browser:
    """The Chromium of this machine."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


@contextmanager
def desk_of(settings: Settings) -> Iterator[str]:
    """A desk over a data folder with one administrator, and its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    store = open_store(settings)
    store.add_user("admin", "Nguyễn Văn Quản", "admin", PASSWORD)
    app = create_app(settings, store, trial_reading=whole_trial_reading(settings))
    try:
        with serving(app) as address:
            yield address
    finally:
        store.close()


def keys_of(text: str) -> int:
    """Keys that Vietnamese text takes by Telex: one a letter, one more for a tone, a hook, a breve, đ or a capital."""
    marks = sum(unicodedata.combining(c) > 0 for c in unicodedata.normalize("NFD", text))
    return len(text) + marks + sum(c in "đĐ" for c in text) + sum(c.isupper() for c in text)


class Designer:
    """The designer's page under a person's hands."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = self.clicks = self.thoughts = 0
        self.ids: dict[str, str] = {}
        self._at: dict[str, int] = {}

    @property
    def seconds(self) -> float:
        """What the work would take a person by the keystroke-level model."""
        return self.keys * KEY_S + self.clicks * (POINT_S + CLICK_S) + self.thoughts * THINK_S

    # --- keyboard and mouse ----------------------------------------------------------------------------

    def click(self, target: Locator) -> None:
        """A click."""
        target.click()
        self.clicks += 1

    def type(self, text: str) -> None:
        """Text, over what is selected."""
        self.page.keyboard.insert_text(text)
        self.keys += keys_of(text)

    def press(self, key: str) -> None:
        """A key, or keys together."""
        self.page.keyboard.press(key)
        self.keys += key.count("+") + 1

    def take(self, target: Locator, value: str) -> None:
        """A choice from a list: open it, take it."""
        target.select_option(value)
        self.clicks += 2
        self.thoughts += 1

    def ready(self) -> None:
        """Wait until the page works."""
        self.page.wait_for_selector("body[data-ready]")

    # --- the work --------------------------------------------------------------------------------------

    def log_in(self, address: str) -> None:
        """Sit down at the desk."""
        self.page.goto(f"{address}/login")
        self.page.fill("#name", "admin")
        self.page.fill("#password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def begin(self, title: str, form_id: str, blank: Path, before: Callable[[], object] = lambda: None) -> None:
        """Upload the blank; the designer opens with what was found. `before` is called when all is filled in."""
        self.page.goto("/forms/")
        for target, text in (("#d-title", title), ("#d-id", form_id)):
            self.click(self.page.locator(target))
            self.type(text)
        self.page.set_input_files("#d-blank", blank)
        self.clicks += 2
        before()
        self.page.locator("form.grid button").click(timeout=READING_MS)
        self.ready()

    def name(self, fields: Sequence[Named]) -> None:
        """Type every label and option, from one to the next by Enter."""
        self.click(self.page.locator(".listed button").first)
        self.click(self.page.locator("#f-label"))
        self.page.locator("#f-label").select_text()
        for at, named in enumerate(fields):
            self.thoughts += 1
            self.type(named.label)
            for option in named.options:
                self.press("Enter")
                self.type(option)
            label = named.label.split(". ", 1)[-1] if named.label[0].isdigit() else named.label
            self.ids[label] = self.page.locator("#f-id").input_value()
            self._at[label] = at
            for row, option in zip(self.page.locator("#panel .option").all(), named.options, strict=True):
                self.ids[f"{label}: {option}"] = row.locator("input").first.input_value()
            self.press("Enter")

    def choose(self, label: str) -> None:
        """Click a field on the sheet, turning to its page first."""
        page = self.page
        at = self._at[label]
        while not page.locator(f'svg g[data-field="{at}"]').count():
            up = at < int(page.locator("svg g.f").first.get_attribute("data-field") or 0)
            self.press("PageUp" if up else "PageDown")
        self.click(page.locator(f'svg g[data-field="{at}"] rect').first)
        expect(page.locator("#f-id")).to_have_value(self.ids[label])

    def detail(self, fields: Sequence[Named]) -> None:
        """What is beyond the names: kinds, word lists, required fields, fields that repeat another."""
        for named in fields:
            label = named.label.split(". ", 1)[-1] if named.label[0].isdigit() else named.label
            if not (named.kind or named.lexicon or named.required or named.same_as):
                continue
            self.choose(label)
            if named.kind:
                self.take(self.page.locator(".f-kind select"), named.kind)
            if named.lexicon:
                self.take(self.page.locator(".f-lexicon select"), named.lexicon)
            if named.required:
                self.click(self.page.locator("#panel .choice input"))
            if named.same_as:
                self.take(self.page.locator(".f-same select"), self.ids[named.same_as])

    def rule(self, ruled: Ruled) -> None:
        """Choose a check, then what it asks for."""
        page, named = self.page, CHECKS[ruled.check]
        if page.locator("[data-tab=rules]").get_attribute("aria-pressed") != "true":
            self.click(page.locator("[data-tab=rules]"))
        self.take(page.locator("#add-rule"), ruled.check)
        lines = page.locator(".ruled[open] > label.line")
        for n, role in enumerate((*named.roles, *named.spare)):
            given = ruled.fields.get(role, ())
            if isinstance(given, str):
                self.take(lines.nth(n).locator("select"), self.ids[given])
            for label in () if isinstance(given, str) else given:
                self.click(lines.nth(n).locator(f'input[value="{self.ids[label]}"]'))
        offset = len(named.roles) + len(named.spare)
        for n, constant in enumerate((*named.params, *named.spare_params), offset):
            if constant in ruled.params:
                self._constant(lines.nth(n), CONSTANTS[constant], ruled.params[constant])

    def _constant(self, line: Locator, sort: str, given: str | Sequence[str]) -> None:
        if sort == "option":
            return self.take(line.locator("select"), self.ids[str(given)])
        if sort == "options":
            for option in given:
                self.click(line.locator(f'input[value="{self.ids[option]}"]'))
            return None
        self.click(line.locator("input"))
        self.page.keyboard.press("Control+a")
        self.type(str(given))
        return self.press("Tab")

    def save(self) -> str:
        """Save, and what is said."""
        self.press("Control+s")
        expect(self.page.locator("#version")).to_contain_text("phiên bản", timeout=READING_MS)
        return self.page.locator("#status").inner_text()
