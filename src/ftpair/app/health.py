"""What the probes said of every real server lately; written by the supervisor alone, in memory."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ftpair.app.server_certificates import warnings_of
from ftpair.app.states import is_same_place
from ftpair.balance.slow_start import share_of, told
from ftpair.core.health import PastVerdict, ServerHealth
from ftpair.core.messages import Probed
from ftpair.core.plan import CheckLevel, HealthPlan, Plan, ServerPlan
from ftpair.core.status import ServerState

KEPT = 50
"""Verdicts of each server."""
_DEPTHS: dict[CheckLevel, str] = {
    "off": "is not probed",
    "tcp": "connects",
    "banner": "connects and awaits a greeting of 220",
    "tls": "connects, awaits a greeting of 220 and agrees on TLS",
    "login": "connects, awaits a greeting of 220 and logs in as {user}",
    "list": "connects, awaits a greeting of 220, logs in as {user} and lists over a data connection",
    "roundtrip": "connects, awaits a greeting of 220, logs in as {user}, lists, stores a file in {folder}, reads it "
    "back and deletes it",
}


@dataclass(slots=True)
class _Record:
    """One server."""

    server: ServerPlan
    health: HealthPlan
    verdicts: deque[PastVerdict] = field(default_factory=lambda: deque(maxlen=KEPT))
    checked: Probed | None = None


class HealthBook:
    """The last verdicts of all servers of the plan."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._records: dict[int, _Record] = {}

    def use_plan(self, plan: Plan) -> None:
        """Keep the servers of this plan; what was found of one that was somewhere else is forgotten."""
        former = self._records
        self._records = {}
        for service in plan.all_services:
            for server in service.servers:
                known = former.get(server.slot)
                record = _Record(server, service.health)
                if known and is_same_place(known.server, server):
                    record.verdicts, record.checked = known.verdicts, known.checked
                self._records[server.slot] = record

    def note(self, slot: int, state: ServerState) -> None:
        """Remember a verdict, if it is another than the last."""
        verdicts = self._records[slot].verdicts
        if not verdicts or (verdicts[0].health, verdicts[0].reason) != (state.health, state.reason):
            verdicts.appendleft(PastVerdict(self._now(), state.health, state.reason))

    def note_check(self, checked: Probed) -> None:
        """Remember when a server was checked; one that has left the plan is nothing to speak of."""
        if record := self._records.get(checked.slot):
            record.checked = checked

    def tell(self, state_of: Callable[[ServerPlan], ServerState]) -> Iterator[ServerHealth]:
        """Yield what there is to say about each server."""
        for record in self._records.values():
            yield _told(record, state_of(record.server), self._now())


def described(health: HealthPlan) -> str:
    """Return what a probe does, in words."""
    depth = _DEPTHS[health.check].format(user=health.user, folder=health.folder)
    if health.check == "off":
        return depth
    rise, fall = f"{health.rise} good ones in a row bring it up", f"{health.fall} bad ones bring it down"
    return f"{depth}, every {health.interval_s:g} s and within {health.timeout_s:g} s; {rise}, {fall}"


def _told(record: _Record, state: ServerState, now: float) -> ServerHealth:
    server, checked = record.server, record.checked
    return ServerHealth(
        service=server.service,
        server=server.name,
        admin=state.admin,
        health=state.health,
        reason=told(state.reason, share_of(server, state, time.monotonic())),
        since=state.since,
        check=record.health.check,
        probe=described(record.health),
        last_check=checked.at if checked else 0.0,
        next_check=checked.next_at if checked and record.health.check != "off" else 0.0,
        check_seconds=state.check_seconds,
        history=tuple(record.verdicts),
        warnings=warnings_of(server.name, state, now),
        certificates=state.certificates,
    )
