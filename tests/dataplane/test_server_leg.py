"""The control connection to a real server: what it must prove, how long it may take, and the next one if it fails."""

import ssl
import time
from pathlib import Path

import pytest

from ftpair.core.facts import ServerFailed, TransferEnded
from ftpair.core.plan import ServerTls, ServerTlsMode

from .certificates import self_signed
from .raw_client import RawClient
from .scripted_server import Dialogue, friendly, scripted_server
from .stage import USER, clocked, explicit_client, real_server, server_plan, service_plan, stage, verified

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


# Clocks.


def test_a_server_that_accepts_and_never_greets_is_left_for_the_next():
    with scripted_server(lambda dialogue: dialogue.hear()) as (mute, _), scripted_server(friendly) as (address, _):
        plan = clocked(server_plan(mute, 1), server_plan(address, 2, weight=1), connect_timeout_s=1)
        with stage(plan) as running, RawClient() as client:
            client.log_in()
            (failed,) = running.facts_of(ServerFailed)
            assert (failed.server, failed.reason) == ("SVR1", "no answer within 1 s")
            assert running.sessions()[0].server == "SVR2"
            assert (running.counts.sessions(1), running.counts.sessions(2)) == (0, 1)


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
def test_a_server_that_never_answers_the_handshake_is_left_for_the_next(mode: ServerTlsMode):
    def mute(dialogue: Dialogue) -> None:
        if mode == "explicit":
            dialogue.say("220 scripted")
            dialogue.until("AUTH")
            dialogue.say("234 go")
        dialogue.sock.recv(1000)
        time.sleep(5)

    with scripted_server(mute) as (first, _), scripted_server(friendly) as (address, _):
        plan = clocked(
            server_plan(first, 1, tls=verified(mode)), server_plan(address, 2, weight=1), connect_timeout_s=1
        )
        with stage(plan) as running, RawClient() as client:
            client.log_in()
            assert running.facts_of(ServerFailed)[0].reason == "no answer within 1 s"
            assert running.sessions()[0].server == "SVR2"


# TLS towards servers.


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
@pytest.mark.parametrize(
    ("certificate", "trusted", "reason"),
    [
        ({}, {"host": "127.0.0.3"}, "certificate refused: self-signed certificate"),
        ({"host": "127.0.0.2"}, {"host": "127.0.0.2"}, "certificate refused: IP address mismatch"),
        ({"days": -1}, {"days": -1}, "certificate refused: certificate has expired"),
    ],
)
def test_a_server_whose_certificate_is_no_good_gets_no_credentials_and_the_next_one_is_tried(
    tmp_path: Path, mode: ServerTlsMode, certificate: dict, trusted: dict, reason: str
):
    shown = self_signed(**certificate)
    pem = tmp_path / "shown.pem"
    pem.write_bytes(shown.chain_pem + shown.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def impostor(dialogue: Dialogue) -> None:
        if mode == "explicit":
            dialogue.secure(context)
        else:
            dialogue.sock = context.wrap_socket(dialogue.sock, server_side=True)
            dialogue.log_in()

    with scripted_server(impostor) as (bad, dialogues), scripted_server(friendly) as (good, _):
        tls = ServerTls(mode=mode, ca_pem=self_signed(**trusted).chain_pem)
        with stage(service_plan(server_plan(bad, 1, tls=tls), server_plan(good, 2, weight=1))) as running:
            with RawClient() as client:
                client.log_in()
                assert running.sessions()[0].server == "SVR2"
            assert running.facts_of(ServerFailed)[0].reason.startswith(f"TLS handshake: {reason}")
            assert [line for dialogue in dialogues for line in dialogue.heard if line != "AUTH TLS"] == []


def test_verification_may_be_switched_off(tmp_path: Path):
    with real_server(tmp_path / "..", "explicit", certificate=self_signed("127.0.0.99", -1)) as address:
        tls = ServerTls(mode="explicit", verify=False)
        with stage(service_plan(server_plan(address, tls=tls))), RawClient() as client:
            client.log_in(over_tls=True)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("mode", ["explicit", "implicit"])
def test_every_data_connection_resumes_the_session_with_the_server(
    tmp_path: Path, mode: ServerTlsMode, version: ssl.TLSVersion
):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"x" * 100_000)
    with real_server(root, mode, version=version) as address:
        with stage(service_plan(server_plan(address, tls=verified(mode)))) as running:
            client = explicit_client()
            for _ in range(5):
                got = bytearray()
                client.retrbinary("RETR a", got.extend)
                assert len(got) == 100_000
                with (root / "a").open("rb") as file:
                    client.storbinary("STOR b", file)
            client.quit()
            legs = [transfer.server_tls for transfer in running.facts_of(TransferEnded, 10)]
            assert {leg.version for leg in legs} == {version.name.replace("v1_", "v1.")}
            assert [leg.resumed for leg in legs] == [True] * 10


