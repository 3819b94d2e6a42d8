"""What a probe proves, what it says to a server, and what it finds wrong, in words."""

import asyncio
import datetime
import socket
import ssl
import struct
import threading
import time
from contextlib import suppress

import pytest
import uvloop
from msgspec.structs import replace

from ftpair.probes.probe import MOST_FEATURES, probe

LEVELS = ("tcp", "banner", "tls", "login")
PASSED = {
    "tcp": "connection accepted",
    "banner": "greeting received",
    "tls": "TLS agreed",
    "login": "login accepted",
}


def found(server, health):
    """Probe a server that runs elsewhere."""
    return asyncio.run(probe(server, health))


async def reason(server, health):
    outcome = await probe(server, health)
    assert not outcome.passed
    return outcome.reason


@pytest.mark.parametrize("check", ["tcp", "banner", "login"])
def test_a_healthy_server_passes_in_clear_text(ftp_server, at, level, check):
    outcome = found(at(ftp_server()), level(check))
    assert (outcome.passed, outcome.reason) == (True, PASSED[check])
    assert 0 < outcome.seconds < 3


@pytest.mark.parametrize("check", LEVELS)
def test_a_healthy_server_passes_with_explicit_tls(ftp_server, authority, at, level, check):
    port = ftp_server(authority.issue("ftp1.example.org"))
    outcome = found(at(port, mode="explicit", name="ftp1.example.org", ca_pem=authority.pem), level(check))
    assert (outcome.passed, outcome.reason) == (True, PASSED[check])


@pytest.mark.parametrize("check", LEVELS)
def test_a_healthy_server_passes_with_implicit_tls(scripted, authority, at, level, check):
    async def scenario():
        async with scripted(implicit=authority.issue("127.0.0.1")) as server:
            return await probe(at(server.port, mode="implicit", ca_pem=authority.pem), level(check)), server

    outcome, server = asyncio.run(scenario())
    assert (outcome.passed, outcome.reason) == (True, PASSED[check])
    assert len(server.arrivals) == (0 if check == "tcp" else 1)


@pytest.mark.parametrize("check", LEVELS)
def test_probes_run_on_uvloop_as_well(ftp_server, authority, at, level, check):
    port = ftp_server(authority.issue("127.0.0.1"))
    server = at(port, mode="explicit", ca_pem=authority.pem)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(probe(server, level(check))).reason == PASSED[check]


@pytest.mark.parametrize(
    ("check", "mode", "received"),
    [
        ("tcp", "off", b"QUIT\r\n"),
        ("tcp", "explicit", b"QUIT\r\n"),
        ("banner", "off", b"FEAT\r\nQUIT\r\n"),
        ("banner", "explicit", b"FEAT\r\nQUIT\r\n"),
        ("banner", "implicit", b"FEAT\r\nQUIT\r\n"),
        ("tls", "off", b"AUTH TLS\r\nFEAT\r\nQUIT\r\n"),
        ("tls", "explicit", b"AUTH TLS\r\nFEAT\r\nQUIT\r\n"),
        ("tls", "implicit", b"FEAT\r\nQUIT\r\n"),
        ("login", "off", b"USER probe\r\nPASS s3cret\r\nFEAT\r\nQUIT\r\n"),
        ("login", "explicit", b"AUTH TLS\r\nUSER probe\r\nPASS s3cret\r\nFEAT\r\nQUIT\r\n"),
        ("login", "implicit", b"USER probe\r\nPASS s3cret\r\nFEAT\r\nQUIT\r\n"),
    ],
)
def test_a_server_receives_exactly_this(scripted, authority, at, level, check, mode, received):
    certificate = authority.issue("127.0.0.1")

    async def scenario():
        tls = {"implicit": certificate} if mode == "implicit" else {"certificate": certificate}
        async with scripted(**tls) as server:
            outcome = await probe(at(server.port, mode=mode, ca_pem=authority.pem), level(check))
            return outcome, server.received

    outcome, got = asyncio.run(scenario())
    assert (outcome.passed, got) == (True, received)


