"""What a probe does with files, word by word, and what it says of servers that do not do it well."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest

from ftpair.probes import files, leftovers
from ftpair.probes.probe import probe
from tests.probes.conftest import ANSWERS, serving

NAME = re.compile(r"ftpair-probe-\S+\.tmp")


class Server:
    """Speaks FTP with data connections; `said` answers a verb in place of what a good server does."""

    def __init__(self, certificate=None, **said):
        self.said = {verb: answer for verb, answer in said.items() if isinstance(answer, bytes)}
        self.listing = said.get("listing", b"total 0\r\n")
        self.spoil = said.get("spoil", lambda content: content)
        self.ends_tls = said.get("ends_tls", True)
        self.tls = serving(certificate) if certificate else None
        self.received, self.stored, self.closing = [], {}, False

    async def control(self, reader, writer):
        self.arrived = None
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            verb, _, argument = line.decode().strip().partition(" ")
            self.received.append(NAME.sub("FILE", line.decode().strip()))
            if verb in self.said:
                writer.write(self.said[verb])
            elif verb in {"LIST", "STOR", "RETR"}:
                writer.write(b"150 here it comes\r\n")
                await getattr(self, verb.lower())(argument)
                writer.write(b"226 done\r\n")
            else:
                await self.answer(verb, argument, writer)
            if verb == "QUIT":
                break
        writer.close()

    async def answer(self, verb, argument, writer):
        if verb == "EPSV":
            self.arrived = asyncio.get_running_loop().create_future()
            listener = await asyncio.start_server(lambda *streams: self.arrived.set_result(streams), "127.0.0.1", 0)
            writer.write(b"229 go (|||%d|)\r\n" % listener.sockets[0].getsockname()[1])
        elif verb == "PASV":
            self.arrived = asyncio.get_running_loop().create_future()
            listener = await asyncio.start_server(lambda *streams: self.arrived.set_result(streams), "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            writer.write(b"227 go (10,9,9,9,%d,%d)\r\n" % divmod(port, 256))
        elif verb == "DELE":
            writer.write(b"250 gone\r\n" if self.stored.pop(argument, None) is not None else b"550 no such file\r\n")
        else:
            writer.write(ANSWERS.get(verb, b"200 fine\r\n"))
            await writer.drain()
            if verb == "AUTH":
                await writer.start_tls(self.tls)

    async def list(self, _argument):
        await self.send(self.listing)

    async def stor(self, name):
        reader, writer = await self.data()
        self.stored[name] = await reader.read()
        writer.close()

    async def retr(self, name):
        await self.send(self.spoil(self.stored[name]))

    async def send(self, content):
        _reader, writer = await self.data()
        writer.write(content)
        await writer.drain()
        if self.tls and not self.ends_tls:
            writer.transport.get_extra_info("socket").shutdown(1)
        writer.close()

    async def data(self):
        reader, writer = await self.arrived
        if self.tls:
            await writer.start_tls(self.tls)
        return reader, writer


@asynccontextmanager
async def serving_files(**options):
    server = Server(**options)
    listener = await asyncio.start_server(server.control, "127.0.0.1", 0)
    async with listener:
        server.port = listener.sockets[0].getsockname()[1]
        yield server


def visited(at, health, tls=(), **options):
    """Return the outcome of a probe of such a server, and the server."""

    async def scenario():
        async with serving_files(**options) as server:
            return await probe(at(server.port, **dict(tls)), health), server

    return asyncio.run(scenario())


LOGIN = ["USER probe", "PASS s3cret"]
PROTECTED = ["PBSZ 0", "PROT P"]
LISTED = ["EPSV", "LIST"]
SENT = ["TYPE I", "EPSV", "STOR FILE", "EPSV", "RETR FILE", "DELE FILE"]
REST = ["FEAT", "QUIT"]


@pytest.mark.parametrize(
    ("check", "mode", "received"),
    [
        ("list", "off", [*LOGIN, *LISTED, *REST]),
        ("list", "explicit", ["AUTH TLS", *LOGIN, *PROTECTED, *LISTED, *REST]),
        ("roundtrip", "off", [*LOGIN, "CWD ftpair-probe", *LISTED, *SENT, *REST]),
        ("roundtrip", "explicit", ["AUTH TLS", *LOGIN, "CWD ftpair-probe", *PROTECTED, *LISTED, *SENT, *REST]),
    ],
)
def test_a_server_receives_exactly_this(authority, at, level, check, mode, received):
    secured = mode != "off"
    certificate = authority.issue("127.0.0.1") if secured else None
    tls = {"mode": mode, "ca_pem": authority.pem if secured else b""}
    outcome, server = visited(at, level(check), tls, certificate=certificate)
    assert (outcome.passed, server.received) == (True, received), outcome.reason
    assert server.stored == {}
    assert outcome.features == ("UTF8", "MLST type*;size*;")


def test_a_folder_that_is_missing_is_made(at, level):
    outcome, server = visited(at, level("roundtrip", folder="a b"), CWD=b"550 no such folder\r\n")
    assert server.received[2:5] == ["CWD a b", "MKD a b", "CWD a b"]
    assert outcome.reason == "CWD a b refused: 550 no such folder"


def test_a_folder_that_cannot_be_made_is_told(at, level):
    outcome, _server = visited(at, level("roundtrip"), CWD=b"550 none\r\n", MKD=b"550 may not\r\n")
    assert outcome.reason == "MKD ftpair-probe refused: 550 may not"


def test_pasv_is_asked_from_the_first_refusal_of_epsv_on(at, level):
    outcome, server = visited(at, level("roundtrip"), EPSV=b"500 what?\r\n")
    assert outcome.passed
    assert [verb for verb in server.received if verb in {"EPSV", "PASV"}] == ["EPSV", "PASV", "PASV", "PASV"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"EPSV": b"500 no\r\n", "PASV": b"502 no\r\n"}, "PASV refused: 502 no"),
        ({"EPSV": b"229 what\r\n", "PASV": b"227 what\r\n"}, "LIST: PASV is answered by 227 what"),
        ({"EPSV": b"229 go (|||1|)\r\n"}, "data port 1: connect refused"),
        ({"LIST": b"450 busy s3cret\r\n"}, "LIST refused: 450 busy ****"),
        ({"LIST": b"150 comes\r\n426 gone\r\n"}, "no data within 2 s"),
        ({"TYPE": b"504 no\r\n"}, "TYPE refused: 504 no"),
        ({"STOR": b"553 may not\r\n"}, "STOR refused: 553 may not"),
        ({"RETR": b"550 may not\r\n"}, "RETR refused: 550 may not"),
        ({"DELE": b"550 may not\r\n"}, "DELE refused: 550 may not"),
        ({"spoil": lambda content: content[:-1]}, "RETR brought other bytes than STOR took (20000 of 20001 bytes)"),
        ({"spoil": lambda content: content[::-1]}, "RETR brought other bytes than STOR took (20001 of 20001 bytes)"),
    ],
)
def test_what_is_wrong_is_told(at, level, said, reason):
    outcome, _server = visited(at, level("roundtrip", timeout_s=2.0), **said)
    assert (outcome.passed, outcome.reason) == (False, reason)


@pytest.mark.parametrize("said", [{"RETR": b"550 may not\r\n"}, {"spoil": lambda content: b""}])
def test_a_file_that_does_not_come_back_is_deleted_all_the_same(at, level, said):
    outcome, server = visited(at, level("roundtrip"), **said)
    assert not outcome.passed
    assert server.received[-2:] == ["DELE FILE", "QUIT"]
    assert server.stored == {}


@pytest.mark.parametrize(("verb", "argument"), [("PBSZ", "0"), ("PROT", "P")])
def test_data_is_never_sent_without_tls_where_the_login_had_it(authority, at, level, verb, argument):
    tls = {"mode": "explicit", "ca_pem": authority.pem}
    certificate = authority.issue("127.0.0.1")
    outcome, server = visited(at, level("list"), tls, certificate=certificate, **{verb: b"534 no\r\n"})
    assert outcome.reason == f"{verb} refused: 534 no"
    assert server.received[-2:] == [f"{verb} {argument}", "QUIT"]


def test_a_long_listing_has_shown_enough(at, level):
    outcome, _server = visited(at, level("list"), listing=b"-rw-r--r-- x\r\n" * 50_000)
    assert outcome.passed
    assert files.MOST_LISTED_BYTES < 14 * 50_000


def test_old_files_are_deleted_so_many_at_a_time(at, level):
    names = [leftovers.new_name(at(1), now=float(born)) for born in range(40)]
    outcome, server = visited(at, level("roundtrip"), listing="\r\n".join(names).encode())
    assert outcome.passed
    assert server.received.count("DELE FILE") == 1 + leftovers.MOST_SWEPT


def test_an_end_without_close_notify_is_what_sessions_would_not_take(authority, at, level):
    certificate = authority.issue("127.0.0.1")
    reasons = []
    for close_notify in ("require", "ignore"):
        tls = {"mode": "explicit", "ca_pem": authority.pem, "close_notify": close_notify}
        outcome, _server = visited(at, level("list"), tls, certificate=certificate, ends_tls=False)
        reasons.append(outcome.reason)
    assert reasons == ["LIST ended without close_notify", "listing received"]
