"""A close never destroys what the peer has not read yet, and a TLS end is never left out for a slow peer."""

import asyncio
import ssl

import pytest
import uvloop

from ftpair.dataplane import farewell, tls
from ftpair.dataplane.watch import Watch

from .certificates import client_tls
from .test_relay import pair, peer_context


def goodbye_to_a_slow_reader(version: ssl.TLSVersion) -> tuple[int, int]:
    """Fill the socket, say goodbye, let the peer sleep longer than LINGER_S; return bytes sent and read to the end."""

    async def main() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        watch = Watch(loop)
        ours, peer = pair()
        wrapped = tls.wrap_as_server(tls.server_context(client_tls()), ours)
        secured = loop.run_in_executor(
            None,
            lambda: peer_context(version).wrap_socket(peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False),
        )
        done = loop.create_future()
        tls.Handshaking(watch, wrapped, lambda: done.set_result(None), done.set_result).step()
        assert await done is None
        reader = await secured
        sent = 0
        record = b"x" * 16000
        while True:
            try:
                sent += wrapped.send(record)
            except ssl.SSLWantWriteError:
                break

        def read_slowly() -> int:
            count = 0
            while data := reader.recv(65536):  # Raises where the close_notify is missing.
                count += len(data)
            return count

        # OpenSSL has taken the record, but not sent it whole.
        farewell.say_goodbye(watch, wrapped, bytearray(record), patience_s=farewell.LAST_BYTES_S)
        await asyncio.sleep(farewell.LINGER_S + 0.5)
        return sent + len(record), await loop.run_in_executor(None, read_slowly)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_slow_reader_gets_every_byte_and_the_close_notify(version: ssl.TLSVersion):
    sent, read = goodbye_to_a_slow_reader(version)
    assert read == sent
