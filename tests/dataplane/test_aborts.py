"""Downloads that are aborted at random moments, TLS on both legs: what comes behind them is whole.

The real server is pyftpdlib, which answers ABOR in six ways, by the moment. One of them spoils the next download, at
the server itself: `test_pyftpdlib_goes_on_with_a_download_that_was_aborted_too_early`.
"""

import contextlib
import random
import socket
import ssl
from pathlib import Path

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import ProtocolError, TransferEnded

from .raw_client import RawClient, reset
from .stage import clocked, real_server, server_plan, stage, verified

ROUNDS = 100
BIG, SMALL = b"big" * 1_000_000, b"small" * 20_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "big").write_bytes(BIG)
    (folder / "small").write_bytes(SMALL)
    return folder


def abort(client: RawClient, chance: random.Random) -> None:
    """Begin a download and abort it: before TLS, in its middle or behind its end, the data connection open or reset."""
    data: socket.socket = client.connect(client.passive())
    reply = client.ask(f"RETR {chance.choice(('big', 'small'))}")
    assert reply.startswith("1")
    with contextlib.suppress(OSError):
        if reply.startswith("150 "):  # The server has not got its data connection yet: see the last test.
            data = client.secured(data)
            data.recv(1)
        elif chance.random() < 0.8:
            data = client.secured(data)
            data.settimeout(chance.random() * 0.004 + 0.0001)
            wanted = chance.choice((0, chance.randrange(len(SMALL)), chance.randrange(len(BIG))))
            while wanted > 0 and (got := data.recv(1 << 16)):
                wanted -= len(got)
    if chance.random() < 0.3:
        reset(data)
    client.say("ABOR")
    assert client.reply()[:3] in ("226", "426")
    assert client.reply()[:3] in ("225", "226")
    data.close()


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_download_behind_an_aborted_one_is_whole_whenever_that_was_aborted(root: Path, version: ssl.TLSVersion):
    chance = random.Random(ROUNDS)
    with real_server(root, "explicit", version=version) as address:
        plan = clocked(server_plan(address, tls=verified("explicit")))
        with stage(plan) as running, RawClient() as client:
            client.log_in(over_tls=True)
            for _ in range(ROUNDS):
                abort(client, chance)
                assert client.retrieve("RETR small") == (SMALL, End.ENDED, "226 Transfer complete.")
            ended = running.facts_of(TransferEnded, 2 * ROUNDS)
            assert {fact.result for fact in ended[::2]} <= {"aborted", "cut", "complete", "refused"}
            assert {fact.result for fact in ended[1::2]} == {"complete"}
            assert not [fact for fact in running.facts if isinstance(fact, ProtocolError)]


def test_pyftpdlib_goes_on_with_a_download_that_was_aborted_too_early(root: Path):
    """A download that is aborted before its data connection comes begins the next data connection, whoever asks."""
    with real_server(root) as (host, port), RawClient(host=host, port=port) as client:
        client.log_in()
        client.passive()
        assert client.ask("RETR big").startswith("150 ")
        assert client.ask("ABOR") == "225 ABOR command successful; data channel closed."
        with client.connect(client.passive()) as data:  # Nobody has asked for anything.
            assert BIG.startswith(data.recv(1000))
