"""A headless Chromium for the tests of the html page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gpu import CI
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESK, PHONE = (1200, 800), (375, 667)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; where there is none the test is skipped, and in CI it fails."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = f"no Chromium here: none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get(CI):
            pytest.fail(f"CI must have it: {reason}")
        pytest.skip(reason)
    # No sandbox: in a container there is none to be had, and the page is our own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Shown:
    """A page that is open, and all it said and asked for."""

    def __init__(self, browser: Browser, path: Path, size: tuple[int, int]) -> None:
        self.page: Page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("body[data-ready]")

    def run(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def box(self, selector: str) -> dict[str, float]:
        found = self.page.locator(selector).bounding_box()
        assert found is not None, selector
        return dict(found)


@contextmanager
def shown(browser: Browser, path: Path, size: tuple[int, int] = DESK) -> Iterator[Shown]:
    """Open a page, and prove in the end that it asked for nothing and had nothing to complain."""
    opened = Shown(browser, path, size)
    try:
        yield opened
        assert opened.said == []
        urls = set(opened.asked)
        assert {url for url in urls if not url.startswith("data:")} == {path.as_uri()}
    finally:
        opened.page.close()
