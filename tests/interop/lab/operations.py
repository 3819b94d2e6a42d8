"""The operations of the matrix: what a client does in one session, and what must be true afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.interop.lab import files
from tests.interop.lab.clients.steps import (
    AbortDownload,
    AbortUpload,
    Append,
    Download,
    List,
    Nlst,
    Outcome,
    Resume,
    Step,
    Upload,
)
from tests.interop.lab.servers.real_server import RealServer

# More than all socket buffers on the way together, so that an abort always meets a running transfer.
BIG = 64 << 20


@dataclass(frozen=True, slots=True)
class Case:
    """Files of one session: `here` is the client's folder; names on the server begin with the case's own."""

    name: str
    size: int
    here: Path
    server: RealServer

    def remote(self, number: int | str) -> str:
        """Return a path as the client says it."""
        return f"files/{self.name}-{number}"

    def there(self, number: int | str) -> Path:
        """Return where that file stands on the server's disk."""
        return self.server.take(f"{self.name}-{number}")

    def local(self, number: int | str, label: str = "", size: int | None = None) -> Path:
        """Return a path at the client; with a label it is made, with that label's content."""
        path = self.here / f"{self.name}-{number}"
        if label:
            files.fill(label, self.size if size is None else size)(path)
        return path

    def place(self, number: int | str) -> None:
        """Put a file on the server whose content tells the server and the case."""
        self.server.put(f"{self.name}-{number}", files.fill(f"{self.server.address} {self.name}", self.size))


Check = Callable[[Case, list[Outcome]], None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the matrix: its steps, made for a case, and what is checked after them."""

    steps: Callable[[Case], list[Step]]
    check: Check


def _done(*outcomes: Outcome) -> None:
    assert all(outcome.is_done for outcome in outcomes), outcomes


def _same(one: Path, other: Path) -> None:
    assert files.digest(one) == files.digest(other), (one, other)


def _retr(case: Case) -> list[Step]:
    case.place(0)
    return [Download(case.remote(0), case.local(number)) for number in (1, 2, 3)]


def _check_retr(case: Case, outcomes: list[Outcome]) -> None:
    _done(*outcomes)
    for number in (1, 2, 3):
        _same(case.local(number), case.there(0))


def _stor(case: Case) -> list[Step]:
    return [Upload(case.local(number, f"{case.name} {number}"), case.remote(number)) for number in (1, 2, 3)]


def _check_stor(case: Case, outcomes: list[Outcome]) -> None:
    _done(*outcomes)
    for number in (1, 2, 3):
        _same(case.there(number), case.local(number))


def _list(case: Case) -> list[Step]:
    case.place(0)
    return [List("empty"), Download(case.remote(0), case.local(1)), List("empty")]


def _check_list(case: Case, outcomes: list[Outcome]) -> None:
    _done(*outcomes)
    assert [outcomes[0].text, outcomes[2].text] == ["", ""]
    _same(case.local(1), case.there(0))


def _nlst(case: Case) -> list[Step]:
    return [Nlst("missing"), Upload(case.local(1, case.name), case.remote(1)), Nlst("missing")]


def _check_nlst(case: Case, outcomes: list[Outcome]) -> None:
    # Servers differ: some refuse, some send an empty list. What matters is that nothing hangs and the session goes on.
    assert all(not outcome.is_done or outcome.text == "" for outcome in (outcomes[0], outcomes[2])), outcomes
    _done(outcomes[1])
    _same(case.there(1), case.local(1))


def _resume(case: Case) -> list[Step]:
    case.place(0)
    offset = case.size // 2
    content = f"{case.server.address} {case.name}"
    return [Resume(case.remote(0), case.local(number, content, offset), offset) for number in (1, 2, 3)]


def _appe(case: Case) -> list[Step]:
    whole = case.local("whole", case.name)
    part = case.local("part", case.name)
    with whole.open("ab") as target:
        target.write(part.read_bytes())
    return [
        Upload(part, case.remote(0)),
        Append(part, case.remote(0), whole),
        Download(case.remote(0), case.local("back")),
    ]


def _check_appe(case: Case, outcomes: list[Outcome]) -> None:
    _done(*outcomes)
    _same(case.there(0), case.local("whole"))
    _same(case.local("back"), case.local("whole"))


def _abort(case: Case) -> list[Step]:
    case.place(0)
    case.server.put(f"{case.name}-big", lambda path: files.sparse(path, BIG))
    return [
        AbortDownload(case.remote("big"), case.local("broken-off")),
        Download(case.remote(0), case.local(1)),
        AbortUpload(files.sparse(case.local("big"), BIG), case.remote("cut")),
        Upload(case.local(2, case.name), case.remote(2)),
    ]


def _check_abort(case: Case, outcomes: list[Outcome]) -> None:
    _done(*outcomes)
    _same(case.local(1), case.there(0))
    _same(case.there(2), case.local(2))
    cut = case.there("cut")
    assert not cut.exists() or cut.stat().st_size < BIG
    assert not outcomes[2].text.startswith("226"), "a cut file was reported complete"


OPERATIONS = {
    "RETR": Operation(_retr, _check_retr),
    "STOR": Operation(_stor, _check_stor),
    "LIST of an empty folder": Operation(_list, _check_list),
    "NLST of a missing one": Operation(_nlst, _check_nlst),
    "REST+RETR": Operation(_resume, _check_retr),
    "APPE": Operation(_appe, _check_appe),
    "abort": Operation(_abort, _check_abort),
}
