"""What HAProxy answers, read: its statistics, processes, sessions, tables and servers. Pure.

The formats are those of its management guide (chapter 9): CSV and columns, of which names are used and no positions.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of `show stat`: of a proxy's clients (`FRONTEND`), all its servers (`BACKEND`), or one server."""

    proxy: str
    server: str
    status: str
    """`UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`, `UP 1/3`; `OPEN` of clients."""
    weight: int
    """As it was set: `weight` of the answer is less in a slow start."""
    sessions: int
    """Connections now."""
    bytes_in: int
    """From clients."""
    bytes_out: int
    check: str
    """What the last check found, in HAProxy's words."""
    changed_s: int = 0
    """How long it has been so: seconds since the status changed."""

    @property
    def state(self) -> str:
        """The status without what is on its way: `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`."""
        return (
            self.status.partition(" ")[0] if self.status.startswith(("UP", "DOWN", "MAINT", "DRAIN")) else self.status
        )


def figures(answer: str) -> tuple[Figures, ...]:
    """Read `show stat`; a row that is not whole is left out."""
    rows = csv.DictReader(answer.removeprefix("# ").splitlines())
    return tuple(
        Figures(
            row["pxname"],
            row["svname"],
            row["status"],
            _number(row.get("uweight") or row["weight"]),
            _number(row["scur"]),
            _number(row["bin"]),
            _number(row["bout"]),
            row.get("last_chk") or row.get("check_desc") or "",
            _number(row.get("lastchg")),
        )
        for row in rows
        if row.get("svname") and None not in row.values()
    )


@dataclass(frozen=True, slots=True)
class Processes:
    """What `show proc` of a master tells."""

    master: int
    reloads: int
    failed: int
    """Reloads in a row that failed."""
    workers: tuple[int, ...]
    """Those that take new connections."""
    former: tuple[int, ...]
    """Those that only finish what they have."""


def processes(answer: str) -> Processes:
    """Read `show proc`. Raises ValueError for anything else."""
    head = re.search(r"^(\d+)\s+master\s+(\d+)(?: \[failed: (\d+)\])?", answer, re.MULTILINE)
    if head is None:
        raise ValueError("is no list of processes")
    _, _, rest = answer.partition("# workers")
    now, _, before = rest.partition("# old workers")
    return Processes(int(head[1]), int(head[2]), int(head[3] or 0), _workers(now), _workers(before))


def _workers(text: str) -> tuple[int, ...]:
    return tuple(int(pid) for pid in re.findall(r"^(\d+)\s+worker\b", text, re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of `show sess all`."""

    id: str
    proxy: str
    server: str
    client: str
    """Address and port."""
    seconds: float
    bytes_up: int
    """From the client, up to this moment: `show stat` learns of them seconds later."""
    bytes_down: int
    client_leg: tuple[str, str] = ("", "")
    """Our end and the client's, each `address:port`."""
    server_leg: tuple[str, str] = ("", "")
    """Our end and the server's."""


_WORDS = {"source", "backend", "server", "age"}
_WORD = re.compile(rf"\b({'|'.join(sorted(_WORDS))})=(\S*)")


def connections(answer: str) -> Iterator[Connection]:
    """Read `show sess all`; what HAProxy does for itself is left out, and a connection that ended as it was told."""
    for block in re.split(r"^(?=0x[0-9a-f]+: )", answer, flags=re.MULTILINE):
        words = dict(_WORD.findall(block))
        totals = [int(number) for number in re.findall(r" total=(\d+)\)", block)]
        if words.keys() == _WORDS and words["server"] != "<NONE>" and len(totals) == 2:
            ends = dict(re.findall(r"^  (frontend|backend|server)=.* addr=(\S+)", block, re.MULTILINE))
            yield Connection(
                block.partition(":")[0],
                words["backend"],
                words["server"],
                words["source"],
                seconds(words["age"]),
                bytes_up=totals[0],
                bytes_down=totals[1],
                client_leg=(ends.get("frontend", ""), words["source"]),
                server_leg=(ends.get("backend", ""), ends.get("server", "")),
            )


_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


def seconds(text: str) -> float:
    """Read a duration such as `1h59m` or `4s`."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))


@dataclass(frozen=True, slots=True)
class Entry:
    """One client in a table: which server it belongs to, and how many control connections it has in that process."""

    client: str
    server: str
    """By name: of an entry that another node has taught, the id is that node's."""
    sessions: int


def entries(answer: str) -> Iterator[Entry]:
    """Read `show table`."""
    for line in answer.splitlines():
        words = dict(re.findall(r"\b(key|server_key|conn_cur)=(\S+)", line))
        if "key" in words:
            yield Entry(words["key"], words.get("server_key", ""), _number(words.get("conn_cur")))


def has_learned(answer: str) -> bool:
    """Return whether a process has finished to learn from its peers (`show peers`), and can teach in turn."""
    found = re.search(r"\bid=ftpair\b.* flags=0x([0-9a-f]+)", answer)
    return found is not None and int(found[1], 16) & 0x3 == 0x3  # Finished, local and remote.


def columns(answer: str) -> tuple[Mapping[str, str], ...]:
    """Read `show servers state`: a number, a line of names, and a line per server."""
    lines = [line for line in answer.splitlines() if " " in line]
    names = lines[0].removeprefix("# ").split() if lines else []
    return tuple(dict(zip(names, line.split(), strict=False)) for line in lines[1:])


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
