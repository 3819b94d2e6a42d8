"""One probe of one real server: from a TCP connection up to a file that comes back, politely, within its deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from ftpair.balance.verdict import ProbeOutcome
from ftpair.core.plan import CheckLevel, HealthPlan, ServerPlan, ServerTls
from ftpair.ftp import feat
from ftpair.probes import certificate, files, words
from ftpair.probes.conversation import ProbeFailedError
from ftpair.probes.stream import chain_of
from ftpair.probes.visit import Visit, begun

LONGEST_FAREWELL_S = 1.0
"""How long a server may take to say 221 before the probe leaves without it."""
MOST_FEATURES = 128
LONGEST_FEATURE = 512


async def probe(server: ServerPlan, health: HealthPlan) -> ProbeOutcome:
    """Check a server once, at the level of `health.check` (which is not `off`), within `health.timeout_s`.

    Never raises for trouble with the server: that is an outcome, and its reason says what was found. The time of the
    outcome is that of the check itself, without FEAT and QUIT.
    """
    began = time.monotonic()
    visit = begun(server, health)
    try:
        passed, reason = await _examined(visit)
        seconds = time.monotonic() - began
        await files.sweep(visit)
        features = await _features(visit) if passed and health.check != "tcp" else None
        await _leave(visit)
    finally:
        visit.talk.close()
    return ProbeOutcome(passed, reason, seconds, features, (visit.certificate,) if visit.certificate else ())


async def _examined(visit: Visit) -> tuple[bool, str]:
    try:
        async with asyncio.timeout_at(visit.deadline):
            return True, await LEVELS[visit.health.check](visit)
    except ProbeFailedError as failure:
        return False, failure.sentence
    except TimeoutError:
        return False, f"no {visit.talk.awaited} within {visit.health.timeout_s:g} s"
    except OSError as error:
        return False, words.of_error(error, visit.talk.awaited)


async def _tcp(visit: Visit) -> str:
    await visit.talk.connect()
    return "connection accepted"


async def _banner(visit: Visit) -> str:
    await _tcp(visit)
    if visit.server.tls.mode == "implicit":
        await _secure(visit, visit.server.tls)
    greeting = await visit.talk.greeting()
    if greeting.code != 220:
        raise ProbeFailedError(f"greeting was {words.of_reply(greeting)}")
    return "greeting received"


async def _tls(visit: Visit) -> str:
    await _banner(visit)
    if visit.server.tls.mode == "implicit":
        return "TLS agreed"
    reply = await visit.talk.ask("AUTH", "TLS")
    if reply.code != 234:
        raise ProbeFailedError(f"AUTH TLS refused: {words.of_reply(reply)}")
    # Sessions of this server use no TLS, so there is nothing that its certificate could be checked against.
    tls = visit.server.tls
    await _secure(visit, msgspec.structs.replace(tls, verify=False) if tls.mode == "off" else tls)
    return "TLS agreed"


async def _secure(visit: Visit, tls: ServerTls) -> None:
    await visit.talk.secure(tls)
    assert visit.talk.tls is not None
    chain = chain_of(visit.talk.tls)
    visit.certificate = certificate.shown(chain[0], tls) if chain else None


async def _login(visit: Visit) -> str:
    await (_banner if visit.server.tls.mode == "off" else _tls)(visit)
    user, password = visit.health.user, visit.health.password
    reply = await visit.talk.ask("USER", user)
    if reply.code == 331:
        reply = await visit.talk.ask("PASS", password)
    if not reply.is_positive:
        raise ProbeFailedError(f"login refused: {visit.shown(reply)}")
    return "login accepted"


async def _list(visit: Visit) -> str:
    await _login(visit)
    await files.list_folder(visit)
    return "listing received"


async def _roundtrip(visit: Visit) -> str:
    await _login(visit)
    await files.round_trip(visit)
    return "file stored, read back and deleted"


LEVELS: dict[CheckLevel, Callable[[Visit], Awaitable[str]]] = {
    "tcp": _tcp,
    "banner": _banner,
    "tls": _tls,
    "login": _login,
    "list": _list,
    "roundtrip": _roundtrip,
}
"""Each level proves what the one above it in this table proves, and more."""


async def _features(visit: Visit) -> tuple[str, ...] | None:
    """Learn what the server can do; a server that does not tell has passed all the same."""
    try:
        async with asyncio.timeout_at(visit.deadline):
            reply = await visit.talk.ask("FEAT")
    except (OSError, ProbeFailedError):
        return None
    if reply.code != 211:
        return None
    features = feat.parse(reply.raw)[:MOST_FEATURES]
    return tuple(feature for feature in features if feature.isprintable() and len(feature) <= LONGEST_FEATURE)


async def _leave(visit: Visit) -> None:
    """Say QUIT and wait a moment for the 221, so that the server's log shows an orderly visit."""
    is_implicit_unsecured = visit.health.check == "tcp" and visit.server.tls.mode == "implicit"
    if not visit.talk.may_speak or is_implicit_unsecured:
        return
    soon = min(visit.deadline, asyncio.get_running_loop().time() + LONGEST_FAREWELL_S)
    try:
        async with asyncio.timeout_at(soon):
            if visit.health.check == "tcp":
                await visit.talk.greeting()
            await visit.talk.ask("QUIT")
            await visit.talk.hang_up()
    except (OSError, ProbeFailedError):
        pass  # The verdict stands already.
