"""Chromium for the tests of the report, and the picture of it in the README.

    python tests/browser.py report.html samples/digits/results/report.png

Playwright drives a Chromium that is installed already (Debian: ``apt-get install chromium``; or name one by the
environment variable ``CHROMIUM``); it never downloads a browser.
"""

import importlib.util
import io
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


def find_chromium():
    """The path of an installed Chromium, or None."""
    names = (os.environ.get("CHROMIUM", ""), *NAMES)
    return next((found for found in map(shutil.which, filter(None, names)) if found), None)


def why_not():
    """What keeps the browser tests from running; empty if nothing does."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed (pip install playwright)"
    return "" if find_chromium() else f"no Chromium found (looked for {', '.join(NAMES)}; CHROMIUM can name one)"


@contextmanager
def chromium():
    """A headless browser with an empty profile of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def take_picture(browser, report, picture, width=1180, height=1500):
    """Write a picture of the upper part of a report, with few enough colours for a README."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(Path(report).resolve().as_uri())
    shot = Image.open(io.BytesIO(page.screenshot()))
    page.close()
    shot.convert("RGB").quantize(128).save(str(picture), optimize=True)


if __name__ == "__main__":
    with chromium() as started:
        take_picture(started, *sys.argv[1:])
