"""Routes, shares and affinity: real servers in two pools, real clients as different people from different places."""

import collections
import concurrent.futures
import contextlib
import ftplib
import itertools
import os
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.interop.lab import files
from tests.interop.lab.authority import Authority, Identity
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.steps import Download, Upload, Way
from tests.interop.lab.laboratory import CLIENTS, PROGRAMS
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.scripted_server import Conversation, ScriptedServer, passive_reply
from tests.interop.lab.servers.real_server import RealServer, Site

pytestmark = pytest.mark.interop
PASSWORD = "correct horse"
PAGE = Path(__file__).parents[2] / "docs" / "routes.md"
QUIET = {"health": {"check": "off"}}
SETTLE_S = 30.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who comes, and what is known of it before a server is chosen."""

    user: str = "bob"
    source: str = ""
    host: str = ""
    sni: str = ""
    identity: Identity | None = None


def server_of(folder: Path, authority: Authority, name: str) -> RealServer:
    """Return a real server that lets everybody in, and has its name in a file."""
    address = fresh_address()
    (folder / name).mkdir(parents=True)
    site = Site(address, "clear", "1.3", authority.issue(f"{folder.name}-{name}", address), folder / name, "*")
    server = RealServer(PROGRAMS["pyftpdlib"], site)
    server.start()
    server.put("name", lambda path: path.write_text(name))
    return server


@dataclass(slots=True)
class Field:
    """Two pools of two real servers, behind services that route in different ways."""

    servers: dict[str, RealServer]
    vips: dict[str, str]
    authority: Authority
    balancer: Balancer

    @contextlib.contextmanager
    def session(self, service: str, caller: Caller = Caller()) -> Iterator[ftplib.FTP_TLS]:
        """Log in through a service."""
        ftp = ftplib.FTP_TLS(context=self._context(caller), timeout=30, source_address=(caller.source, 0))
        ftp.connect(self.vips[service], CONTROL_PORT)
        ftp.host = caller.sni or ftp.host
        ftp.auth()
        if caller.host:
            assert ftp.sendcmd(f"HOST {caller.host}").startswith("220")
        ftp.login(caller.user, PASSWORD)
        ftp.prot_p()
        try:
            yield ftp
        finally:
            with contextlib.suppress(*ftplib.all_errors):
                ftp.quit()
            ftp.close()

    def _context(self, caller: Caller) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.ca))
        context.check_hostname = False  # The name that is asked for need not be the address.
        if caller.identity:
            context.load_cert_chain(caller.identity.certificate, caller.identity.key)
        return context

    def serves(self, service: str, caller: Caller = Caller()) -> str:
        """Return the name of the server that serves a session of this caller."""
        with self.session(service, caller) as ftp:
            return name_of(ftp)


def name_of(ftp: ftplib.FTP) -> str:
    """Return the name in the file of the server that serves this session."""
    pieces: list[bytes] = []
    ftp.retrbinary("RETR files/name", pieces.append)
    return b"".join(pieces).decode()


NEW = {"NEW_1", "NEW_2"}
OLD = {"OLD_1", "OLD_2"}
SHARE = 30


def services_of(servers: dict[str, RealServer], authority: Authority, vips: dict[str, str]) -> dict[str, dict]:
    """Return every service of the field."""
    old, new = ({name: entry(servers[name].address) for name in sorted(names)} for names in (OLD, NEW))
    rules = [
        {"user": "root", "pool": "default"},
        {"user": "k*", "pool": "new"},
        {"user_regex": "partner-[0-9]+", "pool": "new"},
        {"from": ["127.0.7.0/24"], "pool": "new"},
        {"host": "new.example.org", "pool": "new"},
        {"sni": "*.new.example.org", "pool": "new"},
        {"certificate": "Partner *", "pool": "new"},
        {"certificate_subject": "CN=Ops *", "pool": "new"},
        {"certificate_san": "dns:*.partner.example", "pool": "new"},
    ]
    asked = {"tls": {"client_certificate": {"ca": str(authority.ca), "demand": "optional"}}}
    more = {
        "rules": {"routes": rules, **asked},
        "share": {"routes": [{"percent": SHARE, "pool": "new"}]},
        "user": {"routes": [{"user": "k*", "pool": "new"}], "affinity": "user", "balance": "round-robin"},
        "source": {"routes": [{"user": "k*", "pool": "new"}], "affinity": "source", "balance": "round-robin"},
    }
    pools = {"new": {"real_servers": new}}
    return {name: service(vips[name], old, pools=pools, **QUIET, **keys) for name, keys in more.items()}


@pytest.fixture(scope="module")
def field(lab_folder: Path, authority: Authority) -> Iterator[Field]:
    """Run the servers and an ftpair before them."""
    folder = lab_folder / "routes"
    folder.mkdir()
    with contextlib.ExitStack() as ends:
        servers = {}
        for name in sorted(OLD | NEW):
            servers[name] = server_of(folder, authority, name)
            ends.callback(servers[name].stop)
        vips = {name: fresh_address() for name in ("rules", "share", "user", "source")}
        configuration = settings(folder, authority, services_of(servers, authority, vips))
        balancer = ends.enter_context(running(folder, configuration))
        yield Field(servers, vips, authority, balancer)


@pytest.mark.parametrize("client", ["curl", "lftp", "ftplib"])
@pytest.mark.parametrize(("user", "pool"), [("kim", NEW), ("bob", OLD), ("root", OLD), ("partner-17", NEW)])
def test_a_real_client_reaches_the_pool_of_its_user(
    client: str, user: str, pool: set[str], field: Field, tmp_path: Path
) -> None:
    way = Way(field.vips["rules"], CONTROL_PORT, "explicit", "1.3", field.authority.ca, user, PASSWORD)
    files.fill(user, 100_000)(tmp_path / "up")
    name = f"{client}-{user}"
    steps = [Download("files/name", tmp_path / "name"), Upload(tmp_path / "up", f"files/{name}")]
    outcomes = CLIENTS[client].run(way, steps)
    assert all(outcome.is_done for outcome in outcomes), outcomes
    found = (tmp_path / "name").read_text()
    assert found in pool
    assert files.digest(field.servers[found].take(name)) == files.digest(tmp_path / "up")


def test_network_host_sni_and_certificate_choose_the_pool(field: Field) -> None:
    partner, other = (field.authority.issue(name, name) for name in ("Partner 1", "Stranger"))
    assert field.serves("rules", Caller(source="127.0.7.9")) in NEW
    assert field.serves("rules", Caller(source="127.0.8.9")) in OLD
    assert field.serves("rules", Caller(host="New.Example.org")) in NEW
    assert field.serves("rules", Caller(host="old.example.org")) in OLD
    assert field.serves("rules", Caller(sni="ftp.new.example.org")) in NEW
    assert field.serves("rules", Caller(sni="new.example.org")) in OLD
    assert field.serves("rules", Caller(identity=partner)) in NEW
    assert field.serves("rules", Caller(identity=other)) in OLD
    operator, host = (field.authority.issue(*names) for names in (("Ops 1", "h"), ("Host", "ftp.partner.example")))
    assert field.serves("rules", Caller(identity=operator)) in NEW
    assert field.serves("rules", Caller(identity=host)) in NEW
    assert field.serves("rules", Caller("root", source="127.0.7.9")) in OLD, "the first rule that fits counts"


def test_what_is_foretold_is_what_happens_and_what_is_counted(field: Field) -> None:
    said = field.balancer.ask("/services/rules/route?user=kim&from=127.0.0.1")
    assert said["sentence"].startswith("kim from 127.0.0.1 goes to pool new (rule 2: user k*), there to NEW_")
    before = counted(field, 'ftpair_routes_total{pool="new",rule="2",service="rules"}')
    assert field.serves("rules", Caller("kim")) in NEW
    deadline = time.monotonic() + SETTLE_S
    while counted(field, 'ftpair_routes_total{pool="new",rule="2",service="rules"}') != before + 1:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    pools = {server["name"]: server["pool"] for server in field.balancer.ask("/services/rules")["servers"]}
    assert pools == dict.fromkeys(sorted(OLD), "default") | dict.fromkeys(sorted(NEW), "new")


def counted(field: Field, series: str) -> float:
    """Return a value of the metrics, 0 if it is not there yet."""
    with field.balancer._client() as client:
        lines = client.get("/metrics").raise_for_status().text.splitlines()
    wanted = series_of(series)
    return next((float(line.rpartition(" ")[2]) for line in lines if series_of(line.rpartition(" ")[0]) == wanted), 0.0)


def series_of(text: str) -> tuple[str, frozenset[str]]:
    """Return name and labels, whatever their order."""
    name, _, labels = text.partition("{")
    return name, frozenset(labels.rstrip("}").split(","))


def test_a_share_of_the_users_is_as_great_as_it_says_and_stays_the_same(field: Field) -> None:
    users = [f"user{number}" for number in range(80)]

    def pool_of(user: str) -> bool:
        return field.serves("share", Caller(user)) in NEW

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        first = list(pool.map(pool_of, users))
        second = list(pool.map(pool_of, users))
    assert first == second
    assert 12 <= sum(first) <= 36, f"{sum(first)} of 80 users"
    foretold = [field.balancer.ask(f"/services/share/route?user={user}")["pool"] == "new" for user in users]
    assert foretold == first


@pytest.mark.parametrize("kind", ["user", "source"])
def test_who_comes_again_gets_the_same_server_in_every_worker(kind: str, field: Field) -> None:
    callers = [Caller(f"kim{number}", source=f"127.0.9.{number + 1}") for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda caller: (caller, field.serves(kind, caller)), callers * 6))
    servers = collections.defaultdict(set)
    for caller, name in found:
        servers[caller].add(name)
    assert all(len(names) == 1 for names in servers.values()), servers
    assert set.union(*servers.values()) == NEW, "round-robin spreads who is new"


def test_a_drained_server_hands_over_for_good(field: Field) -> None:
    kim = Caller("karl")
    first = field.serves("user", kim)
    (other,) = NEW - {first}
    field.balancer.post(f"/services/user/servers/{first}/drain")
    try:
        assert field.serves("user", kim) == other
    finally:
        field.balancer.post(f"/services/user/servers/{first}/online")
    assert [field.serves("user", kim) for _ in range(3)] == [other] * 3


@dataclass(slots=True)
class Lasting:
    """A service with affinity whose ftpair may be started again."""

    field: Field
    folder: Path
    configuration: dict

    def run(self) -> contextlib.AbstractContextManager[Balancer]:
        """Run ftpair."""
        return running(self.folder, self.configuration)

    def serves(self, users: list[str]) -> list[str]:
        """Return who serves these."""
        return [self.field.serves("lasting", Caller(user)) for user in users]


@pytest.fixture
def lasting(field: Field, lab_folder: Path, authority: Authority, request: pytest.FixtureRequest) -> Lasting:
    """A service of its own, before the servers of the field."""
    folder = lab_folder / f"lasting-{request.node.name[-8:]}"
    folder.mkdir()
    field.vips["lasting"] = fresh_address()
    entries = {name: entry(field.servers[name].address) for name in sorted(OLD)}
    wanted = service(field.vips["lasting"], entries, affinity="user", balance="random-two", **QUIET)
    return Lasting(field, folder, settings(folder, authority, {"lasting": wanted}))


USERS = [f"user{number}" for number in range(10)]


def test_affinity_outlives_a_restart(lasting: Lasting) -> None:
    with lasting.run():
        before = lasting.serves(USERS)
    assert set(before) == OLD
    with lasting.run():
        assert lasting.serves(USERS) == before


def test_affinity_outlives_a_crash_and_a_broken_file_is_set_aside(lasting: Lasting) -> None:
    state = lasting.folder / "state" / "affinity.bin"
    with lasting.run() as balancer:
        before = lasting.serves(USERS)
        deadline = time.monotonic() + SETTLE_S
        while not state.exists() or state.stat().st_size < 40 * len(USERS) // 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        time.sleep(6)  # What came last is written by then.
        os.kill(balancer.daemon.pid, signal.SIGKILL)
        time.sleep(1)
    with lasting.run():
        assert lasting.serves(USERS) == before
    state.write_bytes(state.read_bytes()[:50])
    with lasting.run() as balancer:
        assert "it is set aside as affinity.bin.broken, and affinity begins anew" in balancer.log()
        assert set(lasting.serves(USERS)) <= OLD


def test_the_example_of_the_page_does_what_the_page_says(field: Field, lab_folder: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    services = YAML(typ="safe").load(page.split("```yaml\n")[1].split("```")[0])["virtual_services"]
    (wanted,) = services.values()
    wanted |= {"address": fresh_address(), "ports": {"explicit": CONTROL_PORT, "passive": "21000-21027"}, **QUIET}
    pools = [wanted["real_servers"], *(pool["real_servers"] for pool in wanted["pools"].values())]
    real = itertools.cycle(field.servers.values())
    for servers in pools:
        servers |= {name: entry(next(real).address) for name in servers}
    configuration = {"workers": 2, "virtual_services": services, "log": {"format": "json"}}
    with running(lab_folder / "page", configuration) as balancer, ftplib.FTP(timeout=30) as ftp:
        said = balancer.ask("/services/FTP_VIP/route?user=kim&from=10.0.0.5")["sentence"]
        assert f"    $ ftpair route FTP_VIP --user kim --from 10.0.0.5\n    {said}\n" in page
        ftp.connect(wanted["address"], CONTROL_PORT)
        with pytest.raises(ftplib.error_perm):
            ftp.login("root", "wrong")
        assert [row["server"] for row in balancer.sessions()] in (["FTP_SVR1"], ["FTP_SVR2"])
        ftp.login("kim", PASSWORD)
        assert [row["server"] for row in balancer.sessions()] == ["FTP_SVR5"], "another name is asked about anew"


def test_s19_nothing_that_a_client_or_a_server_says_leads_to_a_foreign_host(
    lab_folder: Path, authority: Authority
) -> None:
    folder = lab_folder / "foreign"
    folder.mkdir()
    foreign = fresh_address()
    lures = [socket.create_server((foreign, port)) for port in (CONTROL_PORT, 20, 21, 20123)]

    def tempt(conversation: Conversation) -> None:
        """Name the foreign host in everything that a server may say."""
        conversation.say(f"220 ftp://{foreign}/")
        wherever = {
            "USER": f"331 go to {foreign}",
            "PASS": f"230-ftp://{foreign}\r\n230 REFERRAL {foreign}",
            "HOST": f"220 {foreign}",
            "PASV": passive_reply(foreign, 20123),
            "EPSV": f"229 Entering (|1|{foreign}|20123|)",
            "RETR": f"150 from {foreign}",
            "SITE": f"200 {foreign}",
            "CWD": f"250 {foreign}",
        }
        conversation.answer_until("QUIT", wherever)

    server = ScriptedServer(tempt)
    vip = fresh_address()
    rules = [{"user": "k*", "pool": "new"}, {"host": "*", "pool": "new"}, {"sni": "*", "pool": "new"}]
    pools = {"new": {"real_servers": {"NEW": entry(server.address)}}}
    wanted = service(vip, {"OLD": entry(server.address)}, pools=pools, routes=rules, affinity="user", **QUIET)
    with contextlib.ExitStack() as ends:
        for lure in lures:
            ends.enter_context(lure)
        ends.callback(server.close)
        balancer = ends.enter_context(running(folder, settings(folder, authority, {"bait": wanted})))
        for user in (f"kim@{foreign}", f"{foreign}|kim", f"ftp://{foreign}/", foreign, f"kim@{foreign}:21", "kim"):
            tempted(vip, foreign, user, authority)
            said = balancer.ask(f"/services/bait/route?user={user.replace('/', '%2F')}&host={foreign}")
            assert said["server"] in ("NEW", "OLD")
        assert server.conversations, "the sessions came to the server of the configuration"
        for lure in lures:
            lure.setblocking(False)
            with pytest.raises(BlockingIOError):
                lure.accept()


def tempted(vip: str, foreign: str, user: str, authority: Authority) -> None:
    """Name the foreign host in everything that a client may say."""
    context = ssl.create_default_context(cafile=str(authority.ca))
    context.check_hostname = False
    with ftplib.FTP_TLS(context=context, timeout=5) as ftp:
        ftp.connect(vip, CONTROL_PORT)
        ftp.host = "foreign.example.org"
        ftp.auth()
        octets = foreign.replace(".", ",")
        before = (f"HOST {foreign}", f"CLNT {foreign}", f"OPEN {foreign}", f"SITE PROXY {foreign}")
        after = ("PASV", "RETR x", "EPSV", "RETR x", f"PORT {octets},78,155", f"EPRT |1|{foreign}|20123|", "RETR x")
        more = (f"SITE OPEN {foreign}", f"CWD ftp://{foreign}/", f"RETR ftp://{foreign}/x", f"STOR //{foreign}/x")
        for line in (*before, f"USER {user}", f"PASS {PASSWORD}", "PBSZ 0", "PROT P", *after, *more):
            with contextlib.suppress(*ftplib.all_errors, OSError):
                ftp.sendcmd(line)
