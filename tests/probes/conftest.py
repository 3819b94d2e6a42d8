"""Real FTP servers for the probes: pyftpdlib in threads, scripted ones in the test's own loop, and certificates."""

import asyncio
import datetime
import ipaddress
import ssl
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import HealthPlan, ServerPlan, ServerTls

DAY = datetime.timedelta(days=1)


class Authority:
    """A CA that signs what the tests ask for."""

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.pem = self._sign(self._name, self._key.public_key(), [(constraints, True)], DAY)

    def issue(self, *names, lasts=DAY):
        """Return the path of a PEM file with a certificate for these names and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([self._general(name) for name in names])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        pem = self._sign(subject, key.public_key(), [(alternatives, False)], lasts)
        path = self._folder / f"{names[0]}-{lasts.days}.pem"
        path.write_bytes(
            pem
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return path

    def _sign(self, subject, public_key, extensions, lasts):
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3 * DAY)
            .not_valid_after(now + lasts)
        )
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, critical=is_critical)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    @staticmethod
    def _general(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


def serving(certificate):
    """Return the TLS context of a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def ftp_server(tmp_path):
    """Start pyftpdlib, over TLS when given a certificate; returns the port. The user is probe, the password s3cret."""
    stop, threads = threading.Event(), []

    def start(certificate=None):
        authorizer = DummyAuthorizer()
        authorizer.add_user("probe", "s3cret", str(tmp_path))
        parent = TLS_FTPHandler if certificate else FTPHandler
        handler = type(
            "Handler", (parent,), {"authorizer": authorizer, "auth_failed_timeout": 0, "use_sendfile": False}
        )
        if certificate:
            handler.certfile, handler.keyfile = str(certificate), None
            handler.tls_control_required = True
        server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())

        def serve():
            while not stop.is_set():
                server.serve_forever(timeout=0.02, blocking=False)
            server.close_all()

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return server.address[1]

    yield start
    stop.set()
    for thread in threads:
        thread.join()


@dataclass
class Scripted:
    """A server that answers from a table and keeps what it received."""

    answers: dict
    greeting: bytes = b"220 ready\r\n"
    certificate: object = None
    received: bytes = b""
    arrivals: list = field(default_factory=list)
    port: int = 0

    async def __call__(self, reader, writer):
        self.arrivals.append(time.monotonic())
        try:
            writer.write(self.greeting)
            while line := await reader.readline():
                self.received += line
                verb = line.split()[0].decode()
                writer.write(self.answers.get(verb, b"500 what?\r\n"))
                await writer.drain()
                if verb == "QUIT":
                    break
                if verb == "AUTH" and self.certificate:
                    await writer.start_tls(serving(self.certificate))
        except OSError:
            pass
        finally:
            writer.close()


ANSWERS = {
    "USER": b"331 password please\r\n",
    "PASS": b"230 welcome\r\n",
    "AUTH": b"234 go on\r\n",
    "FEAT": b"211-Features:\r\n UTF8\r\n MLST type*;size*;\r\n211 End\r\n",
    "QUIT": b"221 bye\r\n",
}


@asynccontextmanager
async def listening(handler, **options):
    """Serve with this handler; yields the port."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0, **options)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def scripted():
    """Make a scripted server; `async with scripted(...) as server`."""

    @asynccontextmanager
    async def start(certificate=None, implicit=None, greeting=b"220 ready\r\n", **answers):
        server = Scripted({**ANSWERS, **answers}, greeting, certificate)
        options = {"ssl": serving(implicit)} if implicit else {}
        async with listening(server, **options) as server.port:
            yield server

    return start


@pytest.fixture
def rude():
    """Serve with any handler; `async with rude(handler) as port`."""
    return listening


@pytest.fixture
def at():
    """Make the plan of a server at a port of 127.0.0.1."""

    def plan(port, slot=1, **tls):
        return ServerPlan(
            slot=slot,
            service="ftp",
            name=f"FTP_SVR{slot}",
            address=Endpoint("127.0.0.1", port),
            tls=ServerTls(**tls),
        )

    return plan


@pytest.fixture
def level():
    """Make the plan of a health check."""

    def plan(check, timeout_s=3.0, **more):
        return HealthPlan(**{"check": check, "timeout_s": timeout_s, "user": "probe", "password": "s3cret", **more})

    return plan
