"""The pools of real servers as doors see and weigh them."""

from dataclasses import dataclass

from ftpair.core.actions import Action, Look, Result
from ftpair.core.status import ServerStatus


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """One pool of a virtual service."""

    service: str
    name: str
    balance: str
    """Which of its servers a session gets."""
    routes: tuple[str, ...]
    """The rules that lead to it, in words; the default pool gets the rest."""
    servers: tuple[ServerStatus, ...]
    sessions: int
    transfers: int
    bytes_per_second: float
    is_serving: bool
    """Whether a new session would find a server in it."""
    reason: str


class GetPools(Look, frozen=True, tag=True):
    """Answered by `PoolsAre`."""


class SetWeight(Action, frozen=True, tag=True):
    """Give a real server another weight, in what runs and in the file, and nothing else; answered by `Applied`."""

    service: str
    server: str
    weight: int
    author: str = ""
    comment: str = ""


class PoolsAre(Result, frozen=True, tag=True):
    """The answer to `GetPools`: the services in their order, the default pool of each first."""

    pools: tuple[PoolStatus, ...]
