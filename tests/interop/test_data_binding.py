"""Real clients under `data_session: require`: who resumes gets whole files, and who does not gets nothing."""

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.prompts import FTP_SSL
from tests.interop.lab.clients.scripted import CommonsNet, NetFtp
from tests.interop.lab.clients.single import Rclone, Wget
from tests.interop.lab.clients.steps import Client, ClientError, Download, Step, Upload
from tests.interop.lab.laboratory import CLIENTS, new_server, way_to
from tests.interop.lab.memory import resident_bytes
from tests.interop.lab.operations import Case
from tests.interop.lab.parts import REPOSITORY
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
MORE: list[Client] = [FTP_SSL, Wget(), Rclone(), NetFtp(), CommonsNet()]
ALL = CLIENTS | {client.name: client for client in MORE}
PAGE = REPOSITORY / "docs" / "data-binding.md"
READERS = {"wget"}
EXPLICIT_ONLY = {"ftp-ssl"}
NEVER_RESUME = {"ftplib", "Net::FTP", "commons-net"}
WAYS = [
    (name, entrance, version)
    for name in ALL
    for version in ("1.2", "1.3")
    for entrance in ("explicit", "implicit")
    if entrance == "explicit" or name not in EXPLICIT_ONLY
]
SAMPLE = [("ftplib", "explicit", "1.2"), ("ftplib", "implicit", "1.3"), ("Net::FTP", "explicit", "1.3")]


@dataclass(slots=True)
class House:
    """One server behind a service that looks on, and one that requires resumption."""

    server: RealServer
    vips: dict[str, str]
    authority: Authority
    balancer: Balancer


@pytest.fixture(scope="module")
def house(lab_folder: Path, authority: Authority) -> Iterator[House]:
    folder = lab_folder / "binding"
    folder.mkdir()
    server = new_server(folder, authority, "vsftpd")
    vips = {session: fresh_address() for session in ("off", "prefer", "require")}
    services = {
        session: service(
            address,
            {"SVR": entry(server.address)},
            data_session=session,
            tls={"close_notify": "ignore"},
            timeouts={"data_timeout_s": 3, "session_timeout_s": 7200},
        )
        for session, address in vips.items()
    }
    try:
        server.start()
        with running(folder, settings(folder, authority, services)) as balancer:
            yield House(server, vips, authority, balancer)
    finally:
        server.stop()


def _steps(name: str, case: Case) -> list[Step]:
    case.place(0)
    steps: list[Step] = [Download(case.remote(0), case.local(0)), Download(case.remote(0), case.local(1))]
    return steps if name in READERS else [*steps, Upload(case.local(2, case.name), case.remote(2))]


@pytest.mark.parametrize("session", ["require", "prefer"])
@pytest.mark.parametrize(("name", "entrance", "version"), [way for way in WAYS if way[0] not in NEVER_RESUME])
def test_a_client_that_resumes_moves_whole_files(
    house: House, name: str, entrance: Any, version: Any, session: str, tmp_path: Path
) -> None:
    case = Case(tmp_path.name, 200_003, tmp_path, house.server)
    way = way_to(house.vips[session], entrance, version, house.authority.ca, house.server)
    mark = house.balancer.mark()
    outcomes = ALL[name].run(way, _steps(name, case))
    assert all(outcome.is_done for outcome in outcomes), outcomes
    assert files.digest(case.local(0)) == files.digest(case.local(1)) == files.digest(case.there(0))
    if name not in READERS:
        assert files.digest(case.there(2)) == files.digest(case.local(2))
    transfers = house.balancer.await_records("transfer ended", len(outcomes), mark)
    assert {(each["result"], each["client_tls_resumed"]) for each in transfers} == {("complete", True)}


