"""TLS 1.3 tickets go to the control connection only, and data connections resume it all the same."""

import select
import ssl
from pathlib import Path

from ftpair.core.facts import TransferEnded

from .stage import clear_client, explicit_client, real_server, server_plan, service_plan, stage

UPLOAD = b"x" * 200_000


def test_an_upload_by_a_client_that_never_reads_its_data_connection_arrives_whole(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        client = explicit_client(ssl.TLSVersion.TLSv1_3)
        client.voidcmd("TYPE I")
        data = client.transfercmd("STOR a.bin")
        data.sendall(UPLOAD)
        assert select.select([data], [], [], 0.5)[0] == [], "bytes wait that an uploading client never reads"
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
