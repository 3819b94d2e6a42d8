"""Transfers that break: cut by the client, by the server or by a clock, and what each side hears of it."""

import contextlib
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import Refusal, TransferEnded

from . import scripted_server as real
from .raw_client import RawClient, end, read, reset, vanish
from .scripted_server import Dialogue, scripted_server
from .stage import FILE, USER, behind, pool, server_plan, service_plan, stage, verified

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


# Cut downloads.


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("how", [reset, vanish, socket.socket.close])
def test_a_client_that_leaves_a_download_gets_no_226_and_may_go_on(tmp_path: Path, secure: bool, how):
    with pool(tmp_path) as (running, root), RawClient() as client:
        with (root / "big").open("wb") as file:
            file.truncate(200_000_000)
        client.log_in(over_tls=secure)
        data = client.begin("RETR big")
        assert data.recv(1000)
        how(data)
        if how is vanish:
            data.recv(100_000)
            reset(data)
        assert client.reply().startswith("426 ")
        (transfer,) = running.facts_of(TransferEnded)
        assert (transfer.result, transfer.direction) == ("cut", "down")
        assert transfer.reason.startswith("data connection of the client: ")
        assert client.retrieve("RETR a.bin") == (FILE, End.ENDED, "226 Transfer complete.")


def stalled(dialogue: Dialogue) -> None:
    """Sends a few bytes and then nothing."""
    dialogue.log_in()
    data = dialogue.begin_data("RETR")
    data.sendall(b"some")
    with contextlib.suppress(ConnectionError):
        data.recv(1)
    dialogue.say("426 cut")
    dialogue.serve()


def test_a_transfer_that_stalls_is_cut_on_both_sides():
    with behind(stalled, stall_timeout_s=1) as running, RawClient() as client:
        client.log_in()
        reason = "not one byte moved for 1 s"
        assert client.retrieve("RETR a") == (b"some", End.CUT, f"426 Connection lost; transfer aborted: {reason}.")
        assert running.facts_of(TransferEnded)[0].reason == reason
        (stall,) = running.facts_of(Refusal)
        assert (stall.reason, stall.user, bool(stall.session)) == ("stall-timeout", USER, True)


