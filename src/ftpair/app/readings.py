"""What happened in each service and at each real server since the last reading. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields

from ftpair.core.status import Health, NodeStatus, Sample, ServerStatus, ServiceStatus

Place = tuple[str, str]
"""Service and server; the second is empty for the whole service, both for the whole node."""
NODE: Place = ("", "")


@dataclass(frozen=True, slots=True)
class Happened:
    """Counts of some span of time."""

    bytes_up: int = 0
    bytes_down: int = 0
    transfers_done: int = 0
    transfers_failed: int = 0
    logins: int = 0
    logins_refused: int = 0
    errors: int = 0
    refusals: int = 0

    def __add__(self, other: "Happened") -> "Happened":
        return Happened(*(mine + its for mine, its in zip(_values(self), _values(other), strict=True)))

    def since(self, former: "Happened") -> "Happened":
        """Return what was counted between; a count that fell began anew at zero."""
        pairs = zip(_values(self), _values(former), strict=True)
        return Happened(*(now - then if now >= then else now for now, then in pairs))


@dataclass(frozen=True, slots=True)
class Reading:
    """How it is at one place, and what happened there since the last reading."""

    place: Place
    sessions: int
    transfers: int
    is_healthy: bool
    happened: Happened


class Readings:
    """Remembers the last counters."""

    def __init__(self) -> None:
        self._last: dict[Place, Happened] = {}

    def take(self, status: NodeStatus, counters: Iterable[Sample]) -> tuple[Reading, ...]:
        """Return a reading of the node, of each service and of each server, removed ones with sessions included."""
        counted = _counted(counters)
        services = [self._service(each, counted) for each in (*status.services, *status.removed_services)]
        readings = [reading for each in services for reading in each]
        wholes = [reading for reading in readings if not reading.place[1]]
        node = Reading(
            NODE,
            sum(each.sessions for each in wholes),
            sum(each.transfers for each in wholes),
            any(each.is_healthy for each in wholes),
            sum((each.happened for each in wholes), Happened()),
        )
        return node, *readings

    def _service(self, service: ServiceStatus, counted: dict[Place, Happened]) -> tuple[Reading, ...]:
        servers = [self._server(service.name, each, counted) for each in (*service.servers, *service.removed_servers)]
        of_servers = sum((each.happened for each in servers), Happened())
        place = (service.name, "")
        happened = of_servers + self._since(place, counted.get(place, Happened()))
        whole = Reading(place, service.sessions, service.transfers, service.is_serving, happened)
        return whole, *servers

    def _server(self, service: str, server: ServerStatus, counted: dict[Place, Happened]) -> Reading:
        place = (service, server.name)
        total = counted.get(place, Happened()) + Happened(bytes_up=server.bytes_up, bytes_down=server.bytes_down)
        is_healthy = server.health is not Health.DOWN
        return Reading(place, server.sessions, server.transfers, is_healthy, self._since(place, total))

    def _since(self, place: Place, total: Happened) -> Happened:
        former = self._last.get(place, Happened())
        self._last[place] = total
        return total.since(former)


def _counted(counters: Iterable[Sample]) -> dict[Place, Happened]:
    """Return the counters of each server, and of services what belongs to none of their servers."""
    sums: defaultdict[tuple[Place, str], float] = defaultdict(float)
    for sample in counters:
        if found := _meaning(sample):
            sums[found] += sample.value
    by_place: defaultdict[Place, dict[str, int]] = defaultdict(dict)
    for (place, name), value in sums.items():
        by_place[place][name] = int(value)
    return {place: Happened(**values) for place, values in by_place.items()}


def _meaning(sample: Sample) -> tuple[Place, str] | None:
    match sample.name, sample.labels:
        case "transfers_total", (service, server, _direction, result):
            return (service, server), "transfers_done" if result == "complete" else "transfers_failed"
        case "server_logins_total", (service, server, result):
            return (service, server), "logins" if result == "accepted" else "logins_refused"
        case "server_failures_total", (service, server):
            return (service, server), "errors"
        case "protocol_errors_total", (service, *_):
            return (service, ""), "errors"
        case "refusals_total", (service, *_):
            return (service, ""), "refusals"
    return None


def _values(happened: Happened) -> tuple[int, ...]:
    return tuple(getattr(happened, field.name) for field in fields(Happened))
