"""The web UI over real TLS, in its real process; the supervisor at the other end of the channel is the tests' own."""

import datetime
from contextlib import contextmanager

import httpx
import pytest

from ftpair.api.access import COOKIE, CSRF_HEADER
from ftpair.certs.self_signed import make
from ftpair.core.account_actions import Identify, IdentityIs
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import Refused
from ftpair.core.plan import Certificate
from tests.api.supervisor import running, usual_answers

CSRF = "csrf of the session"
PEOPLE = {f"cookie of {role}": Identity(f"an-{role}", role, "web", "127.0.0.1") for role in Role}


def papers():
    chain, key = make(("localhost",), ("127.0.0.1",), datetime.datetime.now(datetime.UTC))
    return Certificate("its own", chain, key, 0.0)


def identified(action):
    person = PEOPLE.get(action.secret)
    return IdentityIs(person, CSRF) if person else Refused("not-identified", "The session is over: log in again.")


@pytest.fixture(scope="module")
def one_for_all(tmp_path_factory):
    with running(tmp_path_factory.mktemp("run")) as supervisor:
        supervisor.port = supervisor.serve_https(papers())
        yield supervisor


@pytest.fixture
def supervisor(one_for_all):
    """A healthy node that has been asked nothing yet."""
    one_for_all.answers = usual_answers() | {Identify: identified}
    one_for_all.actions.clear()
    return one_for_all


class Browser(httpx.Client):
    """What a browser sends by itself: the cookie, and where a request comes from."""

    def __init__(self, port, role=None):
        site = f"https://127.0.0.1:{port}"
        cookies = {COOKIE: f"cookie of {role}"} if role else {}
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": site, "Accept": "text/html"}
        super().__init__(base_url=site, verify=False, cookies=cookies, headers=headers)

    def act(self, method, path, **options):
        """Send what htmx sends when a button is pressed."""
        return self.request(method, path, headers={CSRF_HEADER: CSRF, "HX-Request": "true"}, **options)


@pytest.fixture
def browsing(supervisor):
    """Return what gives a browser of a person with a role; without one, of somebody who has not logged in."""

    @contextmanager
    def browser(role=None):
        with Browser(supervisor.port, role) as client:
            yield client

    return browser


@pytest.fixture
def admin(browsing):
    with browsing(Role.ADMIN) as client:
        yield client
