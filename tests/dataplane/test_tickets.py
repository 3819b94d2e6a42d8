"""TLS 1.3 tickets never lie unread on an upload, and data connections resume the control session all the same."""

import select
import ssl
from pathlib import Path

import pytest

from ftpair.core.binding import DataSession
from ftpair.core.facts import TransferEnded

from .raw_client import RawClient, end
from .stage import FILE, clear_client, explicit_client, real_server, server_plan, service_plan, stage
from .test_binding import bound

UPLOAD = b"x" * 200_000


def is_silent(sock: ssl.SSLSocket) -> bool:
    """Whether nothing comes for half a second."""
    coming = select.poll()
    coming.register(sock, select.POLLIN)
    return not coming.poll(500)


def test_an_upload_by_a_client_that_never_reads_its_data_connection_arrives_whole(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        client = explicit_client(ssl.TLSVersion.TLSv1_3)
        client.voidcmd("TYPE I")
        data = client.transfercmd("STOR a.bin")
        data.sendall(UPLOAD)
        assert is_silent(data), "bytes wait that an uploading client never reads"
        data.unwrap()
        data.close()
        assert client.voidresp().startswith("226")
        (transfer,) = running.facts_of(TransferEnded)
        assert (transfer.result, transfer.bytes) == ("complete", len(UPLOAD))
        client.quit()
        assert (tmp_path / "a.bin").read_bytes() == UPLOAD
        clear_client().quit()


def test_three_data_connections_resume_one_control_session(tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(UPLOAD)
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        client = explicit_client(ssl.TLSVersion.TLSv1_3)
        client.voidcmd("TYPE I")
        for _ in range(3):
            data = super(type(client), client).ntransfercmd("RETR a.bin")[0]
            data = client.context.wrap_socket(data, session=client.sock.session)
            while data.recv(65536):
                pass
            data.unwrap()
            client.voidresp()
        client.quit()
        assert [transfer.client_tls.resumed for transfer in running.facts_of(TransferEnded, 3)] == [True] * 3


@pytest.mark.parametrize("session", ["off", "prefer", "require"])
def test_an_upload_of_a_client_that_shakes_hands_before_its_command_finds_nothing_to_read(
    tmp_path: Path, session: DataSession
):
    """curl closes without waiting: over a slow line a ticket came after that, and its reset cut the last bytes off."""
    with bound(tmp_path, session) as running, RawClient() as client:
        client.log_in(over_tls=True)
        data = client.secured(client.connect(client.passive()))
        assert is_silent(data), "nobody knows yet that this will be an upload"
        assert client.ask("STOR b.bin").startswith("1")
        data.sendall(FILE)
        assert is_silent(data)
        end(data)
        assert client.reply().startswith("226 ")
        assert running.facts_of(TransferEnded)[0].result == "complete"


@pytest.mark.parametrize(("session", "is_given"), [("off", False), ("prefer", True), ("require", True)])
def test_a_download_brings_a_ticket_for_the_next_where_clients_must_resume(
    tmp_path: Path, session: DataSession, is_given: bool
):
    with bound(tmp_path, session), RawClient() as client:
        client.log_in(over_tls=True)
        data = client.secured(client.connect(client.passive()))
        offered = data.session
        assert client.ask("RETR a.bin").startswith("1")
        assert data.recv(1) == FILE[:1]
        assert (offered is not None, data.session != offered) == (True, is_given)
        while data.recv(65536):
            pass
        assert client.reply().startswith("226 ")
