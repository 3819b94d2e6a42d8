"""A real server behind ftpair receives byte for byte what the client sent, over whole conversations (rule 8)."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import PASSIVE_FIRST, PASSIVE_LAST, entry, running, service, settings
from tests.interop.lab.clients.steps import Way
from tests.interop.lab.laboratory import CLIENTS, PROGRAMS, new_server
from tests.interop.lab.operations import OPERATIONS, Case
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer
from tests.interop.lab.tap import Recorded, Tap

pytestmark = pytest.mark.interop
TAPPED_PORT = CONTROL_PORT + 1
# What ftpair puts its own words into: the replies to PASV, EPSV and FEAT.
OWN = re.compile(rb"^(22[79] [^\n]*|211-.*?^211 [^\n]*)", re.MULTILINE | re.DOTALL)
# What ftpair answers itself: the server's leg has its own security.
SECURITY = re.compile(rb"^(AUTH|PBSZ|PROT|CCC)\b.*\r\n", re.MULTILINE)


@dataclass(slots=True)
class Line:
    """client -> tap -> ftpair -> tap -> real server; `near` and `far` are what the two taps have recorded."""

    server: RealServer
    vip: str
    near_tap: Tap
    far_tap: Tap
    authority: Authority

    def way(self) -> Way:
        """Return the way in, through the near tap."""
        return Way(*self.near_tap.endpoint, "clear", "1.3", self.authority.ca, self.server.user, self.server.password)

    def recorded(self) -> list[tuple[Recorded, Recorded]]:
        """Return the two sides of every conversation so far, when they are over, and forget them."""
        return list(zip(self.near_tap.harvest(), self.far_tap.harvest(), strict=True))


@pytest.fixture(scope="module", params=list(PROGRAMS))
def line(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[Line]:
    """A clear line through ftpair that chooses its server at once, so that every byte can be compared."""
    with tapped(request.param, lab_folder / f"line-{request.param}", authority, connect="at-once", tls=None) as line:
        yield line


@contextlib.contextmanager
def tapped(make: str, folder: Path, authority: Authority, **more: object) -> Iterator[Line]:
    """Run a clear server of that make behind ftpair, both legs tapped."""
    folder.mkdir()
    server = new_server(folder, authority, make)
    vip = fresh_address()
    ports = {"explicit": CONTROL_PORT, "passive": f"{PASSIVE_FIRST}-{PASSIVE_LAST}"}
    pool = {"SVR": entry(server.address, port=TAPPED_PORT)}
    wanted = service(vip, pool, health={"check": "off"}, ports=ports) | more
    if wanted["tls"] is None:
        del wanted["tls"]
    with contextlib.ExitStack() as ends:
        ends.callback(server.stop)
        server.start()
        far = ends.enter_context(Tap((server.address, TAPPED_PORT), (server.address, CONTROL_PORT)))
        ends.enter_context(running(folder, settings(folder, authority, {"line": wanted})))
        near = ends.enter_context(Tap((vip, TAPPED_PORT), (vip, CONTROL_PORT)))
        yield Line(server, vip, near, far, authority)


# Not the abort: it comes with Telnet's urgent signals, which end at ftpair, and when it strikes is chance.
@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "abort"])
@pytest.mark.parametrize("client", list(CLIENTS))
def test_the_server_receives_what_the_client_sent(line: Line, client: str, operation: str, tmp_path: Path) -> None:
    case = Case(tmp_path.name, 70_000, tmp_path, line.server)
    outcomes = CLIENTS[client].run(line.way(), OPERATIONS[operation].steps(case))
    OPERATIONS[operation].check(case, outcomes)
    for near, far in line.recorded():
        assert bytes(far.up) == bytes(near.up)
        # A client may leave before the goodbye has reached it.
        assert OWN.sub(b"", far.down).startswith(OWN.sub(b"", near.down))


ODD_LINES = [
    b"noop",
    b"NooP ",
    b"SYST",
    b"STAT  two  spaces ",
    b"site help",
    b"SITE \xfcml\xe4ut in latin-1",
    b"MKD \xc3\xbcml\xc3\xa4ut",
    b"CWD \xc3\xbcml\xc3\xa4ut",
    b"cdup",
    b"RMD \xc3\xbcml\xc3\xa4ut",
    b"XPWD",
    b"PWD",
    b"TYPE A N",
    b"type i",
    b"MODE S",
    b"STRU F",
    b"ALLO 100",
    b"REST 0",
    b"NOSUCH verb at all",
    b"OPTS UTF8 ON",
    b"CLNT me 1.0",
    b"FEAT",
    b"HELP",
    b"SIZE files/absent",
    b"MDTM files/absent",
    b"MLST /",
    b"RNFR files/absent",
    b"RNTO files/other",
    b"DELE files/absent",
    b"MFMT 20260101000000 files/absent",
    b"ACCT x",
]


def test_odd_lines_reach_the_server_as_they_are(line: Line) -> None:
    with RawClient(*line.near_tap.endpoint) as client:
        client.reply()
        client.log_in(line.server.user, line.server.password)
        for odd in ODD_LINES:
            client.send(odd + b"\r\n")
            assert re.match(r"[2-5]\d\d", client.reply()), odd
        client.ask("QUIT")
        client.read_to_end()
    ((near, far),) = line.recorded()
    assert bytes(far.up) == bytes(near.up)
    assert OWN.sub(b"", near.down) == OWN.sub(b"", far.down)


@pytest.mark.parametrize("client", list(CLIENTS))
def test_behind_tls_the_server_receives_all_but_the_security_commands(
    client: str, lab_folder: Path, authority: Authority, tmp_path: Path
) -> None:
    folder = lab_folder / f"secured-{client}"
    with tapped("vsftpd", folder, authority, connect="at-once") as line:
        case = Case(tmp_path.name, 70_000, tmp_path, line.server)
        server = line.server
        way = Way(line.vip, CONTROL_PORT, "explicit", "1.3", authority.ca, server.user, server.password)
        outcomes = CLIENTS[client].run(way, OPERATIONS["STOR"].steps(case))
        OPERATIONS["STOR"].check(case, outcomes)
        (far,) = line.far_tap.harvest()
        commands = bytes(far.up).decode()
        assert not SECURITY.search(far.up)
        assert commands.count("STOR ") == 3
        assert commands.startswith(("USER ", "FEAT\r\n", "OPTS ", "CLNT ", "SYST\r\n", "LANG "))
