"""A real browser at a desk: fixtures for every test that works one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from desk import PASSWORD, Desk
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from samples.desk_server import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing; install it with: sudo apt-get install chromium")
        pytest.skip("Chromium is not installed")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *root])
        yield opened
        opened.close()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """The desk on a free port of this machine."""
    with serving(desk.app) as address:
        yield address


def log_in(page: Page, name: str) -> None:
    """Log in with the keyboard; the name's input has the focus when the page opens."""
    page.goto("/login")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def sit_down(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Somebody sits down at a browser of their own and logs in with the keyboard."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def sit(name: str, *, script: bool = True, size: tuple[int, int] = (1366, 768), faulty: bool = False) -> Page:
        context = browser.new_context(
            base_url=address, viewport={"width": size[0], "height": size[1]}, java_script_enabled=script
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        if not faulty:  # else the test makes the script fail
            page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        log_in(page, name)
        return page

    yield sit
    for context in contexts:
        context.close()
    assert complaints == []
