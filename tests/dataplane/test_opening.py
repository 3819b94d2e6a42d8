"""What servers see in front of a connection, and from where it comes."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from ftpair.core.ending import End
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import ServerFailed, Tls
from ftpair.core.plan import ServerPlan
from ftpair.dataplane.ends import Ends
from ftpair.dataplane.opening import PLAIN, Guise, Opening
from ftpair.ftp.proxy_header import Header, HeaderReader, Secured, line

from .raw_client import FRONT, Fronted, RawClient, read
from .scripted_server import TIMEOUT_S, Dialogue, Script, scripted_server
from .stage import EXPLICIT, VIP, server_plan, service_plan, stage, verified

CLIENT, LOCAL = Endpoint("192.0.2.7", 50007), Endpoint("198.51.100.1", 21)
SERVER = server_plan(("127.0.0.1", 21))


def taken(sock: socket.socket) -> Header:
    """Read the header at the front of a connection, and no byte behind it."""
    sock.settimeout(TIMEOUT_S)
    reader = HeaderReader()
    while reader.header is None:
        reader.feed(sock.recv(1))
    return reader.header


class Heard:
    """The headers that a scripted server has got."""

    def __init__(self) -> None:
        self.control: list[Header] = []
        self.data: list[Header] = []

    def serve(self, dialogue: Dialogue) -> None:
        """Take both headers, log anybody in, send one file."""
        self.control.append(taken(dialogue.sock))
        dialogue.log_in()
        self.send(dialogue)

    def send(self, dialogue: Dialogue) -> None:
        data = dialogue.begin_data("RETR")
        self.data.append(taken(data))
        data.sendall(b"content")
        data.close()
        dialogue.say("226 done")
        dialogue.serve()


@contextlib.contextmanager
def server(script: Script, **changes: Any) -> Iterator[ServerPlan]:
    with scripted_server(script) as (address, _dialogues):
        yield server_plan(address, **changes)


def test_a_header_stands_in_front_of_control_and_data():
    heard = Heard()
    with server(heard.serve, control_header="v2", data_header="v1") as plan, stage(service_plan(plan)) as running:
        with RawClient() as client:
            client.log_in()
            (row,) = running.sessions()
            data = client.begin("RETR a")
            ports = data.getsockname()[1], data.getpeername()[1]
            assert read(data) == (b"content", End.ENDED)
            assert client.reply() == "226 done"
            own = client.sock.getsockname()[1]
    host = "127.0.0.1"
    assert heard.control == [Header(Endpoint(host, own), Endpoint(VIP, EXPLICIT), row.id.encode())]
    assert heard.data == [Header(Endpoint(host, ports[0]), Endpoint(VIP, ports[1]))]


def test_each_can_be_switched_off():
    heard = Heard()

    def without_control(dialogue: Dialogue) -> None:
        dialogue.log_in()
        heard.send(dialogue)

    with server(without_control, data_header="v2") as plan, stage(service_plan(plan)), RawClient() as client:
        client.log_in()
        assert client.retrieve("RETR a")[:2] == (b"content", End.ENDED)
    assert [header.local.host for header in heard.data if header.local] == [VIP]


def test_the_header_tells_of_tls():
    heard = Heard()
    with server(heard.serve, control_header="v2", data_header="v2") as plan, stage(service_plan(plan)) as running:
        with RawClient() as client:
            client.log_in(over_tls=True)
            tls = running.call(lambda: next(iter(running.worker._drivers.values())).session.tls)
            assert client.retrieve("RETR a")[:2] == (b"content", End.ENDED)
    assert heard.control[0].tls == Secured("TLSv1.3", tls.cipher)
    assert heard.control[0].unique_id == heard.data[0].unique_id != b""
    assert heard.data[0].tls is None


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
def test_the_header_stands_in_front_of_tls(server_context: ssl.SSLContext, mode: Any):
    heard = Heard()

    def explicit(dialogue: Dialogue) -> None:
        heard.control.append(taken(dialogue.sock))
        dialogue.secure(server_context)
        serve(dialogue)

    def implicit(dialogue: Dialogue) -> None:
        heard.control.append(taken(dialogue.sock))
        dialogue.sock = server_context.wrap_socket(dialogue.sock, server_side=True)
        dialogue.log_in()
        serve(dialogue)

    def serve(dialogue: Dialogue) -> None:
        data = dialogue.begin_data("RETR")
        heard.data.append(taken(data))
        with server_context.wrap_socket(data, server_side=True) as secured:
            secured.sendall(b"content")
            secured.unwrap()
        dialogue.say("226 done")
        dialogue.serve()

    script = {"explicit": explicit, "implicit": implicit}[mode]
    headers = {"control_header": "v2", "data_header": "v2"}
    with server(script, tls=verified(mode), **headers) as plan, stage(service_plan(plan)), RawClient() as client:
        client.log_in()
        assert client.retrieve("RETR a")[:2] == (b"content", End.ENDED)
    assert [len(heard.control), len(heard.data)] == [1, 1]


def test_a_guise_tells_what_the_control_connection_agreed_on():
    tls = Tls("TLSv1.3", "TLS_AES_128_GCM_SHA256", resumed=False, sni="ftp.example.org", subject="ann")
    guise = Guise("0-1-abc", Ends(CLIENT, LOCAL), "balancer", lambda: tls)
    reader = HeaderReader()
    opening = guise.control(ServerPlan(1, "VIP", "A", SERVER.address, control_header="v2"))
    reader.feed(opening.header)
    secured = Secured("TLSv1.3", "TLS_AES_128_GCM_SHA256", "ann")
    assert reader.header == Header(CLIENT, LOCAL, b"0-1-abc", "ftp.example.org", tls=secured)
    assert opening.source == ""


def test_nothing_is_said_to_servers_that_want_nothing():
    guise = Guise("0-1-abc", Ends(CLIENT, LOCAL), "balancer", lambda: None)
    assert guise.control(SERVER) is PLAIN
    assert Guise("0-1-abc", Ends(CLIENT, LOCAL), "client", lambda: None).control(SERVER) == Opening(source="192.0.2.7")


def test_a_data_connection_whose_client_has_gone_already_is_the_session_s():
    guise = Guise("0-1-abc", Ends(CLIENT, LOCAL), "balancer", lambda: None)
    with socket.socket() as never_connected:
        opening = guise.data(ServerPlan(1, "VIP", "A", SERVER.address, data_header="v1"), never_connected)
    assert opening.header == b"PROXY TCP4 192.0.2.7 198.51.100.1 50007 21\r\n"


def test_a_client_of_another_family_cannot_be_the_source():
    with server(Heard().serve) as plan:
        with stage(service_plan(plan, source="client", address="::1", retries=0)) as running:
            with RawClient(host="::1") as client:
                client.reply()
                assert client.ask("USER ann").startswith("421 ")
            (failed,) = running.facts_of(ServerFailed)
    assert failed.reason == "the client's address ::1 cannot reach 127.0.0.1, which is of another family"


def test_the_client_s_own_address_reaches_the_server():
    """On loopback no routing is needed, so this shows binding alone; tests/interop has the routers."""
    peers: list[str] = []

    def serve(dialogue: Dialogue) -> None:
        peers.append(dialogue.sock.getpeername()[0])
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        peers.append(data.getpeername()[0])
        data.sendall(b"content")
        data.close()
        dialogue.say("226 done")
        dialogue.serve()

    header = line(Header(Endpoint("127.0.0.7", 50007), LOCAL))
    settings = {"source": "client", "accept_from": (FRONT,)}
    with server(serve) as plan, stage(service_plan(plan, **settings)), Fronted(header) as client:
        client.log_in()
        assert client.retrieve("RETR a")[:2] == (b"content", End.ENDED)
    assert peers == ["127.0.0.7", "127.0.0.7"]


@pytest.mark.parametrize(("source", "server_host"), [("192.0.2.7", "127.0.0.1"), ("2001:db8::7", "::1")])
def test_a_socket_is_bound_to_an_address_that_is_not_ours(source: str, server_host: str):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        Opening(source=source).bind(sock, server_host)
        assert sock.getsockname()[:2] == (source, 0)
