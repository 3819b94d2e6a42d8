"""One visit: connects, starts TLS, logs in, and looks around as far as it is let in. What happens is written down."""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from ftpair.core.doctor import Order
from ftpair.core.errors import FtpairError
from ftpair.ftp import feat
from ftpair.ftp.addresses import is_ipv6
from ftpair.probes.doctor import contexts
from ftpair.probes.doctor.client import Client, RefusedError
from ftpair.probes.doctor.seen import FileSeen, Seen, Step, Visit, Written
from ftpair.probes.doctor.target import Mode, Target
from ftpair.probes.stream import chain_of
from ftpair.probes.transfer import BEGUN, Errand, Way

LONGEST_VISIT_S = 120.0
PAYLOAD_BYTES = 40_001
"""More than two TLS records, and an odd number."""
_MODIFIED = re.compile(rb"213 (\d{14})")
_SIZE = re.compile(rb"213 (\d{1,18})\s*$")


async def visit(seen: Seen, mode: Mode, order: Order) -> None:
    """Visit a target in one mode; look at its data connections if there is somebody to log in."""
    former = list(seen.visits)
    await _visited(seen.visits, _Visitor(Visit(seen.target, mode), order, former), _look_around)


async def wait(seen: Seen, mode: Mode, order: Order) -> None:
    """Log in, leave the control connection idle for `order.wait_s`, and see whether it is still there."""
    await _visited(seen.waits, _Visitor(Visit(seen.target, mode), order), _wait)


class _Visitor:
    """A client, what he writes down, and what others have written down before him."""

    def __init__(self, visit: Visit, order: Order, former: Sequence[Visit] = ()) -> None:
        self.visit, self.order, self.former = visit, order, former
        self.client = Client(visit.target, visit.mode.entrance, order)
        visit.replies = self.client.replies

    def enter(self, step: Step) -> None:
        """Note how far he came."""
        self.visit.step = step

    async def secure(self) -> None:
        """Start TLS of the version of the mode."""
        self.enter("tls")
        assert self.visit.mode.version is not None
        await self.client.secure(contexts.of_version(self.visit.mode.version))
        assert self.client.talk.tls is not None
        self.visit.chain = chain_of(self.client.talk.tls)


async def _visited(visits: list[Visit], visitor: _Visitor, look: Callable[[_Visitor], Awaitable[None]]) -> None:
    visit = visitor.visit
    visits.append(visit)  # At once: what an examination that is broken off has seen is seen.
    try:
        async with asyncio.timeout(LONGEST_VISIT_S + visitor.order.wait_s):
            await _come_in(visitor)
            if visitor.order.may_log_in:
                await _log_in(visitor)
                await look(visitor)
            visitor.enter("farewell")
    except RefusedError as refused:
        visit.trouble, visit.refusal = refused.sentence, refused.reply
    except FtpairError as failure:
        visit.trouble = failure.sentence
    except OSError as error:
        visit.trouble = visitor.client.in_words(error)
    finally:
        await visitor.client.leave()
        visitor.client.close()


async def _come_in(visitor: _Visitor) -> None:
    client, entrance = visitor.client, visitor.visit.mode.entrance
    await client.connect()
    visitor.visit.local_host = client.talk.local_host
    if entrance == "implicit":
        await visitor.secure()
    visitor.enter("greeting")
    await client.greet()
    if entrance == "explicit":
        visitor.enter("auth")
        client.expect(await client.ask("AUTH", "TLS"), 234, "AUTH TLS is answered by")
        await visitor.secure()


async def _log_in(visitor: _Visitor) -> None:
    client, order = visitor.client, visitor.order
    visitor.enter("login")
    reply = await client.ask("USER", order.user)
    if reply.code == 331:
        reply = await client.ask("PASS", order.password)
    client.expect(reply, 200, "the login is answered by")
    visitor.visit.has_logged_in = True
    if visitor.visit.mode.version:
        visitor.enter("protection")
        client.expect(await client.ask("PBSZ", "0"), 200, "PBSZ 0 is answered by")
        client.expect(await client.ask("PROT", "P"), 200, "PROT P is answered by")


