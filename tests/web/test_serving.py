"""HTTPS that comes, changes its certificate, moves and goes while the process runs."""

import asyncio
import datetime
import socket
import ssl

from fastapi import FastAPI

from ftpair.certs.self_signed import make
from ftpair.core.plan import Certificate, WebPlan
from ftpair.web.serving import Https


def certificate(name):
    chain, key = make((name,), ("127.0.0.1",), datetime.datetime.now(datetime.UTC))
    return Certificate(name, chain, key, 0.0)


def listener():
    return socket.create_server(("127.0.0.1", 0))


async def shown(port):
    """The certificate, PEM, that a browser is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return ssl.DER_cert_to_PEM_cert(der).encode()


def play(scenario):
    async def whole():
        https, ended = Https(), asyncio.Event()
        https.site = FastAPI()
        running = asyncio.create_task(https.run(ended))
        try:
            await scenario(https)
        finally:
            ended.set()
            async with asyncio.timeout(10):
                await running

    asyncio.run(whole())


def use(https, sock, papers):
    port = sock.getsockname()[1]
    https.use(WebPlan("127.0.0.1", port, papers), (sock.detach(),))
    return port


def test_another_certificate_is_shown_by_the_next_handshake():
    async def scenario(https):
        first, second = certificate("first"), certificate("second")
        sock = listener()
        again = sock.dup()
        port = use(https, sock, first)
        assert await shown(port) == first.chain_pem
        use(https, again, second)
        await asyncio.sleep(0.1)
        assert await shown(port) == second.chain_pem

    play(scenario)


def test_it_moves_to_another_port_and_goes():
    async def scenario(https):
        papers = certificate("one")
        port = use(https, listener(), papers)
        await shown(port)
        other = use(https, listener(), papers)
        await shown(other)
        https.use(None, ())
        await asyncio.sleep(0.5)
        for gone in (port, other):
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", gone)) != 0

    play(scenario)
