"""What will bring a real server down although it is up: its certificate, as its probes have seen it, in words."""

from collections.abc import Callable
from datetime import UTC, datetime

from ftpair.app.states import is_same_place
from ftpair.core.plan import Plan, ServerPlan
from ftpair.core.status import ServerCertificate, ServerState
from ftpair.probes.words import for_whom

DAY_S = 86400.0
SOON_S = 30 * DAY_S
"""How long before its end a certificate is spoken of, as everywhere else."""
_Cause = tuple[str, ServerCertificate]
"""What is amiss, and with which certificate: a warning is another one if this is, not if a day has passed."""


class ServerWarnings:
    """Says each warning once, for as long as it holds; `say` writes it to the log."""

    def __init__(self, say: Callable[[ServerPlan, str], None]) -> None:
        self._say = say
        self._servers: dict[int, ServerPlan] = {}
        self._said: dict[int, frozenset[_Cause]] = {}

    def use_plan(self, plan: Plan) -> None:
        """Keep the servers of this plan; one that is new, or somewhere else, has nothing said of it yet."""
        former, self._servers = (
            self._servers,
            {server.slot: server for service in plan.all_services for server in service.servers},
        )
        self._said = {
            slot: self._said.get(slot, frozenset()) if is_same_place(former.get(slot), server) else frozenset()
            for slot, server in self._servers.items()
        }

    def hear(self, slot: int, state: ServerState, now: float) -> None:
        """Say what is new in what its probes have found of a server of the plan."""
        server = self._servers[slot]
        found = _found(server.name, state, now)
        for cause, sentence in found.items():
            if cause not in self._said[slot]:
                self._say(server, sentence)
        self._said[slot] = frozenset(found)


def warnings_of(server: str, state: ServerState, now: float) -> tuple[str, ...]:
    """Return what is to be said of the certificates of a server; `now` is in seconds since the epoch."""
    return tuple(dict.fromkeys(_found(server, state, now).values()))


def earliest_end(state: ServerState) -> float | None:
    """Return when the first of a server's certificates ends, in seconds since the epoch; None: none was seen."""
    return min((each.not_after for each in state.certificates), default=None)


def _found(server: str, state: ServerState, now: float) -> dict[_Cause, str]:
    found: dict[_Cause, str] = {}
    for each in state.certificates:
        left_s = each.not_after - now
        if left_s < 0:
            found["expired", each] = f"certificate of {server} expired on {_day(each.not_after)}"
        elif left_s < SOON_S:
            found["expires", each] = f"certificate of {server} expires {_in(left_s)}"
        if each.missed:
            found["name", each] = f"certificate of {server} is for {for_whom(each.names)}, not {each.missed}"
    return found


def _in(left_s: float) -> str:
    days = int(left_s // DAY_S)
    return "within a day" if days == 0 else f"in {days} {'day' if days == 1 else 'days'}"


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
