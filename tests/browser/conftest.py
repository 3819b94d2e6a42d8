"""Fixtures: one Chromium for all, tabs that must stay quiet, one house."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftpair.core.account_actions import Identify
from ftpair.core.accounts import Role
from tests.api.supervisor import Supervisor, running, usual_answers
from tests.browser.kit.browser import Chromium, chromium
from tests.browser.kit.house import House
from tests.browser.kit.looks import DESKTOP, Look
from tests.browser.kit.people import OWNER, kept_cookie, set_up
from tests.browser.kit.showroom import Showroom, showroom
from tests.browser.kit.tab import Tab
from tests.web.conftest import identified, papers

Visit = Callable[..., Tab]


# Playwright keeps an event loop running in this thread; later tests want none, so it ends with this folder.
@pytest.fixture(scope="package")
def browser() -> Iterator[Chromium]:
    """One Chromium for all browser tests."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    """A folder with a short path (a socket's may have 107 characters) that the servers' users may enter."""
    made = Path(tempfile.mkdtemp(prefix="ftpair-web-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[House]:
    """ftpair with its web UI, and real servers behind it; each file of tests has its own, to change as it likes."""
    running = House(Path(tempfile.mkdtemp(prefix="h", dir=folder)))
    running.balancer.configuration.parent.chmod(0o755)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def owner(house: House, browser: Chromium) -> str:
    """The session of the first user, who came by the set-up link: the secret in his cookie."""
    with browser.visiting(house.url, DESKTOP) as tab:
        set_up(tab, house, OWNER)
        return str(kept_cookie(tab)["value"])


@pytest.fixture(scope="package")
def shown(folder: Path) -> Iterator[Showroom]:
    """Pages of the tests' own under the policy of the web UI."""
    with showroom(folder) as running:
        yield running


@pytest.fixture(scope="package")
def one_for_all(folder: Path) -> Iterator[Supervisor]:
    """The real web process; the supervisor at its other end gives what the tests want to see."""
    place = folder / "given"
    place.mkdir()
    with running(place) as supervisor:
        supervisor.port = supervisor.serve_https(papers())
        yield supervisor


@pytest.fixture
def given(one_for_all: Supervisor) -> Supervisor:
    """Such a supervisor, with the answers of a healthy node; a test changes them."""
    if one_for_all.process.poll() is not None:
        one_for_all.replace_api()
        one_for_all.serve_https(papers(), one_for_all.port)
    one_for_all.answers = usual_answers() | {Identify: identified}
    one_for_all.actions.clear()
    return one_for_all


@pytest.fixture
def visit(browser: Chromium) -> Iterator[Visit]:
    """Open tabs: `visit(url, look, cookie)`; each must have nothing to complain of when the test ends."""
    with contextlib.ExitStack() as tabs:

        def visited(url: str, look: Look = DESKTOP, cookie: str = "") -> Tab:
            return tabs.enter_context(browser.visiting(url, look, cookie))

        yield visited


@pytest.fixture
def at_home(visit: Visit, house: House, owner: str) -> Visit:
    """Open a page of the house as its owner: `at_home("/", look)`."""

    def visited(path: str, look: Look = DESKTOP) -> Tab:
        tab = visit(house.url, look, owner)
        tab.page.goto(path)
        return tab

    return visited


@pytest.fixture
def visit_as(visit: Visit, given: Supervisor) -> Visit:
    """Open a page as somebody who has logged in: `visit_as(Role.ADMIN, "/", look)`."""

    def visited(role: Role, path: str, look: Look = DESKTOP) -> Tab:
        tab = visit(f"https://127.0.0.1:{given.port}", look, f"cookie of {role}")
        tab.page.goto(path)
        return tab

    return visited