def test_features_are_learned_without_their_leading_space(scripted, at, level):
    async def scenario():
        async with scripted() as server:
            return [(await probe(at(server.port), level(check))).features for check in ("tcp", "banner", "login")]

    learned = ("UTF8", "MLST type*;size*;")
    assert asyncio.run(scenario()) == [None, learned, learned]


@pytest.mark.parametrize(
    ("answer", "features"),
    [
        (b"500 what?\r\n", None),
        (b"211 No features.\r\n", ()),
        (b"211-x\r\n A\x1b[2J\r\n B\r\n " + b"c" * 600 + b"\r\n211 End\r\n", ("B",)),
        (b"211-x\r\n" + b" F\r\n" * 500 + b"211 End\r\n", ("F",) * MOST_FEATURES),
        (b"nonsense\r\n", None),
        (b"211-" + b"x" * 100_000, None),
    ],
)
def test_a_server_that_does_not_tell_its_features_well_passes_all_the_same(scripted, at, level, answer, features):
    async def scenario():
        async with scripted(FEAT=answer) as server:
            return await probe(at(server.port), level("banner"))

    outcome = asyncio.run(scenario())
    assert (outcome.passed, outcome.features) == (True, features)


def test_a_server_that_is_silent_at_feat_and_quit_passes_within_the_deadline(scripted, at, level):
    async def scenario():
        async with scripted(FEAT=b"", QUIT=b"") as server:
            began = time.monotonic()
            outcome = await probe(at(server.port), level("banner", timeout_s=0.3))
            return outcome, time.monotonic() - began

    outcome, seconds = asyncio.run(scenario())
    assert outcome.passed
    assert outcome.features is None
    assert outcome.seconds < 0.3
    assert seconds < 2


def test_a_greeting_may_be_announced_with_120(scripted, at, level):
    async def scenario():
        async with scripted(greeting=b"120 in a minute\r\n220-now\r\n421 no, still\r\n220 ready\r\n") as server:
            return await probe(at(server.port), level("banner"))

    assert asyncio.run(scenario()).passed


def test_a_user_without_password_is_logged_in_by_user_alone(scripted, at, level):
    async def scenario():
        async with scripted(USER=b"230 come in\r\n") as server:
            return await probe(at(server.port), level("login")), server.received

    outcome, received = asyncio.run(scenario())
    assert outcome.passed
    assert b"PASS" not in received


def test_connect_refused(at, level):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert found(at(taken.getsockname()[1]), level("tcp")).reason == "connect refused"


def test_no_connection_within_the_deadline(at, level):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        assert found(at(port), level("tcp", timeout_s=0.2)).reason == "no connection within 0.2 s"
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("check", ["banner", "tls", "login"])
def test_no_greeting_within_the_deadline(rude, at, level, check):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async def scenario():
        async with rude(silent) as port:
            return await reason(at(port), level(check, timeout_s=0.2))

    assert asyncio.run(scenario()) == "no greeting within 0.2 s"


def test_a_connection_that_is_accepted_and_silent_passes_the_level_tcp(rude, at, level):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async def scenario():
        async with rude(silent) as port:
            return await probe(at(port), level("tcp", timeout_s=0.2))

    assert asyncio.run(scenario()).passed


@pytest.mark.parametrize(
    ("greeting", "sentence"),
    [
        (b"421 too many users\r\n", "greeting was 421 too many users"),
        (b"421-long\r\n story\r\n421 end\r\n", "greeting was 421-long"),
        (b"421 \x1b[2J\xe2\x80\xae\r\n", r"greeting was 421 \x1b[2J\u202e"),
        (b"421 " + b"x" * 5000 + b"\r\n", "greeting was 421 " + "x" * 116 + "..."),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no greeting but something that is not FTP"),
        (b"\0\1\2\n", "no greeting but something that is not FTP"),
        (b"220 " + b"x" * 100_000, "no greeting but an endless line"),
        (b"220-" + b"x\r\n" * 200_000, "no greeting but a flood"),
        (b"120 wait\r\n" * 50_000, "no greeting but a flood"),
    ],
)
def test_a_greeting_that_is_none(scripted, at, level, greeting, sentence):
    async def scenario():
        async with scripted(greeting=greeting) as server:
            return await reason(at(server.port), level("banner"))

    assert asyncio.run(scenario()) == sentence


