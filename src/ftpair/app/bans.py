"""Bans on a running node: decided by `balance.bans`, told to all workers, kept in a file over restarts."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import structlog

from ftpair.app.state_file import StateFile
from ftpair.balance.bans import Bans, subject_of_address, subject_of_user
from ftpair.core.errors import NotFoundError, WrongRequestError
from ftpair.core.limits import Ban, BannedBy
from ftpair.core.messages import PasswordWrong, UseBans
from ftpair.core.plan import Plan, TcpServicePlan
from ftpair.core.status import Sample

log = structlog.get_logger("ftpair")


class BanFile:
    """`bans.json` in the state folder; bans hold even if they cannot be kept."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._file = StateFile(path, warn, "nobody is banned from before", "bans end with this run")

    def read(self) -> tuple[Ban, ...]:
        """Return the bans of the run before."""
        return self._file.read(_decoded) or ()

    def write_again(self) -> None:
        """Write what could not be written, if there is room by now."""
        self._file.write_again()

    def write(self, bans: Iterable[Ban]) -> None:
        """Keep these bans and no other."""
        self._file.write(_text(bans).encode())


def _decoded(content: bytes) -> tuple[Ban, ...]:
    return msgspec.json.decode(content, type=tuple[Ban, ...])


def _text(bans: Iterable[Ban]) -> str:
    return "[\n" + ",\n".join(json.dumps(msgspec.to_builtins(ban)) for ban in bans) + "\n]\n"


class BanKeeper:
    """The one who writes bans; `tell` gives news to all workers."""

    def __init__(self, file: BanFile, tell: Callable[[UseBans], None], now: Callable[[], float] = time.time) -> None:
        self._file, self._tell, self._now = file, tell, now
        self._plan = Plan(0, 1, ())
        self._bans = Bans(file.read())
        self._bans.expire(now())
        self._has_changed = False

    def use_plan(self, plan: Plan) -> None:
        """Work by this plan; the bans of services that are gone are forgotten."""
        self._plan = plan
        self._forget(self._bans.keep_services({service.name for service in plan.services}))

    def all(self) -> tuple[Ban, ...]:
        """Return the bans in force."""
        return self._bans.all(self._now())

    def whole(self) -> UseBans:
        """Return what a new worker must know."""
        return UseBans(self.all(), is_whole=True)

    def hear(self, wrong: PasswordWrong) -> None:
        """Count a wrong password, and ban for it."""
        service = self._plan.in_ftp_mode(wrong.service)
        if service is None or service.bans is None:
            return
        self._publish(self._bans.fail(service.bans, wrong.service, wrong.address, wrong.user, self._now()))

    def add(self, service: str, by: BannedBy, subject: str, for_s: float) -> str:
        """Ban because somebody wants it; return the sentence."""
        known = _known(by, subject)
        self._demand(service)
        ban = Ban(service, by, known, self._now() + for_s, "the administrator wants it")
        self._bans.add(ban)
        self._publish((ban,))
        return f"ban {_named(ban)} from {service} for {for_s:g} s"

    def lift(self, service: str, by: BannedBy, subject: str) -> str:
        """Take a ban back; return the sentence. Raises NotFoundError."""
        self._demand(service)
        ban = self._bans.lift((service, by, _known(by, subject)))
        if ban is None:
            raise NotFoundError(f"{service} has no ban of {by} {subject!r}; `ftpair bans` lists them")
        self._forget((ban,))
        sentence = f"lift the ban of {_named(ban)} from {service}"
        log.info(sentence, service=service)
        return sentence

    def _demand(self, service: str) -> None:
        """Raise NotFoundError or WrongRequestError for a service that can ban nobody."""
        if isinstance(self._plan.named(service), TcpServicePlan):
            raise WrongRequestError(f"{service} is in TCP mode, where TLS hides users and passwords: it bans nobody")

    def refresh(self) -> None:
        """Forget what is over and keep what has changed; called every second."""
        self._forget(self._bans.expire(self._now()))
        if self._has_changed:
            self._has_changed = False
            self._file.write(self.all())
        else:
            self._file.write_again()

    def gauges(self) -> tuple[Sample, ...]:
        """Return how many are banned, by service and by what; 0 where a service bans but nobody is banned."""
        counts = {(each.name, by): 0 for each in self._plan.services if each.bans for by in each.bans.by}
        for ban in self.all():
            counts[ban.service, ban.by] = counts.get((ban.service, ban.by), 0) + 1
        return tuple(Sample("bans", labels, float(count)) for labels, count in counts.items())

    def _publish(self, bans: tuple[Ban, ...]) -> None:
        if not bans:
            return
        for ban in bans:
            log.warning("banned", service=ban.service, by=ban.by, subject=ban.subject, until=ban.until, why=ban.reason)
        lost = tuple(ban.key for ban in self._bans.lost)
        self._bans.lost.clear()
        self._has_changed = True
        self._tell(UseBans(bans, lost))

    def _forget(self, bans: tuple[Ban, ...]) -> None:
        if bans:
            self._has_changed = True
            self._tell(UseBans((), tuple(ban.key for ban in bans)))


def _known(by: BannedBy, subject: str) -> str:
    if by == "user":
        return subject_of_user(subject)
    try:
        return subject_of_address(subject.removesuffix("/64"))
    except ValueError:
        raise WrongRequestError(
            f"{subject!r} is no IP address: write one such as 198.51.100.7, or ban it as a user"
        ) from None


def _named(ban: Ban) -> str:
    return ban.subject if ban.by == "address" else f"user {ban.subject}"
