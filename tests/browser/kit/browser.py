"""Debian's Chromium, without a window; each visit is a browser profile of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from ftpair.api.access import COOKIE
from tests.browser.kit.looks import Look
from tests.browser.kit.tab import Tab
from tests.interop.lab import parts

_FONTS = Path(__file__).with_name("fonts.conf")
PATIENCE_MS = 15_000
"""For pages and for what is expected of them: the machine may be slow, and a fault lasts longer."""
expect.set_options(timeout=PATIENCE_MS)


class Chromium:
    """A running browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @contextmanager
    def visiting(self, url: str, look: Look, cookie: str = "") -> Iterator[Tab]:
        """Open a tab for the length of a block; it must have had nothing to complain of. `cookie` is a session's."""
        context = self._browser.new_context(base_url=url, ignore_https_errors=True, **look.context())
        context.set_default_timeout(PATIENCE_MS)
        if cookie:
            kept = {"name": COOKIE, "value": cookie, "url": url, "httpOnly": True, "secure": True, "sameSite": "Strict"}
            context.add_cookies([kept])
        try:
            tab = Tab(context.new_page(), url, look)
            yield tab
            tab.assert_quiet()
        finally:
            context.close()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Run Chromium for the length of a block. Playwright drives it; the browser is the distribution's."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=parts.program("chromium"),
            env={**os.environ, "FONTCONFIG_FILE": str(_FONTS)},
            args=["--disable-dev-shm-usage"],  # A container's /dev/shm may be too small for a page.
        )
        yield Chromium(browser)
        browser.close()