def test_a_connection_that_is_closed_before_the_greeting(rude, at, level):
    async def closing(reader, writer):
        writer.close()

    async def scenario():
        async with rude(closing) as port:
            return await reason(at(port), level("banner"))

    assert asyncio.run(scenario()) == "connection closed, no greeting"


def test_a_connection_that_is_reset_before_the_greeting(rude, at, level):
    async def resetting(reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def scenario():
        async with rude(resetting) as port:
            return await reason(at(port), level("banner"))

    assert asyncio.run(scenario()) == "connection reset, no greeting"


def test_login_refused(ftp_server, at, level):
    outcome = found(at(ftp_server()), level("login", password="wrong"))
    assert outcome.reason == "login refused: 530 Authentication failed."


def test_the_password_is_masked_where_a_server_echoes_it(scripted, at, level):
    async def scenario():
        async with scripted(PASS=b"530 s3cret is wrong\r\n") as server:
            return await reason(at(server.port), level("login"))

    assert asyncio.run(scenario()) == "login refused: 530 **** is wrong"


def test_a_line_end_in_user_or_password_is_never_sent(scripted, at, level):
    async def scenario():
        async with scripted() as server:
            said = await reason(at(server.port), level("login", password="x\r\nDELE a"))
            return said, server.received

    assert asyncio.run(scenario()) == (
        "the argument of PASS holds a line end, nothing was sent",
        b"USER probe\r\nQUIT\r\n",
    )


def test_auth_refused_and_then_no_password_is_sent(scripted, authority, at, level):
    async def scenario():
        async with scripted(AUTH=b"500 no TLS here\r\n") as server:
            said = await reason(at(server.port, mode="explicit", ca_pem=authority.pem), level("login"))
            return said, server.received

    assert asyncio.run(scenario()) == ("AUTH TLS refused: 500 no TLS here", b"AUTH TLS\r\nQUIT\r\n")


@pytest.mark.parametrize("injected", [b"230 logged in\r\n", b"230 logg", b"230-logged\r\n"])
def test_s2_clear_text_after_234_is_an_injection(scripted, authority, at, level, injected):
    async def scenario():
        async with scripted(AUTH=b"234 ok\r\n" + injected) as server:
            said = await reason(at(server.port, mode="explicit", ca_pem=authority.pem), level("login"))
            return said, server.received

    assert asyncio.run(scenario()) == ("clear text after the answer to AUTH TLS (injection)", b"AUTH TLS\r\n")


@pytest.mark.parametrize(
    ("names", "wanted", "sentence"),
    [
        (("ftp1.example.org",), "ftp2", "certificate is for ftp1.example.org, not ftp2"),
        (("ftp1.example.org", "127.0.0.2"), "", "certificate is for ftp1.example.org, 127.0.0.2, not 127.0.0.1"),
        (("a", "b", "c", "d"), "ftp2", "certificate is for a, b, c, ..., not ftp2"),
    ],
)
def test_a_certificate_for_somebody_else(scripted, authority, at, level, names, wanted, sentence):
    async def scenario():
        async with scripted(certificate=authority.issue(*names)) as server:
            plan = at(server.port, mode="explicit", name=wanted, ca_pem=authority.pem)
            return await reason(plan, level("tls")), server.received

    assert asyncio.run(scenario()) == (sentence, b"AUTH TLS\r\n")


def test_a_certificate_that_has_expired(ftp_server, authority, at, level):
    port = ftp_server(authority.issue("127.0.0.1", lasts=-datetime.timedelta(days=1)))
    outcome = found(at(port, mode="explicit", ca_pem=authority.pem), level("login"))
    assert outcome.reason == "certificate expired"


def test_a_certificate_of_an_unknown_ca(ftp_server, authority, at, level):
    port = ftp_server(authority.issue("127.0.0.1"))
    assert found(at(port, mode="explicit"), level("tls")).reason == "certificate is of an unknown CA"


def test_a_certificate_is_not_looked_at_where_verification_is_off(ftp_server, authority, at, level):
    port = ftp_server(authority.issue("somebody.else"))
    assert found(at(port, mode="explicit", verify=False), level("tls")).passed
    assert found(at(port, mode="off"), level("tls")).passed


def test_a_server_without_the_wanted_version_of_tls(authority, at, level):
    def serve(listener):
        with suppress(ssl.SSLError):
            tls_1_2(authority).wrap_socket(listener.accept()[0], server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        plan = at(listener.getsockname()[1], mode="implicit", ca_pem=authority.pem, minimum_version="1.3")
        assert found(plan, level("tls")).reason == "TLS failed: no version of TLS in common"
        thread.join()


def tls_1_2(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("127.0.0.1"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def test_clear_text_on_the_port_of_implicit_tls(scripted, authority, at, level):
    async def scenario():
        async with scripted() as server:
            return await reason(at(server.port, mode="implicit", ca_pem=authority.pem), level("tls"))

    assert asyncio.run(scenario()) == "TLS failed: the answer is not TLS"


def test_a_server_that_goes_away_in_the_handshake(rude, at, level):
    async def leaving(reader, writer):
        await reader.read(1)
        writer.write(b"\x16\x03\x03")
        await reader.read(65536)
        writer.close()

    async def scenario():
        async with rude(leaving) as port:
            return await reason(at(port, mode="implicit"), level("banner"))

    assert asyncio.run(scenario()) == "connection closed, no TLS handshake"


def test_a_server_that_ends_tls_instead_of_a_greeting(rude, authority, at, level):
    async def leaving(reader, writer):
        writer.close()

    async def scenario():
        context = tls_1_2(authority)
        async with rude(leaving, ssl=context) as port:
            return await reason(at(port, mode="implicit", ca_pem=authority.pem), level("banner"))

    assert asyncio.run(scenario()) == "connection closed, no greeting"


def test_a_trickle_does_not_outlast_the_deadline(rude, at, level):
    async def trickling(reader, writer):
        try:
            while True:
                writer.write(b"1")
                await asyncio.sleep(0.02)
        except OSError:
            writer.close()

    async def scenario():
        async with rude(trickling) as port:
            began = time.monotonic()
            said = await reason(at(port), level("banner", timeout_s=0.3))
            return said, time.monotonic() - began

    said, seconds = asyncio.run(scenario())
    assert said == "no greeting within 0.3 s"
    assert seconds < 2


def test_a_name_that_no_certificate_can_carry_is_an_outcome_too(scripted, at, level):
    async def scenario():
        async with scripted() as server:
            return await reason(at(server.port, mode="implicit", name=".."), level("banner"))

    assert asyncio.run(scenario()) == "the name '..' cannot be used for TLS"


@pytest.mark.parametrize(
    ("version", "header"), [("v1", b"PROXY UNKNOWN\r\n"), ("v2", b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00")]
)
def test_a_server_that_wants_a_header_gets_one_that_speaks_for_ftpair_itself(rude, at, level, version, header):
    received = []

    async def serve(reader, writer):
        received.append(await reader.readexactly(len(header)))
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            received.append(line)
            writer.write(b"221 bye\r\n" if line == b"QUIT\r\n" else b"500 what?\r\n")
        writer.close()

    async def scenario():
        async with rude(serve) as port:
            return await probe(replace(at(port), control_header=version), level("banner"))

    assert asyncio.run(scenario()).passed
    assert received == [header, b"FEAT\r\n", b"QUIT\r\n"]
