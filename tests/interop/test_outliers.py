"""Servers that sessions suffer from go, come back slowly, and back each other up; the last one never goes."""

import contextlib
import re
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain, reset
from tests.interop.lab.scripted_server import Conversation, ScriptedServer, passive_reply
from tests.interop.lab.servers.real_server import RealServer
from tests.interop.lab.tcp_house import Engine, House, house
from tests.interop.test_bad_days import eventually

pytestmark = pytest.mark.interop
ONCE = {"check": "banner", "interval_s": 3600}
"""Servers are found up at the start; whatever becomes of them afterwards, sessions find out."""
OFTEN = {"check": "banner", "interval_s": 0.3, "rise": 1, "fall": 1}
BYTES = 200_000


@contextlib.contextmanager
def started(folder: Path, authority: Authority, *names: str) -> Iterator[dict[str, RealServer]]:
    """Run real servers, each with the same file."""
    folder.mkdir()
    servers = {name: new_server(folder, authority, "pyftpdlib") for name in names}
    with contextlib.ExitStack() as ends:
        for server in servers.values():
            ends.callback(server.stop)
            server.start()
            server.put("same", files.fill("same", BYTES))
        yield servers


def states(balancer: Balancer, of: str = "S") -> dict[str, dict[str, Any]]:
    """Return the servers of a service by name."""
    found = next(each for each in balancer.ask("/services") if each["name"] == of)
    return {server["name"]: server for server in found["servers"]}


