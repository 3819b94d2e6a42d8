"""Whether a new session goes back to the server that a former one had: what is remembered of whom, and for how long.

Servers are known by a mark made of their names, so what is remembered outlives restarts, rows and the order in the
file; nobody reads a name out of it.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal

from ftpair.balance.policies import Request
from ftpair.core.plan import ServerPlan, ServicePlan

Bond = Literal["", "new", "kept", "moved"]
"""What a session found: nothing is remembered, nobody yet, its former server, or another one in its place."""
_PURE = {("source", "source-hash"), ("user", "user-hash")}
"""The policy sends the same people to the same server by itself: nothing need be remembered."""


def key_of(pool: ServicePlan, name: str, request: Request) -> bytes:
    """Return what a session is remembered by, in the pool of that name; empty: not at all."""
    kind = pool.affinity
    who = {"source": request.client, "user": request.user}.get(kind, "")
    if not who or (kind, pool.balance) in _PURE:
        return b""
    return "\0".join((pool.name, name, kind, who)).encode("utf-8", "surrogatepass")


def mark_of(server: ServerPlan) -> int:
    """Return what stands for a server, 63 bits."""
    digest = blake2b(f"{server.service}\0{server.name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def name_of(servers: Iterable[ServerPlan], mark: int) -> str:
    """Return the name of the server that a mark stands for; empty if it is none of these."""
    return next((server.name for server in servers if mark_of(server) == mark), "")


def is_remembered(stamp: float, now: float, timeout_s: float) -> bool:
    """Return whether what was used last at `stamp` counts still. A stamp of the future: the clock was set back."""
    return abs(now - stamp) <= timeout_s


def bond_of(former: str, server: ServerPlan) -> Bond:
    """Return what became of the former server's name."""
    if not former:
        return "new"
    return "kept" if former == server.name else "moved"