@pytest.mark.parametrize("size", [1000, 3_000_000])
@pytest.mark.parametrize(
    ("session", "version", "resumed"),
    [
        ("prefer", "1.2", [True] * 4),
        ("prefer", "1.3", [True, False, False, False]),
        ("require", "1.2", [True] * 4),
    ],
)
def test_uploads_of_curl_over_one_connection_arrive_whole(
    house: House, session: str, version: Any, resumed: list[bool], size: int, tmp_path: Path
) -> None:
    case = Case(tmp_path.name, size, tmp_path, house.server)
    way = way_to(house.vips[session], "explicit", version, house.authority.ca, house.server)
    mark = house.balancer.mark()
    outcomes = ALL["curl"].run(way, [Upload(case.local(each, case.name), case.remote(each)) for each in range(4)])
    assert all(outcome.is_done for outcome in outcomes), outcomes
    assert all(files.digest(case.there(each)) == files.digest(case.local(each)) for each in range(4))
    transfers = house.balancer.await_records("transfer ended", 4, mark)
    assert [(each["result"], each["client_tls_resumed"]) for each in transfers] == [("complete", it) for it in resumed]


def test_a_second_upload_of_curl_with_tls_1_3_is_told_why_it_fails(house: House, tmp_path: Path) -> None:
    case = Case(tmp_path.name, 1000, tmp_path, house.server)
    way = way_to(house.vips["require"], "explicit", "1.3", house.authority.ca, house.server)
    mark = house.balancer.mark()
    ALL["curl"].run(way, [Upload(case.local(each, case.name), case.remote(each)) for each in range(2)])
    first, second = house.balancer.await_records("transfer ended", 2, mark)
    assert first["result"] == "complete"
    assert second["result"] == "cut"
    assert second["reason"].startswith("no data connection that resumes the session's TLS")
    assert files.digest(case.there(0)) == files.digest(case.local(0))


@pytest.mark.parametrize(("name", "entrance", "version"), SAMPLE)
def test_a_client_that_does_not_resume_gets_nothing(
    house: House, name: str, entrance: Any, version: Any, tmp_path: Path
) -> None:
    case = Case(tmp_path.name, 200_003, tmp_path, house.server)
    way = way_to(house.vips["require"], entrance, version, house.authority.ca, house.server)
    mark = house.balancer.mark()
    with contextlib.suppress(ClientError):  # Some give up without a word.
        assert not any(outcome.is_done for outcome in ALL[name].run(way, _steps(name, case)))
    assert all(not case.local(number).exists() or not case.local(number).stat().st_size for number in (0, 1))
    assert not case.there(2).exists()
    transfers = house.balancer.await_records("transfer ended", 1, mark)
    assert {(each["result"], each["bytes"]) for each in transfers} == {("cut", 0)}


def test_whoever_would_break_is_named_before_anything_is_required(house: House, tmp_path: Path) -> None:
    case = Case(tmp_path.name, 1000, tmp_path, house.server)
    for name in ("lftp", "ftplib"):
        way = way_to(house.vips["off"], "explicit", "1.3", house.authority.ca, house.server)
        ALL[name].run(way, _steps(name, case))
    rows = house.balancer.ask("/clients?service=off")
    assert {row["service"] for row in rows} == {"off"}
    (row,) = [row for row in rows if not row["program"]] or rows
    assert row["would_break"] is True
    assert row["not_resumed"] == 3


def _thief(house: House, version: str = "1.3") -> RawClient:
    client = RawClient(house.vips["require"], CONTROL_PORT, house.authority.ca, version)
    client.auth()
    client.log_in(house.server.user, house.server.password)
    return client


