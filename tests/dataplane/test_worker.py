"""A worker moves real files between real clients and real servers."""

import ftplib
import io
import ssl
from pathlib import Path

import pytest

from ftpair.core.facts import SessionEnded, TransferEnded
from ftpair.dataplane import counts as columns

from .stage import clear_client, explicit_client, real_server, server_plan, service_plan, stage, verified

FILE = bytes(range(256)) * 5000


def exchange(client: ftplib.FTP) -> None:
    """Three transfers in one session, up and down."""
    client.storbinary("STOR a.bin", io.BytesIO(FILE))
    got = bytearray()
    client.retrbinary("RETR a.bin", got.extend)
    assert bytes(got) == FILE
    assert client.nlst() == ["a.bin"]
    client.quit()


def test_a_clear_session_moves_files(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        exchange(clear_client())
        transfers = running.facts_of(TransferEnded, 3)
        assert [(t.verb, t.result, t.bytes) for t in transfers] == [
            ("STOR", "complete", len(FILE)),
            ("RETR", "complete", len(FILE)),
            ("NLST", "complete", 7),
        ]
        (session,) = running.facts_of(SessionEnded)
        assert (session.user, session.server, session.ended) == ("ann", "SVR1", "QUIT")
        assert (session.bytes_up, session.bytes_down) == (len(FILE), len(FILE) + 7)
        assert running.counts.sessions(1) == running.counts.transfers(1) == 0
        assert running.counts.total(1, columns.BYTES_UP) == len(FILE)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("server_tls", [False, True])
def test_an_explicit_tls_session_moves_files(tmp_path: Path, server_tls: bool, version: ssl.TLSVersion):
    root = tmp_path / "root"
    root.mkdir()
    with real_server(root, "explicit" if server_tls else "off", version=version) as address:
        server = server_plan(address, tls=verified()) if server_tls else server_plan(address)
        with stage(service_plan(server)) as running:
            exchange(explicit_client(version))
            transfers = running.facts_of(TransferEnded, 3)
            assert all(t.client_tls is not None and t.result == "complete" for t in transfers)
            if server_tls:
                assert [t.server_tls.resumed for t in transfers] == [True] * 3
