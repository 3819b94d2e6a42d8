"""Clients at work, all at once, each in a thread of its own, and the time at which the fault strikes them."""

import contextlib
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.contents import DOWNLOADS, checksum, content
from tests.chaos.ledger import Ledger, LostError
from tests.chaos.programs import PROGRAMS, Errand
from tests.chaos.scenario import Figures, Run
from tests.chaos.site import Site
from tests.chaos.visits import BROKEN, PACE, Visit
from tests.interop.lab import files

PATIENCE_S = 120.0
"""For a service to come back; past it, it has not."""
_WARM_UP_S = 60.0
_PAUSE_S = 0.2
"""From a refusal to the next try."""
_UNIQUE = itertools.count()
_Act = Callable[[str, str, random.Random], None]
"""What a client does in one life, given its name, its address and its chance."""


@dataclass(frozen=True, slots=True)
class Cast:
    """How many clients there are of each kind."""

    regulars: int = 5
    """Keep their session and transfer."""
    passers: int = 2
    """Come for two transfers and go."""
    idlers: int = 2
    """Keep their session and say NOOP."""
    programs: tuple[str, ...] = ("curl", "lftp")
    pace: int = PACE


class Crowd:
    """The clients of one run."""

    def __init__(self, run: Run, site: Site, cast: Cast) -> None:
        self.ledger = Ledger()
        self._run, self._site, self._cast = run, site, cast
        self._is_over = threading.Event()
        roles: list[tuple[str, _Act]] = [
            *((f"regular {number}", self._regular) for number in range(cast.regulars)),
            *((f"passer {number}", self._passer) for number in range(cast.passers)),
            *((f"idler {number}", self._idler) for number in range(cast.idlers)),
            *((f"{name} {number}", self._program) for number, name in enumerate(cast.programs)),
        ]
        self._threads = [
            threading.Thread(target=self._on_site, args=(act, name), name=name, daemon=True) for name, act in roles
        ]

    def start(self) -> None:
        """Place the files, let all clients come, and wait until each has been served."""
        for name, size in DOWNLOADS.items():
            (self._site.files / name).write_bytes(content(name, size))
        for thread in self._threads:
            thread.start()
        deadline = time.monotonic() + _WARM_UP_S
        while missing := self._unserved():
            assert time.monotonic() < deadline, f"not served before any fault: {missing}, {self.ledger.reasons}"
            time.sleep(0.05)
        time.sleep(self._run.seconds)

    def stop(self) -> None:
        """Let all clients go, each after what it is doing."""
        self._is_over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), f"{thread.name} hangs"

    @contextlib.contextmanager
    def fault(self) -> Iterator[None]:
        """Hold the fault: it begins with the block. What is done to undo it belongs into the block, too."""
        self.ledger.strike()
        yield

    def figures(self) -> Figures:
        """Wait until all clients have been served again, let them go on, and count."""
        deadline = time.monotonic() + PATIENCE_S
        while self._unserved() and time.monotonic() < deadline:
            time.sleep(0.05)
        seconds = None if self._unserved() else max(self.ledger.served().values())
        time.sleep(self._run.seconds)
        self.stop()
        ledger = self.ledger
        return Figures(
            sessions=ledger.stood,
            held=ledger.held,
            transfers=ledger.transfers,
            lost=ledger.lost,
            seconds=seconds,
            wrong=tuple(ledger.wrong),
            reasons=tuple(ledger.reasons.most_common()),
            latest=tuple(Counter(ledger.served()).most_common(3)),
        )

    def _unserved(self) -> list[str]:
        served = self.ledger.served()
        return [each.name for each in self._threads if each.name not in served]

    def _on_site(self, act: _Act, name: str) -> None:
        chance = random.Random(f"{self._run.chance.random()} {name}")
        source = next(self._site.place.clients)
        with self._site.place.inside("client"):
            while not self._is_over.is_set():
                try:
                    act(name, source, chance)
                except BROKEN:
                    time.sleep(_PAUSE_S)

    def _regular(self, name: str, source: str, chance: random.Random) -> None:
        with self._session(name, source) as visit:
            while not self._is_over.is_set():
                visit.transfer(chance)

    def _passer(self, name: str, source: str, chance: random.Random) -> None:
        with self._session(name, source) as visit:
            visit.transfer(chance)
            visit.transfer(chance)

    def _idler(self, name: str, source: str, _chance: random.Random) -> None:
        with self._session(name, source) as visit:
            while not self._is_over.wait(_PAUSE_S):
                with self.ledger.serving(name):
                    visit.rest()

    @contextlib.contextmanager
    def _session(self, name: str, source: str) -> Iterator[Visit]:
        """Log in, count the session, and leave in order, unless it broke. Raises one of `BROKEN`."""
        try:
            visit = Visit(self._site, self.ledger, name, source, self._cast.pace)
        except BROKEN as refused:
            self.ledger.note(refused)
            raise
        try:
            with self.ledger.session():
                yield visit
                visit.leave()
        finally:
            visit.drop()

    def _program(self, name: str, source: str, chance: random.Random) -> None:
        program, is_upload, wanted = name.split(maxsplit=1)[0], chance.random() < 0.5, chance.choice(list(DOWNLOADS))
        size, pace, label = DOWNLOADS[wanted], self._cast.pace, f"{program}-{next(_UNIQUE)}"
        local, remote = self._run.folder / label, self._site.files / (label if is_upload else wanted)
        if is_upload:
            local.write_bytes(content(wanted, size))
        try:
            with self.ledger.transfer(name, size / pace):
                errand = Errand(local, f"files/{remote.name}", is_upload, pace)
                transcript = PROGRAMS[program](self._site, source, errand)
            if files.digest(remote if is_upload else local) != checksum(wanted, size):
                self.ledger.mistaken(f"{program}: {'upload' if is_upload else 'download'} of {wanted}\n{transcript}")
        except LostError as lost:
            self.ledger.note(lost)
            raise
        finally:
            local.unlink(missing_ok=True)
            if is_upload:
                remote.unlink(missing_ok=True)


@contextlib.contextmanager
def crowd(run: Run, site: Site, cast: Cast | None = None) -> Iterator[Crowd]:
    """Have clients at work for the length of a block."""
    clients = Crowd(run, site, cast or Cast())
    try:
        clients.start()
        yield clients
    finally:
        clients.stop()
