"""Every clock of a service, with real connections: what the client reads, what the log says, what is counted."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain
from tests.interop.lab.scripted_server import Conversation, ScriptedServer

pytestmark = pytest.mark.interop

PAGE = parts.REPOSITORY / "docs" / "limits.md"
CUT = "426 Connection lost; transfer aborted: "
BIG_BYTES = 100_000_000


def mute(peer: Conversation) -> None:
    """A script: accepts, and never greets."""
    peer.line()


def deaf(peer: Conversation) -> None:
    """A script: lets anybody in, and never answers PWD."""
    peer.log_in()
    peer.answer_until("PWD")
    peer.line()


def hasty(peer: Conversation) -> None:
    """A script: says 150 before there is a data connection, and 426 when it is reset."""
    peer.log_in()
    with peer.listen() as listener:
        peer.answer_until("EPSV")
        peer.say(f"229 ok (|||{listener.getsockname()[1]}|)")
        peer.answer_until("RETR")
        peer.say("150 here it comes")
        data, _ = listener.accept()
        with data, contextlib.suppress(ConnectionError):
            data.recv(1)
    peer.say("426 Failure writing network stream.")
    peer.answer_until("QUIT")


Login = tuple[str, str]
"""User and password."""


# What clients do until a clock ends it. Each returns the last reply that it read.


def greeted(client: RawClient, _login: Login) -> str:
    assert client.reply().startswith("220")
    return client.reply()


def begun(client: RawClient, _login: Login) -> str:
    client.auth()
    client.send(b"US")
    return client.reply()


def logged_in(client: RawClient, login: Login) -> str:
    client.auth()
    client.log_in(*login)
    return client.reply()


def unsecured(client: RawClient, _login: Login) -> str:
    assert client.reply().startswith("220")
    return client.ask("AUTH TLS") + client.reply()


def unread(client: RawClient, login: Login) -> str:
    client.auth()
    client.log_in(*login)
    with client.begin("RETR files/big") as data:
        said = client.reply()
        assert drain(data)[1] is False, "the data connection ended in order"
    assert client.ask("NOOP").startswith("200")
    return said


def unsecured_data(client: RawClient, login: Login) -> str:
    client.auth()
    client.log_in(*login)
    with client.connect_data(client.passive()):
        assert client.ask("RETR files/big").startswith("150")
        return client.reply()


def unconnected(client: RawClient, login: Login) -> str:
    assert client.reply().startswith("220")
    client.log_in(*login)
    client.passive()
    assert client.ask("RETR files/big").startswith("150")
    return client.reply()


def asked(client: RawClient, login: Login) -> str:
    assert client.reply().startswith("220")
    client.log_in(*login)
    return client.ask("PWD")


def named(client: RawClient, _login: Login) -> str:
    assert client.reply().startswith("220")
    return client.ask("USER anna")


@dataclass(frozen=True)
class Clock:
    """One clock: how it is met, what the client reads, what the log says, how it is counted."""

    name: str
    act: Callable[[RawClient, Login], str]
    reply: str
    log: tuple[str, str, str]
    """An event, a field of it, and how that begins."""
    counted: str
    script: Callable[[Conversation], None] | None = None
    """None: a real server stands behind."""
    seconds: int = 1
    """Two where the way to its end has steps that it could end, too."""
    handshake: str = ""
    """The channel whose handshake has failed."""


CLOCKS = {
    "login": Clock(
        "login_timeout_s",
        greeted,
        "421 No login for too long.",
        ("session ended", "ended", "no login in time"),
        "login-timeout",
    ),
    "handshake": Clock(
        "handshake_timeout_s",
        unsecured,
        "234 Start TLS.",
        ("session ended", "ended", "TLS failed: no TLS handshake within 1 s"),
        "handshake-timeout",
        handshake="control",
    ),
    "data-handshake": Clock(
        "handshake_timeout_s",
        unsecured_data,
        f"{CUT}no TLS handshake on the data connection within 2 s.",
        ("transfer ended", "reason", "no TLS handshake on the data connection within 2 s"),
        "handshake-timeout",
        seconds=2,
        handshake="data",
    ),
    "command": Clock(
        "command_timeout_s",
        begun,
        "421 A command was begun but not finished in time.",
        ("session ended", "ended", "a command was not finished in time"),
        "command-timeout",
    ),
    "idle": Clock(
        "idle_timeout_s",
        logged_in,
        "421 No command for too long.",
        ("session ended", "ended", "idle"),
        "idle-timeout",
        seconds=2,
    ),
    "stall": Clock(
        "stall_timeout_s",
        unread,
        f"{CUT}not one byte moved for 1 s.",
        ("transfer ended", "reason", "not one byte moved for 1 s"),
        "stall-timeout",
    ),
    "data": Clock(
        "data_timeout_s",
        unconnected,
        f"{CUT}no data connection from the client within 1 s.",
        ("transfer ended", "reason", "no data connection from the client within 1 s"),
        "data-timeout",
        hasty,
    ),
    "reply": Clock(
        "reply_timeout_s",
        asked,
        "421 The server does not answer.",
        ("session ended", "ended", "the server does not answer"),
        "reply-timeout",
        deaf,
        seconds=2,
    ),
    "connect": Clock(
        "connect_timeout_s",
        named,
        "421 Service not available: no server could be reached.",
        ("server failed", "reason", "no answer within 1 s"),
        "no-server",
        mute,
    ),
    "session": Clock(
        "session_timeout_s",
        greeted,
        "421 This session has lasted as long as it may.",
        ("session ended", "ended", "This session has lasted as long as it may."),
        "session-timeout",
    ),
}


class House:
    """One ftpair with a service for each clock, before a real server or a scripted one."""

    def __init__(self, folder: Path, authority: Authority, ends: contextlib.ExitStack) -> None:
        self.authority = authority
        self.server = new_server(folder, authority, "vsftpd", "clear")
        self.vips = {name: fresh_address() for name in CLOCKS}
        services = {
            name: service(
                self.vips[name],
                {"SVR": self._behind(clock, ends)},
                retries=0,
                tls={"clear_text": "allow", "data_protection": "allow"},
                timeouts={clock.name: clock.seconds},
                health={"check": "off"},
            )
            for name, clock in CLOCKS.items()
        }
        level = {"format": "json", "level": "debug"}
        self.settings = settings(folder, authority, services, log=level)
        self.balancer: Balancer

    def _behind(self, clock: Clock, ends: contextlib.ExitStack) -> dict[str, Any]:
        if clock.script is None:
            return entry(self.server.address)
        scripted = ScriptedServer(clock.script)
        ends.callback(scripted.close)
        return entry(scripted.address)

    def client(self, name: str, port: int = CONTROL_PORT) -> RawClient:
        return RawClient(self.vips[name], port, self.authority.ca)

    def await_figure(self, metric: str, *labels: str) -> float:
        """Return a counter as soon as it is more than 0: workers tell theirs about once a second."""
        for _ in range(100):
            lines = [line for line in self.balancer.metrics().splitlines() if line.startswith(f"{metric}{{")]
            found = [line for line in lines if all(label in line for label in labels)]
            if found and float(found[0].rpartition(" ")[2]):
                return float(found[0].rpartition(" ")[2])
            time.sleep(0.1)
        raise AssertionError(f"{metric} never counted {labels}")


@pytest.fixture(scope="module")
def house(lab_folder: Path, authority: Authority) -> Iterator[House]:
    folder = lab_folder / "clocks"
    folder.mkdir()
    with contextlib.ExitStack() as ends:
        house = House(folder, authority, ends)
        ends.callback(house.server.stop)
        house.server.start()
        with (house.server.site.files / "big").open("wb") as file:
            file.truncate(BIG_BYTES)
        house.balancer = ends.enter_context(running(folder, house.settings))
        yield house


def of_service(name: str) -> str:
    return f'service="{name}"'


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_that_has_run_out_is_told_logged_and_counted(house: House, name: str) -> None:
    clock = CLOCKS[name]
    with house.client(name) as client:
        assert clock.act(client, (house.server.user, house.server.password)) == f"{clock.reply}\r\n"
    event, field, words = clock.log
    (line,) = house.balancer.await_records(event, 1, service=name)
    assert line[field].startswith(words)
    (refused,) = house.balancer.await_records("client refused", 1, service=name)
    assert refused["reason"] == clock.counted
    assert house.await_figure("ftpair_refusals_total", of_service(name), f'reason="{clock.counted}"') == 1
    if clock.handshake:
        labels = (of_service(name), f'channel="{clock.handshake}"', 'result="failed"')
        assert house.await_figure("ftpair_tls_handshakes_total", *labels) == 1


def test_on_the_implicit_port_who_never_shakes_hands_gets_no_word_and_is_counted(house: House) -> None:
    since = house.balancer.mark()
    with house.client("handshake", IMPLICIT_PORT) as client:
        assert client.read_to_end() == b""
    (failed,) = house.balancer.await_records("TLS handshake", 1, since, "handshake")
    assert failed["reason"] == "no TLS handshake within 1 s"
    (refused,) = house.balancer.await_records("client refused", 1, since, "handshake")
    assert refused["reason"] == "handshake-timeout"


def test_the_page_has_every_clock_with_what_the_client_reads_and_how_it_is_counted() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for clock in CLOCKS.values():
        (row,) = re.findall(rf"^\| `{clock.name}` .*$", text, re.MULTILINE)
        assert f"`{clock.counted}`" in row
        assert re.sub(r"\d s", "… s", clock.reply) in row or clock.reply == "234 Start TLS."