# Odd servers.


def test_what_a_server_says_after_it_was_left_is_not_heard():
    def talkative(dialogue: Dialogue) -> None:
        dialogue.say("421 too busy", "220 welcome", "230 in")
        dialogue.hear()

    with scripted_server(talkative) as (bad, _), scripted_server(friendly) as (good, _):
        with stage(service_plan(server_plan(bad, 1), server_plan(good, 2, weight=1))) as running, RawClient() as client:
            client.log_in()
            assert running.sessions()[0].server == "SVR2"
            assert client.ask("NOOP") == "200 yes"
            assert {type(fact).__name__ for fact in running.facts} == {"ServerFailed", "LoginAnswered"}


def test_a_server_that_speaks_something_else_is_left_for_the_next():
    def web(dialogue: Dialogue) -> None:
        dialogue.say("HTTP/1.1 400 Bad Request", "")
        dialogue.hear()

    with scripted_server(web) as (bad, _), scripted_server(friendly) as (good, _):
        with stage(service_plan(server_plan(bad, 1), server_plan(good, 2, weight=1))) as running, RawClient() as client:
            client.log_in()
            assert running.facts_of(ServerFailed)[0].reason == "sent something that is not a reply"


def test_when_all_servers_fail_the_client_is_told_and_nothing_stays():
    with stage(service_plan(*(server_plan(("127.0.0.1", 9), slot) for slot in (1, 2, 3)))) as running:
        with RawClient() as client:
            assert client.reply().startswith("220 ")
            assert client.ask(f"USER {USER}") == "421 Service not available: no server could be reached."
        assert [fact.reason for fact in running.facts_of(ServerFailed, 3)] == ["connect refused"] * 3
        running.wait(running.is_at_rest)


def test_a_reply_in_pieces_and_a_reply_of_many_lines_arrive_as_they_are():
    def slow(dialogue: Dialogue) -> None:
        dialogue.log_in()
        dialogue.until("STAT")
        for piece in (b"211-Sta", b"tus\r\n 211 not the end\r", b"\n2110 nor this\r\n", b"211 ", b"end\r\n"):
            dialogue.sock.sendall(piece)
            time.sleep(0.05)
        dialogue.serve()

    with scripted_server(slow) as (address, _), stage(service_plan(server_plan(address))), RawClient() as client:
        client.log_in()
        client.say("STAT")
        got = b""
        while not got.endswith(b"211 end\r\n"):
            got += client.sock.recv(4096)
        assert got == b"211-Status\r\n 211 not the end\r\n2110 nor this\r\n211 end\r\n"


def test_a_server_that_ends_tells_the_client_why_it_ends():
    def dying(dialogue: Dialogue) -> None:
        dialogue.log_in()
        dialogue.until("PWD")

    with scripted_server(dying) as (address, _), stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            client.log_in()
            assert client.ask("PWD") == "421 The connection to the server is lost."
            assert client.reply() == ""
        running.wait(running.is_at_rest)