class Crowd:
    """Connections from the client's own address, each with a valid TLS session of another login."""

    def __init__(self, thieves: list[RawClient], endpoint: tuple[str, int]) -> None:
        self._thieves, self._endpoint = thieves, endpoint
        self.stolen = bytearray()
        self.resets = 0

    def race(self, times: int) -> None:
        """Connect, shake hands, and keep every byte."""
        with ThreadPoolExecutor(50) as pool:
            for taken, was_cut in pool.map(self._try, range(times)):
                self.stolen += taken
                self.resets += was_cut

    def _try(self, number: int) -> tuple[bytes, bool]:
        thief, taken = self._thieves[number % len(self._thieves)], b""
        try:
            with thief.connect_data(self._endpoint) as sock:
                data = thief.secure_data(sock, resume=True)
                data.sendall(b"stolen")
                while piece := data.recv(65536):
                    taken += piece
        except OSError:
            return taken, True
        return taken, False


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("when", ["the client comes first", "the crowd comes first"])
def test_s7_a_thousand_thieves_with_valid_sessions_get_not_one_byte(house: House, when: str, version: str) -> None:
    """Half of them speak TLS 1.2, with its session ids and tickets, half TLS 1.3."""
    content = bytes(range(256)) * 4000
    house.server.put("wanted", lambda path: path.write_bytes(content))
    thieves = [_thief(house, each) for each in ("1.2", "1.3") * 5]
    with contextlib.ExitStack() as ends:
        for thief in thieves:
            ends.enter_context(thief)
        client = ends.enter_context(_thief(house, version))
        endpoint = client.passive()
        crowd = Crowd(thieves, endpoint)
        racing = threading.Thread(target=crowd.race, args=(1000,))
        data = client.connect_data(endpoint) if when == "the client comes first" else None
        racing.start()
        if data is None:
            time.sleep(0.5)
            data = client.connect_data(endpoint)
        assert client.ask("RETR files/wanted").startswith("150 ")
        secured = client.secure_data(data, resume=True)
        got = b"".join(iter(lambda: secured.recv(65536), b""))
        assert client.reply().startswith("226 ")
        racing.join(60)
    assert got == content
    assert bytes(crowd.stolen) == b""
    assert crowd.resets == 1000


def test_s7_nothing_is_brought_in_either(house: House) -> None:
    thieves = [_thief(house) for _ in range(5)]
    with contextlib.ExitStack() as ends:
        for thief in thieves:
            ends.enter_context(thief)
        client = ends.enter_context(_thief(house))
        endpoint = client.passive()
        crowd = Crowd(thieves, endpoint)
        data = client.connect_data(endpoint)
        client.say("STOR files/mine")
        crowd.race(100)
        assert client.reply().startswith("150 ")
        secured = client.secure_data(data, resume=True)
        secured.sendall(b"mine")
        secured.unwrap()
        secured.close()
        assert client.reply().startswith("226 ")
    assert house.server.take("mine").read_bytes() == b"mine"


def test_s14_a_flood_of_pasv_leaves_memory_and_ports_flat(house: House) -> None:
    workers = house.balancer.worker_pids()
    with _thief(house) as client:
        _flood(client, 1000)
        before = [resident_bytes(pid) for pid in workers]
        descriptors = [_descriptors(pid) for pid in workers]
        _flood(client, 9000)
        after = [resident_bytes(pid) for pid in workers]
        assert sum(after) - sum(before) < 2 << 20
        assert [_descriptors(pid) for pid in workers] == pytest.approx(descriptors, abs=30)
        (service,) = [each for each in house.balancer.ask("/services") if each["name"] == "require"]
        assert service["passive_ports_in_use"] <= 1


def _flood(client: RawClient, times: int) -> None:
    for _ in range(times // 10):
        client.send(b"EPSV\r\n" * 10)
        for _ in range(10):
            assert client.reply().startswith("229 ")


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_the_example_of_the_page_binds_each_network_as_it_says(
    house: House, authority: Authority, lab_folder: Path
) -> None:
    folder = lab_folder / "binding-page"
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for network, here in (("10.1.0.0/16", "127.0.0.32/28"), ("10.0.0.0/8", "127.0.0.0/16")):
        block = block.replace(network, here)
    example: dict[str, Any] = YAML(typ="safe").load(block)["virtual_services"]["FTPS_VIP"]
    kept = {key: example[key] for key in ("data_session", "data_binding", "timeouts")}
    vip = fresh_address()
    wanted = service(vip, {"SVR": entry(house.server.address)}, **kept)
    with running(folder, settings(folder, authority, {"FTPS_VIP": wanted})):
        for source, is_bound in (("127.0.0.33", False), ("127.0.0.7", True)):
            with RawClient(vip, CONTROL_PORT, authority.ca, source=source) as client:
                client.auth()
                client.log_in(house.server.user, house.server.password)
                data = client.connect_data(client.passive())
                assert client.ask("LIST").startswith("150 ")
                secured = client.secure_data(data)
                if is_bound:
                    with pytest.raises(OSError, match=r"reset|EOF occurred"):
                        secured.recv(1)
                else:
                    assert drain(secured)[1]
                    assert client.reply().startswith("226 ")
