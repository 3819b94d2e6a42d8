"""An entrance as somebody sees it who does not log in: whose certificate, how old a TLS, a login in clear text."""

import ssl
from collections.abc import Awaitable, Callable

from ftpair.core.doctor import Order
from ftpair.core.errors import FtpairError
from ftpair.probes.conversation import Conversation
from ftpair.probes.doctor import contexts
from ftpair.probes.doctor.client import Client
from ftpair.probes.doctor.seen import Door
from ftpair.probes.doctor.target import Entrance, Target
from ftpair.probes.stream import chain_of

NOBODY = "ftpair-doctor"
"""Whose name is asked in clear text; no password follows, whatever the answer is."""


async def look_at(target: Target, entrance: Entrance, order: Order) -> Door:
    """Look at one entrance; what cannot be seen stays unknown, as visits tell of it."""
    door = Door(entrance)
    await _quietly(target, entrance, order, lambda client: _trust(client, door))
    await _quietly(target, entrance, order, lambda client: _age(client, door))
    if entrance == "explicit" and target.clear_text == "refuse":
        await _quietly(target, entrance, order, lambda client: _clear_text(client, door))
    return door


async def _quietly(
    target: Target, entrance: Entrance, order: Order, doing: Callable[[Client], Awaitable[None]]
) -> None:
    client = Client(target, entrance, order)
    try:
        await client.connect()
        await doing(client)
    except (OSError, FtpairError):
        pass  # A visit in the same mode meets the same, and tells.
    finally:
        await client.leave()
        client.close()


async def _secured(client: Client, entrance: Entrance, context: ssl.SSLContext) -> None:
    if entrance == "explicit":
        await client.greet()
        client.expect(await client.ask("AUTH", "TLS"), 234, "AUTH TLS is answered by")
    await client.secure(context)


async def _trust(client: Client, door: Door) -> None:
    try:
        await _secured(client, door.entrance, contexts.verifying(client.target.tls))
    except ssl.SSLCertVerificationError as error:
        door.is_trusted, door.distrust = False, error.verify_code
        door.chain = _shown(client.talk)
    else:
        door.is_trusted, door.chain = True, _shown(client.talk)
        if door.entrance == "implicit":
            await client.greet()


async def _age(client: Client, door: Door) -> None:
    await _secured(client, door.entrance, contexts.older_than(client.target.tls.minimum_version))
    assert client.talk.tls is not None
    door.old_version = client.talk.tls.version() or "TLS"
    if door.entrance == "implicit":
        await client.greet()


async def _clear_text(client: Client, door: Door) -> None:
    await client.greet()
    door.clear_answer = await client.ask("USER", client.order.user or NOBODY)


def _shown(talk: Conversation) -> tuple[bytes, ...]:
    return chain_of(talk.tls) if talk.tls is not None else ()
