"""Can one come in at all: port, greeting, TLS, login, protection."""

from collections.abc import Callable, Iterator, Mapping

from ftpair.probes.doctor.seen import Seen, Step, Visit
from ftpair.probes.doctor.symptom import Case, Symptom, at, visits_of

_NOT_TLS = "the answer is not TLS"
_SPEAKS_OF_TLS = ("SSL", "TLS", "encrypt", "cleartext", "AUTH")


def look(case: Case) -> Iterator[Symptom]:
    """Yield what keeps a client from a session that works."""
    for seen, visit in visits_of(case):
        told = _BY_STEP.get(visit.step)
        if told and visit.trouble:
            yield from told(seen, visit)


def _port(visit: Visit) -> str:
    return str(visit.target.endpoint(visit.mode.entrance))


def _unreachable(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    yield at("unreachable", visit, f"{_port(visit)} cannot be reached: {visit.trouble}.", _port(visit))


def _greeting(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    yield at("greeting-refused", visit, f"{_port(visit)} gives no `220`: {visit.trouble}.", _port(visit))


def _auth(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    is_iis = visit.refusal is not None and b"Local policy on server does not allow TLS" in visit.refusal.raw
    yield at("iis-no-certificate" if is_iis else "auth-refused", visit, f"{visit.trouble}.")


def _tls(seen: Seen, visit: Visit) -> Iterator[Symptom]:
    entrance = visit.mode.entrance
    if any(other.is_secured for other in seen.visits if other.mode.entrance == entrance):
        return  # Another version is spoken; which ones, the look at versions compares.
    if entrance == "implicit" and _NOT_TLS in visit.trouble:
        yield at("implicit-clear", visit, f"{_port(visit)} speaks clear text, where TLS must come first.", _port(visit))
        return
    yield at("tls-failed", visit, f"No TLS at {_port(visit)}: {visit.trouble}.", _port(visit))


def _login(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    if visit.refusal is None:
        yield at("session-lost", visit, f"The session ends at the login: {visit.trouble}.")
    elif visit.mode.entrance == "clear" and any(word in visit.trouble for word in _SPEAKS_OF_TLS):
        yield at("clear-text-refused", visit, f"Without TLS {visit.trouble}.")
    else:
        yield at("login-refused", visit, f"{visit.trouble[:1].upper()}{visit.trouble[1:]}.")


def _protection(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    yield at("prot-refused" if visit.refusal else "session-lost", visit, f"{visit.trouble}.")


def _directory(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    if visit.refusal is not None:
        yield at("directory-refused", visit, f"{visit.trouble}.")
    else:
        yield from _lost(_seen, visit)


def _lost(_seen: Seen, visit: Visit) -> Iterator[Symptom]:
    yield at("session-lost", visit, f"The session ended behind the login: {visit.trouble}.")


_BY_STEP: Mapping[Step, Callable[[Seen, Visit], Iterator[Symptom]]] = {
    "connect": _unreachable,
    "greeting": _greeting,
    "auth": _auth,
    "tls": _tls,
    "login": _login,
    "protection": _protection,
    "directory": _directory,
    "transfers": _lost,
}
