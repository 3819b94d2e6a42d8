"""One tab: a page of Playwright, and a record of everything that a person would not see going wrong."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.browser.kit.looks import Look

_LEFT_BEHIND = "net::ERR_ABORTED"
"""What a request ends in whose page was left: no fault of anybody's."""
_WIDEST = """() => {
    const {clientWidth: room, scrollWidth: taken} = document.documentElement;
    const isWide = each => each.getBoundingClientRect().left + each.scrollWidth > room + 1;
    const wide = [...document.querySelectorAll("body *")].filter(isWide);
    return taken > room ? [`${taken} pixels`, ...wide.slice(-5).map(each => each.outerHTML.slice(0, 120))] : [];
}"""
_FOCUSED = """() => {
    const has = document.activeElement;
    if (!has || has === document.body) return "";
    const label = has.labels?.[0]?.innerText;
    return (has.getAttribute("aria-label") || has.innerText || label || has.name || has.tagName).trim();
}"""


class Tab:
    """A tab that keeps complaints: console errors, breaches of the policy, failed requests, requests to other hosts."""

    def __init__(self, page: Page, url: str, look: Look) -> None:
        self.page, self.look = page, look
        self._host = urlsplit(url).netloc
        self._complaints: list[str] = []
        self._forgiven: list[re.Pattern[str]] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complaints.append(f"script error: {error}"))
        page.on("requestfailed", self._miss)
        page.on("request", self._watch)

    @property
    def complaints(self) -> list[str]:
        """Return what went wrong so far and was not forgiven."""
        return [each for each in self._complaints if not any(pattern.search(each) for pattern in self._forgiven)]

    def forgive(self, pattern: str) -> None:
        """Do not mind complaints like this one: the test has caused it."""
        self._forgiven.append(re.compile(pattern))

    def assert_quiet(self) -> None:
        """Fail if anything went wrong behind the page."""
        assert not self.complaints, "\n".join(self.complaints)

    def assert_no_sideways_scrolling(self) -> None:
        """Fail if the page is wider than its window, and name what sticks out."""
        wide = self.page.evaluate(_WIDEST)
        assert not wide, f"wider than {self.look.width} pixels: " + "\n".join(wide)

    def walk(self, steps: int) -> list[str]:
        """Press the Tab key so often, and return the names of what had the focus each time."""
        return [self._walked() for _ in range(steps)]

    def _walked(self) -> str:
        self.page.keyboard.press("Tab")
        return str(self.page.evaluate(_FOCUSED))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _miss(self, request: Request) -> None:
        if request.failure != _LEFT_BEHIND:
            self._complaints.append(f"no answer: {request.method} {request.url}: {request.failure}")

    def _watch(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self._host:
            self._complaints.append(f"another host: {request.url}")
