"""What a probe that has logged in does with files: it lists, and sends one there and back, over data connections."""

import asyncio
import secrets

from ftpair.core.errors import FtpairError
from ftpair.ftp.addresses import is_ipv6
from ftpair.ftp.proxy_header import BUILD, Header
from ftpair.probes import leftovers, transferring
from ftpair.probes.conversation import ProbeFailedError
from ftpair.probes.transfer import BEGUN, Errand, Transfer
from ftpair.probes.transferring import Terms
from ftpair.probes.visit import Visit

PAYLOAD_BYTES = 20_001
"""More than a TLS record, and an odd number."""
MOST_LISTED_BYTES = 256 * 1024
"""What is read of a listing; a longer one has shown enough."""
LONGEST_LAST_WORD_S = 1.0
"""How long the reply is awaited that says why a transfer went wrong."""


async def list_folder(visit: Visit) -> bytes:
    """List the folder where the visit is, and return the listing. Raises ProbeFailedError."""
    if visit.talk.tls is not None:
        await visit.demand("PBSZ", "0")
        await visit.demand("PROT", "P")
    return await _read(visit, "LIST")


async def round_trip(visit: Visit) -> None:
    """Store a file in the probes' own folder, read it back and delete it. Raises ProbeFailedError."""
    await _enter_folder(visit)
    listing = await list_folder(visit)
    visit.leftovers += leftovers.in_listing(listing, visit.server, visit.health.timeout_s)
    if leftovers.is_crowded(listing):
        sentence = f"{leftovers.MOST_KEPT} probe files lie in {visit.health.folder}, so no more are stored"
        raise ProbeFailedError(f"{sentence}: the user may not delete them")
    await visit.demand("TYPE", "I")
    name, payload = leftovers.new_name(visit.server), secrets.token_bytes(PAYLOAD_BYTES)
    await _store(visit, name, payload)
    try:
        back = await _read(visit, "RETR", name)
    except ProbeFailedError:
        visit.leftovers.append(name)
        raise
    if back != payload:
        visit.leftovers.append(name)
        raise ProbeFailedError(f"RETR brought other bytes than STOR took ({len(back)} of {len(payload)} bytes)")
    await visit.demand("DELE", name)


async def sweep(visit: Visit) -> None:
    """Delete what this visit and former ones have left; the next one goes on where this one ends."""
    try:
        async with asyncio.timeout_at(visit.deadline):
            for name in visit.leftovers[-leftovers.MOST_SWEPT :]:
                await visit.talk.ask("DELE", name)
    except (OSError, FtpairError):
        pass  # The verdict stands already, and the next visit finds them again.


async def _enter_folder(visit: Visit) -> None:
    folder = visit.health.folder
    if (await visit.talk.ask("CWD", folder)).is_positive:
        return
    made = await visit.talk.ask("MKD", folder)
    entered = await visit.talk.ask("CWD", folder)  # Whatever MKD said: another probe may have made it meanwhile.
    if not entered.is_positive:
        verb, reply = ("CWD", entered) if made.is_positive else ("MKD", made)
        raise ProbeFailedError(f"{verb} {folder} refused: {visit.shown(reply)}")


async def _store(visit: Visit, name: str, payload: bytes) -> None:
    transfer = await _transferred(visit, "STOR", name, payload)
    if transfer.is_whole:
        return
    if transfer.stage in BEGUN:
        visit.leftovers.append(name)
    raise ProbeFailedError(_why(visit, "STOR", transfer))


async def _read(visit: Visit, verb: str, argument: str = "") -> bytes:
    transfer = await _transferred(visit, verb, argument)
    if not transfer.is_whole:
        raise ProbeFailedError(_why(visit, verb, transfer))
    if transfer.ending == "fin" and visit.server.tls.close_notify == "require":
        raise ProbeFailedError(f"{verb} ended without close_notify")  # So would every download of a session.
    return transfer.data


async def _transferred(visit: Visit, verb: str, argument: str, payload: bytes | None = None) -> Transfer:
    """Ask by EPSV, and from its first refusal on by PASV, as ftpair itself does; IPv6 knows EPSV alone."""
    # The deadline of the whole visit comes before that of a step.
    terms = Terms(visit.shown, visit.health.timeout_s, LONGEST_LAST_WORD_S, _header(visit), MOST_LISTED_BYTES)
    transfer = await transferring.run(visit.talk, Errand(visit.way, verb, argument, payload=payload), terms)
    is_refused = transfer.stage == "ask" and transfer.answer is not None
    if not is_refused or visit.way == "PASV" or is_ipv6(visit.talk.host):
        return transfer
    visit.way = "PASV"
    return await transferring.run(visit.talk, Errand(visit.way, verb, argument, payload=payload), terms)


def _header(visit: Visit) -> bytes:
    return BUILD[visit.server.data_header](Header())


def _why(visit: Visit, verb: str, transfer: Transfer) -> str:
    """Say why a transfer went wrong, in the server's own words where it has said any."""
    final, answer = transfer.final, transfer.answer
    if final is not None and not final.is_positive:
        return f"{verb} {'refused' if transfer.stage == 'begin' else 'failed'}: {visit.shown(final)}"
    if transfer.stage == "ask" and answer is not None and not answer.is_positive:
        return f"{transfer.way} refused: {visit.shown(answer)}"
    if transfer.stage == "connect" and transfer.told is not None:
        return f"data port {transfer.told.port}: {transfer.trouble}"
    return transfer.trouble if verb in transfer.trouble else f"{verb}: {transfer.trouble}"
