"""Print the second form's blank: blank.html → a PDF of two A4 pages, with Chromium and the DejaVu fonts.

python -m samples.second.blank OUT.pdf
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from samples.designing import launch

SOURCE = Path(__file__).parent / "blank.html"


def print_blank(browser: Browser, out: Path) -> None:
    """Write the PDF."""
    page = browser.new_page()
    page.goto(SOURCE.as_uri())
    page.pdf(path=out, prefer_css_page_size=True, print_background=True)
    page.close()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        opened = launch(playwright)
        print_blank(opened, Path(sys.argv[1]))
        opened.close()
