"""What must hold of every parser of bytes that strangers send: one function each, taking any bytes."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ftpair.ftp import addresses, command, feat, proxy_header
from ftpair.ftp.lines import LONGEST_LINE_BYTES, LineSplitter
from ftpair.ftp.replies import LONGEST_REPLY_BYTES, ReplyReader
from ftpair.ftp.reply import Reply
from tests.fuzz import session_model


def _in_two_parts(data: bytes, feed: Callable[[Any, bytes], Any], made: Callable[[], Any]) -> tuple[Any, Any]:
    """Feed the bytes whole, and cut where the first byte says; return what came of either."""
    cut = 1 + data[0] % max(1, len(data)) if data else 0
    whole, parts = made(), made()
    return feed(whole, data), feed(parts, data[:cut]) + feed(parts, data[cut:])


def lines(data: bytes) -> None:
    """Client bytes to lines: any split gives the same ones, and none holds a line end."""
    whole, parts = _in_two_parts(data, LineSplitter.feed, LineSplitter)
    assert whole == parts
    for line in whole:
        assert b"\n" not in line
        assert len(line) <= LONGEST_LINE_BYTES
        commands(line)


def commands(line: bytes) -> None:
    """One line to a command: what goes on is exactly that line, and what people read is harmless."""
    parsed = command.parse(line)
    assert command.printable(line).isprintable()
    if parsed is None:
        assert any(sign in line for sign in b"\r\n\0")
        return
    assert parsed.line == line + b"\r\n"
    assert not any(sign in parsed.raw for sign in b"\r\n\0")
    assert parsed.masked().isprintable()
    if parsed.verb in ("PASS", "ACCT") and len(parsed.argument) > 4:
        assert parsed.argument.decode("utf-8", "backslashreplace") not in parsed.masked()
    addresses.parse_epsv(parsed.argument)
    active = addresses.parse_eprt(parsed.argument)
    assert active is None or addresses.parse_eprt(b"|2|::1|99|") is not None
    endpoint = addresses.parse_port(parsed.argument)
    if endpoint is not None:
        assert 0 <= endpoint.port <= 65535
        again = addresses.port_argument(endpoint.host, endpoint.port)
        assert addresses.parse_port(again.encode()) == endpoint


def replies(data: bytes) -> None:
    """Server bytes to replies: any split gives the same ones, none grows beyond its cap."""
    whole, parts = _in_two_parts(data, ReplyReader.feed, ReplyReader)
    assert whole == parts
    for reply in whole:
        assert reply.raw.startswith(str(reply.code).encode())
        assert reply.raw.endswith(b"\n")
        assert len(reply.raw) <= LONGEST_REPLY_BYTES
        assert ReplyReader().feed(reply.raw) == [reply]
        _passive(reply)
        features(reply)


def _passive(reply: Reply) -> None:
    endpoint = addresses.parse_passive_reply(reply.raw)
    if endpoint is not None:
        assert 0 <= endpoint.port <= 65535
        assert all(0 <= int(part) <= 255 for part in endpoint.host.split("."))
    port = addresses.parse_extended_passive_reply(reply.raw)
    assert port is None or 0 <= port <= 65535


def features(reply: Reply) -> None:
    """FEAT: what is told to a client is one whole reply of the same code."""
    found = feat.parse(reply.raw)
    assert set(feat.common([found, found])) <= set(found)
    told = feat.compose(reply, ("AUTH TLS", "PBSZ"))
    read = ReplyReader().feed(told)
    assert [each.raw for each in read] == [told], f"{reply.raw!r} became {told!r}"
    assert read[0].code == (reply.code if reply.raw.count(b"\n") > 1 and reply.is_positive else 211)


def proxy_headers(data: bytes) -> None:
    """PROXY headers: any split gives the same one, and what was read can be written and read again."""
    whole, parts = _read_header(data, len(data)), _read_header(data, 1 + len(data) // 3)
    assert whole == parts
    for write in (proxy_header.line, proxy_header.binary):
        if whole is not None and whole.client is not None:
            again = _read_header(write(whole), 7)
            assert again is not None
            assert again.client is not None and again.client.port == whole.client.port


def _read_header(data: bytes, step: int) -> proxy_header.Header | None:
    reader = proxy_header.HeaderReader()
    with suppress(proxy_header.HeaderError):
        for start in range(0, len(data), max(1, step)):
            part = data[start : start + max(1, step)]
            taken = reader.feed(part)
            assert 0 <= taken <= len(part)
            if reader.header is not None:
                return reader.header
    return None


def session(data: bytes) -> None:
    """A whole conversation, steered by the bytes."""
    session_model.play(data)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "lines": lines,
    "replies": replies,
    "proxy_headers": proxy_headers,
    "session": session,
}

V2 = proxy_header.SIGNATURE + b"\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x14\x00\x15"
SEEDS: dict[str, tuple[bytes, ...]] = {
    "lines": (
        b"PORT 1,2,3,4,5,6\r\nEPRT |2|::1|99|\r\nEPSV ALL\r\n",
        b"\xff\xf4\xff\xf2ABOR\r\nSITE PSWD a b\r\nPASS secret\r\r\n",
        b"RETR a\0b\nEPRT |1|010.1.1.1|99|\r\nPORT 256,1,1,1,1,1\r\n",
    ),
    "replies": (
        b"220-Hi\r\n220 inner\r\n220 ok\r\n227 Entering Passive Mode (1,2,3,4,5,6).\r\n229 Ok (|||99|)\r\n",
        b"211-Features:\r\n MLST type*;size*;\r\n211-UTF8\r\n\r\n AUTH TLS\r\n211 End\r\n",
        b"229 x (!!!99!)\r\n227 1,2,3,4,5,6\r\n150 go\r\n426\r\n",
    ),
    "proxy_headers": (
        b"PROXY TCP4 1.2.3.4 5.6.7.8 20 21\r\n",
        b"PROXY TCP6 ::1 ::2 20 21\r\n",
        b"PROXY UNKNOWN\r\n",
        V2,
        V2[:15] + b"\x10" + V2[16:] + b"\x05\x00\x01x",
    ),
    "session": (bytes(200), bytes(range(250)), b"\x04\x00\x05" + bytes(range(0, 250, 3)) * 2),
}
"""What a search begins with."""

LONGEST_BYTES = {"lines": 9000, "replies": 70_000}
"""What a target gets at most, where that is more than 2,048 bytes: beyond the cap of its lines."""

LONG_SEEDS: dict[str, tuple[bytes, ...]] = {
    "lines": tuple(verb + sign * 8000 + b"\r\n" for verb in (b"MDTM ", b"EPRT ") for sign in (b"|", b" ", b"1")),
    "replies": tuple(
        code + sign * 65_000 + b"\r\n" for code in (b"227 ", b"229 ") for sign in (b"|", b"!", b".", b" ", b"1")
    ),
}
"""Lines of one sign, as long as they may be: what is slow with them is slow with every other session, too."""
