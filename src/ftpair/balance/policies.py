"""Which of the servers that can take a session gets it: one pure function per policy, all of them weighted.

A policy is given at least one candidate, and only candidates whose weight is above 0. Nothing is remembered between
two calls: the turn, the chance and the counts of sessions come in as arguments, so the same question has the same
answer in every process.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ftpair.balance.slow_start import WHOLE
from ftpair.core.facts import NO_NAMES, CertificateNames
from ftpair.core.plan import BalancePolicy, ServerPlan


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server that can take the session, and the number of sessions that it has now."""

    server: ServerPlan
    sessions: int
    share: int = WHOLE
    """Percent of its weight that it has now (slow start)."""

    @property
    def weight(self) -> int:
        """What it weighs now, in hundredths."""
        return self.server.weight * self.share

    @property
    def load(self) -> float:
        """Sessions per weight; equal fractions are equal floats, since IEEE division rounds correctly."""
        return self.sessions / self.weight


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for a server."""

    client: str
    """The client's IP address, without its port."""
    user: str
    """Empty when not known yet (`connect: at-once`)."""
    turn: int
    """Grows by one with each question of a service."""
    chance: Callable[[], float]
    """A number from 0 up to, but not including, 1: as `random.random`."""
    host: str = ""
    """What the client named with HOST."""
    sni: str = ""
    """The name that it asked for in its TLS handshake."""
    certificate: str = ""
    """The common name in its certificate."""
    names: CertificateNames = NO_NAMES
    """All names in it."""
    former: str = ""
    """The server that its former session had, if that counts."""
    now: float = 0.0
    """When it asks, by the monotonic clock."""


Policy = Callable[[Sequence[Candidate], Request], Candidate]


def round_robin(candidates: Sequence[Candidate], request: Request) -> Candidate:
    """Give each server its share of the turns, spread as evenly as whole turns can be."""
    return candidates[_whose_turn([candidate.weight for candidate in candidates], request.turn)]


def _whose_turn(weights: Sequence[int], turn: int) -> int:
    """Return the index that the turn belongs to, in the order of Sainte-Laguë: no state, no walk through earlier turns.

    The k-th turn of a server is due at (2k + 1) / weight. A round has as many turns as the weights add up to. The walk
    starts half a turn per server too early, because that is how far rounding can be off.
    """
    total = sum(weights)
    place = turn % total
    start = max(0, place - len(weights) // 2 - 1)
    taken = [-((total - 2 * start * weight) // (2 * total)) for weight in weights]
    due = [((2 * had + 1) / weight, index, had) for index, (weight, had) in enumerate(zip(weights, taken, strict=True))]
    heapq.heapify(due)
    for _ in range(place - sum(taken)):
        _, index, had = due[0]
        heapq.heapreplace(due, ((2 * had + 3) / weights[index], index, had + 1))
    return due[0][1]


def least_sessions(candidates: Sequence[Candidate], request: Request) -> Candidate:
    """Take the server with the fewest sessions per weight; equals take turns."""
    least = min(candidate.load for candidate in candidates)
    equals = [candidate for candidate in candidates if candidate.load == least]
    return equals[0] if len(equals) == 1 else round_robin(equals, request)


def random_two(candidates: Sequence[Candidate], request: Request) -> Candidate:
    """Draw two servers by weight and take the one with fewer sessions per weight; the first if they are equal."""
    first = _drawn(candidates, request)
    others = [candidate for candidate in candidates if candidate is not first]
    if not others:
        return first
    second = _drawn(others, request)
    return second if second.load < first.load else first


def _drawn(candidates: Sequence[Candidate], request: Request) -> Candidate:
    point = request.chance() * sum(candidate.weight for candidate in candidates)
    for candidate in candidates[:-1]:
        point -= candidate.weight
        if point < 0:
            return candidate
    return candidates[-1]


def source_hash(candidates: Sequence[Candidate], request: Request) -> Candidate:
    """Give a client address the same server every time."""
    return _rendezvous(candidates, request.client)


def user_hash(candidates: Sequence[Candidate], request: Request) -> Candidate:
    """Give a user the same server every time; the client address decides while the user is not known."""
    return _rendezvous(candidates, request.user or request.client)


def _rendezvous(candidates: Sequence[Candidate], key: str) -> Candidate:
    """Weighted rendezvous hashing: a server that leaves moves only its own keys, one that comes takes only its share.

    Servers are known by their names, so the answer outlives restarts, slots and the order in the file.
    """
    return max(candidates, key=lambda candidate: (_score(candidate, key), candidate.server.name))


def _score(candidate: Candidate, key: str) -> float:
    digest = blake2b(f"{key}\0{candidate.server.name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    # 52 bits and a half fit a float exactly, so the fraction is never 0 nor 1 and its logarithm never 0.
    fraction = ((int.from_bytes(digest, "big") >> 12) + 0.5) / 2**52
    return -candidate.weight / math.log(fraction)


POLICIES: dict[BalancePolicy, Policy] = {
    "round-robin": round_robin,
    "least-sessions": least_sessions,
    "random-two": random_two,
    "source-hash": source_hash,
    "user-hash": user_hash,
}