def metric(balancer: Balancer, name: str) -> float:
    """Return the value of a series, 0 where there is none."""
    found = re.search(rf"^{re.escape(name)} ([0-9.e+]+)$", balancer.metrics(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def session(vip: str, authority: Authority) -> RawClient:
    """Return a client that has logged in."""
    client = RawClient(vip, CONTROL_PORT, authority.ca)
    client.auth()
    client.log_in()
    return client


def downloaded(vip: str, authority: Authority) -> tuple[int, bool, str]:
    """Log in and download; return how many bytes came, whether their end was in order, and the final reply."""
    with session(vip, authority) as client:
        data = client.begin("RETR files/same")
        return *drain(data), client.reply()


class Crowd:
    """Clients that come again and again, one session and one file each time."""

    def __init__(self, visit: Callable[[], tuple[int, bool, str]], clients: int = 3) -> None:
        self._visit = visit
        self._is_over = threading.Event()
        self.whole, self.refused, self.wrong = 0, 0, list[object]()
        self._threads = [threading.Thread(target=self._come, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(60)

    def _come(self) -> None:
        while not self._is_over.is_set():
            try:
                moved, is_whole, reply = self._visit()
            except (OSError, AssertionError):
                self.refused += 1
                continue
            if reply.startswith("226"):
                self.whole += 1
                self.wrong += [] if (moved, is_whole) == (BYTES, True) else [(moved, is_whole, reply)]


def test_a_server_that_is_killed_under_load_is_ejected_and_comes_back_slowly(
    lab_folder: Path, authority: Authority
) -> None:
    with started(lab_folder / "outlier", authority, "A", "B") as servers:
        vip = fresh_address()
        more = {"ejection": {"consecutive_errors": 3, "ejection_s": 2}, "slow_start_s": 600, "balance": "round-robin"}
        wanted = service(vip, {name: entry(each.address) for name, each in servers.items()}, health=ONCE, **more)
        with running(lab_folder / "outlier", settings(lab_folder / "outlier", authority, {"S": wanted})) as balancer:
            assert eventually(lambda: states(balancer)["A"]["health"] == "up", 10)
            with Crowd(lambda: downloaded(vip, authority)) as crowd:
                assert eventually(lambda: crowd.whole > 5, 30)
                servers["A"].kill()
                assert eventually(lambda: bool(states(balancer)["A"]["is_ejected"]), 30)
                reason = states(balancer)["A"]["reason"]
                assert re.match(r"down: ejected for \d s: \d+ errors in a row \(.+\)$", reason), reason
                served = crowd.whole
                assert eventually(lambda: crowd.whole > served + 5, 30), "the other one serves"
                servers["A"].start()
                assert eventually(lambda: not states(balancer)["A"]["is_ejected"], 30)
                back = states(balancer)["A"]
                assert (back["health"], back["share"]) == ("up", 1), "it comes back by itself, with little"
                assert re.search(r"\(slow start, 1 %\)$", back["reason"])
            assert crowd.wrong == []
            assert balancer.records(f"A is {reason}")
            assert metric(balancer, 'ftpair_server_share{server="A",service="S"}') < 1
            ejections = re.findall(r"^ftpair_ejections_total\{(.*)\} ([0-9.]+)$", balancer.metrics(), re.MULTILINE)
            assert ejections
            assert all('server="A"' in labels for labels, _count in ejections)
            (health,) = [each for each in balancer.ask("/health") if each["server"] == "A"]
            assert reason in {verdict["reason"] for verdict in health["history"]}


def resetting(talk: Conversation) -> None:
    """Log anybody in, and reset every data connection once it has brought some bytes."""
    talk.log_in()
    while line := talk.answer_until("PASV", {"EPSV": "500 no", "SYST": "215 UNIX"}):
        assert line
        with talk.listen() as door:
            talk.say(passive_reply(*door.getsockname()))
            talk.line()
            data, _peer = door.accept()
        talk.say("150 here")
        data.sendall(b"x" * 1000)
        reset(data)
        talk.say("226 done")


def passively(vip: str, authority: Authority) -> tuple[int, bool, str]:
    """The same, with PASV: the look-alike knows no EPSV."""
    with session(vip, authority) as client:
        reply = client.ask("PASV")
        numbers = [int(number) for number in re.findall(r"\d+", reply.partition("(")[2])]
        data = client.connect_data((vip, numbers[4] * 256 + numbers[5]))
        assert client.ask("RETR files/same").startswith("1")
        try:
            came = drain(client.secure_data(data))
        except (ConnectionError, ssl.SSLError):  # The reset was there before the handshake.
            came = (0, False)
        return *came, client.reply()


def test_a_look_alike_that_resets_data_connections_is_ejected_although_it_logs_everybody_in(
    lab_folder: Path, authority: Authority
) -> None:
    sick = ScriptedServer(resetting)
    with started(lab_folder / "look-alike", authority, "GOOD") as servers, contextlib.closing(sick):
        vip = fresh_address()
        pool = {"GOOD": entry(servers["GOOD"].address), "SICK": entry(sick.address)}
        more = {"ejection": {"consecutive_errors": 3, "ejection_s": 600, "longest_ejection_s": 600}}
        wanted = {"S": service(vip, pool, health=ONCE, balance="round-robin", **more)}
        with running(lab_folder / "look-alike", settings(lab_folder / "look-alike", authority, wanted)) as balancer:
            outcomes = [passively(vip, authority) for _ in range(16)]
            good = (BYTES, True)
            assert all((outcome[:2] == good) is outcome[2].startswith("226") for outcome in outcomes), outcomes
            assert sum(outcome[:2] != good for outcome in outcomes) <= 4, "two workers may both choose it once more"
            assert outcomes[-1][:2] == good
            assert "3 errors in a row (data connection " in states(balancer)["SICK"]["reason"]
            assert metric(balancer, 'ftpair_ejections_total{reason="data",server="SICK",service="S"}') == 1
            said = balancer.post("/services/S/servers/SICK/online")
            assert "its ejection ends" in str(said)
            assert states(balancer)["SICK"]["health"] == "up"


def test_of_two_sick_servers_one_stays(lab_folder: Path, authority: Authority) -> None:
    sick = {name: ScriptedServer(resetting) for name in ("A", "B")}
    folder, vip = lab_folder / "cap", fresh_address()
    pool = {name: entry(each.address) for name, each in sick.items()}
    more = {"ejection": {"consecutive_errors": 2, "ejection_s": 600, "longest_ejection_s": 600}}
    wanted = {"S": service(vip, pool, health=ONCE, balance="round-robin", **more)}
    folder.mkdir()
    with contextlib.ExitStack() as ends:
        for server in sick.values():
            ends.callback(server.close)
        balancer = ends.enter_context(running(folder, settings(folder, authority, wanted)))
        for _ in range(12):
            assert not passively(vip, authority)[2].startswith("226")
        gone = [name for name, state in states(balancer).items() if state["is_ejected"]]
        assert len(gone) == 1, "ejection never empties a pool"
        (left,) = set(sick) - set(gone)
        assert metric(balancer, f'ftpair_ejections_prevented_total{{server="{left}",service="S"}}') == 1
        assert f"{left} is not ejected after 2 errors in a row" in balancer.log()
        assert "it is the last server of pool default that takes sessions" in balancer.log()


def test_all_down_then_the_backup_then_the_sorry_text(lab_folder: Path, authority: Authority, tmp_path: Path) -> None:
    folder, vip, sorry = lab_folder / "backup", fresh_address(), "Back at 6 o'clock, call 555-0100."
    with started(folder, authority, "FRONT", "SPARE") as servers:
        pool = {name: entry(each.address) for name, each in servers.items()}
        pool["SPARE"]["backup"] = True
        wanted = {"S": service(vip, pool, health=OFTEN, quorum=1, sorry_text=sorry)}

        def curl() -> subprocess.CompletedProcess[str]:
            target = str(tmp_path / "got")
            options = ["--silent", "--show-error", "--verbose", "--ssl-reqd", "--cacert", str(authority.ca)]
            options += ["--user", "interop:correct horse", "--output", target, f"ftp://{vip}:{CONTROL_PORT}/files/same"]
            return subprocess.run(["curl", *options], capture_output=True, text=True, check=False, timeout=60)

        def served() -> list[str]:
            return [record["server"] for record in balancer.records("transfer ended")]

        with running(folder, settings(folder, authority, wanted)) as balancer:
            assert eventually(lambda: {each["health"] for each in states(balancer).values()} == {"up"}, 10)
            assert [curl().returncode for _ in range(3)] == [0, 0, 0]
            balancer.await_records("transfer ended", 3)
            assert set(served()) == {"FRONT"}
            assert metric(balancer, 'ftpair_pool_quorum{pool="default",service="S"}') == 1
            servers["FRONT"].kill()
            assert eventually(lambda: states(balancer)["FRONT"]["health"] == "down", 15)
            assert curl().returncode == 0
            assert files.digest(tmp_path / "got") == files.digest(servers["SPARE"].take("same"))
            balancer.await_records("transfer ended", 4)
            assert served()[-1] == "SPARE"
            lost = "quorum of pool default is lost: 0 of 2 servers available, 1 wanted"
            assert [record["level"] for record in balancer.await_records(lost, 1)] == ["warning"]
            assert metric(balancer, 'ftpair_pool_quorum{pool="default",service="S"}') == 0
            (shown,) = balancer.ask("/services")
            assert [each["sentence"] for each in shown["quorums"]] == [lost]
            servers["SPARE"].kill()
            assert eventually(lambda: states(balancer)["SPARE"]["health"] == "down", 15)
            refused = curl()
            assert refused.returncode != 0
            assert f"421 {sorry}" in refused.stderr
            servers["FRONT"].start()
            assert eventually(lambda: states(balancer)["FRONT"]["health"] == "up", 15)
            balancer.await_records("quorum of pool default is met: 1 of 2 servers available, 1 wanted", 1)
            assert curl().returncode == 0
            balancer.await_records("transfer ended", 5)
            assert served()[-1] == "FRONT"


@pytest.fixture(params=["haproxy", "builtin"])
def home(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[House]:
    engine: Engine = request.param
    with house(
        lab_folder / f"slowly-{engine}", authority, ("vsftpd", "clear"), engine, "port", slow_start_s=600
    ) as home:
        yield home


def test_in_tcp_mode_too_a_server_comes_back_slowly(home: House) -> None:
    """Whoever has 600 s to come back is not flooded: with 1 % of the weight it gets the second session at most."""

    def visit() -> RawClient:
        client = RawClient(home.vip, CONTROL_PORT)
        client.reply()
        client.log_in(home.servers[0].user, home.servers[0].password)
        return client

    def of(name: str) -> dict[str, Any]:
        return states(home.balancer)[name]

    with contextlib.ExitStack() as ends:
        assert eventually(lambda: of("A")["health"] == of("B")["health"] == "up", 15)
        home.servers[1].kill()
        assert eventually(lambda: of("B")["health"] == "down", 15)
        for _ in range(4):
            ends.enter_context(visit())
        home.servers[1].start()
        assert eventually(lambda: of("B")["health"] == "up", 15)
        assert re.search(r"\(slow start, \d %\)$", of("B")["reason"])
        for _ in range(8):
            ends.enter_context(visit())
        assert eventually(lambda: of("A")["sessions"] + of("B")["sessions"] == 12, 10)
        assert of("B")["sessions"] <= 2
