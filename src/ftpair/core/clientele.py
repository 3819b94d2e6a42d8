"""Which clients resume TLS on their data connections, and which would fail where that is required."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

Key = tuple[str, str, str, str]


class Seen(msgspec.Struct, frozen=True):
    """What one worker has seen of one client's data connections."""

    service: str
    client: str
    """Its address."""
    user: str
    program: str
    """The name that it gave with CLNT; empty if it gave none."""
    resumed: int = 0
    not_resumed: int = 0
    clear: int = 0
    tls: str = ""
    """The newest TLS version."""
    at: float = 0.0
    """When the newest came, seconds since the epoch."""

    @property
    def key(self) -> Key:
        """What there is one row of."""
        return self.service, self.client, self.user, self.program

    def plus(self, other: "Seen") -> "Seen":
        """Return both together."""
        newest = max(self, other, key=lambda seen: seen.at)
        return msgspec.structs.replace(
            newest,
            resumed=self.resumed + other.resumed,
            not_resumed=self.not_resumed + other.not_resumed,
            clear=self.clear + other.clear,
            tls=newest.tls or self.tls or other.tls,
        )


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client as people see it: its data connections so far, and what `data_session: require` would do to it."""

    service: str
    client: str
    user: str
    program: str
    resumed: int
    not_resumed: int
    clear: int
    tls: str
    seen: float
    would_break: bool
    verdict: str


def client_rows(seen: Iterable[Seen]) -> tuple[ClientRow, ...]:
    """Return a row for each client, the newest first; what several workers have seen of it is added up."""
    known: dict[Key, Seen] = {}
    for each in seen:
        known[each.key] = known[each.key].plus(each) if each.key in known else each
    return tuple(map(_row, sorted(known.values(), key=lambda each: -each.at)))


def _row(seen: Seen) -> ClientRow:
    would_break, verdict = judge(seen)
    return ClientRow(
        service=seen.service,
        client=seen.client,
        user=seen.user,
        program=seen.program,
        resumed=seen.resumed,
        not_resumed=seen.not_resumed,
        clear=seen.clear,
        tls=seen.tls,
        seen=seen.at,
        would_break=would_break,
        verdict=verdict,
    )


def judge(seen: Seen) -> tuple[bool, str]:
    """Return whether a client would fail where resumption is required, and what there is to say about it."""
    total = seen.resumed + seen.not_resumed + seen.clear
    if seen.resumed == total:
        return False, f"would work: {_number(total)} resumed the session's TLS"
    if seen.clear == total:
        return True, "would be refused: its data connections are in clear text"
    if seen.not_resumed == total:
        return True, "would break: it never resumes the session's TLS"
    ways = {"not resumed": seen.not_resumed, "in clear text": seen.clear}
    words = " and ".join(f"{count} {way}" for way, count in ways.items() if count)
    return True, f"would break at times: of {_number(total)} {words}"


def _number(total: int) -> str:
    return f"{total} data connection{'' if total == 1 else 's'}"