async def _look_around(visitor: _Visitor) -> None:
    client, visit = visitor.client, visitor.visit
    visitor.enter("directory")
    features = await client.ask("FEAT")
    visit.features = feat.parse(features.raw) if features.code == 211 else None
    for verb in ("SYST", "STAT"):
        await client.ask(verb)
    if visitor.order.directory:
        client.expect(await client.ask("CWD", visitor.order.directory), 200, "CWD is answered by")
    await client.ask("TYPE", "I")
    visitor.enter("transfers")
    await _list(visitor, _usual(visit.target))
    if visitor.order.files and not any(former.files for former in visitor.former):
        await _tell_files(visitor)
    if visitor.order.may_write and not any(former.written for former in visitor.former):
        await _write(visitor)
    if visit.mode.version:  # Last, as some servers end the session for it.
        await _list(visitor, [replace(_usual(visit.target)[0], is_resuming=False)])


def _usual(target: Target) -> list[Errand]:
    """Return the listings that a client may ask for; PASV speaks of IPv4 only."""
    ways: tuple[Way, ...] = ("EPSV",) if is_ipv6(target.host) else ("PASV", "EPSV")
    return [Errand(way, "LIST") for way in ways]


async def _list(visitor: _Visitor, errands: list[Errand]) -> None:
    for errand in errands:
        if any(transfer.is_timed_out for transfer in visitor.visit.transfers) or not visitor.client.talk.may_speak:
            return  # It would be so again, or the server still owes an answer.
        visitor.visit.transfers.append(await visitor.client.transfer(errand))


async def _tell_files(visitor: _Visitor) -> None:
    for path in visitor.order.files:
        size, modified = [await visitor.client.ask(verb, path) for verb in ("SIZE", "MDTM")]
        has_size, has_time = _SIZE.match(size.raw), _MODIFIED.match(modified.raw)
        visitor.visit.files[path] = FileSeen(
            is_there=bool(has_size or has_time),
            size=int(has_size[1]) if has_size else -1,
            modified=has_time[1].decode() if has_time else "",
            answer=visitor.client.shown(size),
        )


async def _write(visitor: _Visitor) -> None:
    """Store a probe file of a name that nobody else uses, read it back, and delete it whatever happened."""
    written = visitor.visit.written = Written(f"ftpair-doctor-{secrets.token_hex(8)}.tmp")
    payload = secrets.token_bytes(PAYLOAD_BYTES)
    try:
        written.trouble = await _stored(visitor, written, payload) or await _read_back(visitor, written, payload)
    finally:
        await _delete(visitor, written)


async def _stored(visitor: _Visitor, written: Written, payload: bytes) -> str:
    written.is_left_behind = True
    transfer = await visitor.client.transfer(Errand(_best_way(visitor), "STOR", written.name, payload=payload))
    written.is_left_behind = transfer.stage in BEGUN
    written.stored_at = time.time()
    if transfer.trouble:
        return f"STOR: {transfer.trouble}"
    reply = await visitor.client.ask("MDTM", written.name)
    found = _MODIFIED.match(reply.raw)
    written.modified = found[1].decode() if found else ""
    return ""


async def _read_back(visitor: _Visitor, written: Written, payload: bytes) -> str:
    transfer = await visitor.client.transfer(Errand(_best_way(visitor), "RETR", written.name))
    if transfer.trouble:
        return f"RETR: {transfer.trouble}"
    if transfer.data != payload:
        return f"what came back ({len(transfer.data)} bytes) is not what was stored ({len(payload)} bytes)"
    return ""


async def _delete(visitor: _Visitor, written: Written) -> None:
    if not written.is_left_behind:
        return  # It was never begun.
    try:
        reply = await visitor.client.ask("DELE", written.name)
    except (OSError, FtpairError):
        written.trouble = written.trouble or "the session ended before it was deleted"
        raise
    written.is_left_behind = not reply.is_positive
    if written.is_left_behind and not written.trouble:
        written.trouble = f"DELE is answered by {visitor.client.shown(reply)}"


def _best_way(visitor: _Visitor) -> Way:
    """Return a way on which a listing went well, or the first one."""
    ways = [transfer.way for transfer in visitor.visit.transfers if transfer.is_whole]
    return ways[0] if ways else "PASV"


async def _wait(visitor: _Visitor) -> None:
    visitor.enter("transfers")
    await asyncio.sleep(visitor.order.wait_s)
    visitor.visit.idle_s = visitor.order.wait_s
    try:
        reply = await visitor.client.ask("NOOP")
    except FtpairError as failure:
        visitor.visit.idle_end = failure.sentence
    except OSError as error:
        visitor.visit.idle_end = visitor.client.in_words(error)
    else:
        if reply.code == 421:
            visitor.visit.idle_end = visitor.client.shown(reply)