def test_a_transfer_that_crawls_is_not_a_stall():
    def crawling(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        for _ in range(8):
            data.sendall(b"x")
            time.sleep(0.5)
        data.close()
        dialogue.say("226 done")

    with behind(crawling, stall_timeout_s=2, idle_timeout_s=1), RawClient() as client:
        client.log_in()
        assert client.retrieve("RETR a") == (b"x" * 8, End.ENDED, "226 done")


# Cut uploads.


def test_an_upload_cut_in_tls_reaches_the_server_as_a_reset_and_no_226_the_client(server_context: ssl.SSLContext):
    for version in (TLS_1_2, TLS_1_3):
        for how in (vanish, reset):
            for mode in ("off", "explicit"):
                check_cut_upload(version, how, mode, server_context)


def check_cut_upload(version: ssl.TLSVersion | None, how, mode: str, context: ssl.SSLContext) -> None:
    ends: list[End] = []

    def credulous(dialogue: Dialogue) -> None:
        if mode == "explicit":
            dialogue.secure(context)
        else:
            dialogue.log_in()
        data = dialogue.begin_data("STOR")
        if mode == "explicit":
            data = context.wrap_socket(data, server_side=True, suppress_ragged_eofs=False)
        ends.append(read(data)[1])
        dialogue.say("226 whatever it was, thank you")
        dialogue.serve()

    with scripted_server(credulous) as (address, _):
        server = server_plan(address, tls=verified("explicit")) if mode == "explicit" else server_plan(address)
        with stage(service_plan(server)) as running, RawClient(version=version or TLS_1_3) as client:
            client.log_in(over_tls=version is not None)
            data = client.begin("STOR a")
            data.sendall(FILE)
            how(data)
            assert client.reply().startswith("426 Connection lost; transfer aborted: data connection of the client: ")
            assert ends == [End.CUT]
            assert running.facts_of(TransferEnded)[0].result == "cut"
            assert client.ask("NOOP").startswith("200 ")


@pytest.mark.parametrize("mode", ["off", "explicit"])
def test_an_upload_reset_in_clear_text_reaches_the_server_as_a_reset(mode: str, server_context: ssl.SSLContext):
    check_cut_upload(None, reset, mode, server_context)


def test_a_cut_upload_leaves_pyftpdlib_without_a_complete_file(tmp_path: Path):
    with pool(tmp_path) as (_, root), RawClient() as client:
        client.log_in(over_tls=True)
        data = client.begin("STOR up.bin")
        data.sendall(FILE)
        vanish(data)
        assert client.reply().startswith("426 ")
        with client.begin("STOR up.bin") as data:
            data.sendall(FILE)
            end(data)
        assert client.reply().startswith("226 ")
        assert (root / "up.bin").read_bytes() == FILE


def test_an_upload_that_the_server_refuses_in_its_middle_ends_at_once():
    def full(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("STOR")
        data.recv(1000)
        dialogue.say("452 disk full")
        dialogue.serve()

    with behind(full) as running, RawClient() as client:
        client.log_in()
        data = client.begin("STOR a")
        with pytest.raises(ConnectionError):
            while True:
                data.sendall(FILE)
        assert client.reply() == "452 disk full"
        assert running.facts_of(TransferEnded)[0].result == "refused"
        assert client.ask("NOOP").startswith("200 ")


@pytest.mark.parametrize("secure", [False, True])
def test_a_client_that_dies_while_its_server_reads_nothing_is_noticed(secure: bool):
    gone = threading.Event()

    def absent(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("STOR")
        gone.wait(20)
        dialogue.say("426 cut" if read(data)[1] is End.CUT else "226 done")
        dialogue.serve()

    with behind(absent) as running, RawClient() as client:
        client.log_in(over_tls=secure)
        data = client.begin("STOR a")
        data.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while True:
                data.sendall(FILE)
        reset(data)
        running.wait(lambda: "cutting" in running.sessions()[0].state, 4)
        gone.set()
        assert client.reply() == "426 cut"
        assert running.facts_of(TransferEnded)[0].reason == "data connection of the client: connection reset"


# Servers that die.


@pytest.mark.parametrize("secure", [False, True])
def test_a_server_whose_data_connection_breaks_while_the_client_reads_nothing_is_noticed(secure: bool):
    def breaking(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        data.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while True:
                data.sendall(FILE)
        real.reset(data)
        dialogue.say("451 broken")
        dialogue.serve()

    with behind(breaking) as running, RawClient() as client:
        client.log_in(over_tls=secure)
        data = client.begin("RETR a")
        assert client.reply() == "451 broken"
        assert read(data)[1] is End.CUT
        assert running.facts_of(TransferEnded)[0].result == "cut"


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("pause_s", [0.0, 0.3])
@pytest.mark.parametrize("how", [real.die, real.reset])
def test_a_server_that_dies_in_a_download_never_leaves_a_file_that_looks_complete(secure: bool, pause_s: float, how):
    def mortal(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        data.sendall(FILE)
        time.sleep(0.2)
        how(data)
        time.sleep(pause_s)
        how(dialogue.sock)

    with behind(mortal) as running, RawClient() as client:
        client.log_in(over_tls=secure)
        with client.begin("RETR a") as data:
            assert read(data)[1] is End.CUT
        assert [client.reply()[:3], client.reply()[:3], client.reply()] == ["426", "421", ""]
        assert running.facts_of(TransferEnded)[0].result == "cut"
        running.wait(running.is_at_rest)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("how", [real.die, real.reset])
def test_a_server_that_dies_in_an_upload_resets_the_clients_leg(secure: bool, how):
    def mortal(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("STOR")
        data.recv(1000)
        how(data)
        how(dialogue.sock)

    with behind(mortal) as running, RawClient() as client:
        client.log_in(over_tls=secure)
        data = client.begin("STOR a")
        with pytest.raises((ConnectionError, ssl.SSLError)):
            while True:
                data.sendall(FILE)
        assert [client.reply()[:3], client.reply()[:3], client.reply()] == ["426", "421", ""]
        running.wait(running.is_at_rest)


def test_a_download_that_the_server_gives_up_after_closing_its_data_is_no_file():
    def regretful(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        data.sendall(b"half a file")
        data.close()
        time.sleep(0.2)
        dialogue.say("451 the disk broke")
        dialogue.serve()

    with behind(regretful), RawClient() as client:
        client.log_in()
        assert client.retrieve("RETR a") == (b"half a file", End.CUT, "451 the disk broke")


def test_a_226_that_comes_before_the_data_waits_for_the_last_byte():
    def hasty(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        dialogue.say("226 done")
        threading.Event().wait(0.3)
        data.sendall(FILE)
        data.close()
        dialogue.serve()

    with behind(hasty), RawClient() as client:
        client.log_in()
        data = client.begin("RETR a")
        client.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.reply()
        assert read(data) == (FILE, End.ENDED)
        client.sock.settimeout(10)
        assert client.reply() == "226 done"
