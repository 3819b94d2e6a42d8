"""Quorum: whether a pool has as many available servers as it should. Pure."""

from collections.abc import Iterable, Mapping

from ftpair.core.plan import AnyService, ServerPlan
from ftpair.core.status import PoolQuorum, ServerState
from ftpair.core.units import counted

_UNKNOWN = ServerState()


def available(servers: Iterable[ServerPlan], states: Mapping[int, ServerState]) -> int:
    """Return how many of these servers may be given new sessions; backups do not count, they step in for the others."""
    return sum(
        server.weight > 0 and not server.is_backup and states.get(server.slot, _UNKNOWN).is_eligible
        for server in servers
    )


def quorums(service: AnyService, states: Mapping[int, ServerState]) -> tuple[PoolQuorum, ...]:
    """Return how the pools stand that have a quorum; `states` by slot, a server that is missing there is unknown."""
    pools = {pool: [each for each in service.servers if each.pool == pool] for pool in service.quorums}
    return tuple(
        _quorum(pool, available(pools[pool], states), wanted, len(pools[pool]))
        for pool, wanted in service.quorums.items()
    )


def _quorum(pool: str, there: int, wanted: int, of: int) -> PoolQuorum:
    is_met = there >= wanted
    verdict = "is met" if is_met else "is lost"
    sentence = f"quorum of pool {pool} {verdict}: {there} of {counted(of, 'server')} available, {wanted} wanted"
    return PoolQuorum(pool, wanted, there, is_met, sentence)
