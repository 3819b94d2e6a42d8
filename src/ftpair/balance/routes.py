"""Which pool a session goes to: the first rule of the service that fits it, or the default pool."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from msgspec.structs import replace

from ftpair.balance.pattern import fits_glob, pattern
from ftpair.balance.policies import Request
from ftpair.core.networks import contain
from ftpair.core.plan import ServicePlan
from ftpair.core.routing import DEFAULT_POOL, Route
from ftpair.core.subjects import canonical


@dataclass(frozen=True, slots=True)
class Routed:
    """The pool of a session, and the rule that says so."""

    pool: str = DEFAULT_POOL
    number: int = 0
    """Of the rule, from 1; 0: none fits."""
    why: str = "no rule fits"

    @property
    def rule(self) -> str:
        """The rule in short: its number, or `none`."""
        return str(self.number or "none")


def route(service: ServicePlan, request: Request) -> Routed:
    """Return where a session goes."""
    for number, rule in enumerate(service.routes, 1):
        if fits(rule, request):
            return Routed(rule.pool, number, f"rule {number}: {rule}")
    return Routed() if service.routes else Routed(why="there are no rules")


def fits(rule: Route, request: Request) -> bool:
    """Return whether all that a rule asks for holds. What a session does not tell fits nothing that is asked of it."""
    return all(test(rule, request) for test in _TESTS)


def _user(rule: Route, request: Request) -> bool:
    return not rule.user or (bool(request.user) and fits_glob(rule.user, request.user))


def _user_regex(rule: Route, request: Request) -> bool:
    return not rule.user_regex or (bool(request.user) and pattern(rule.user_regex).fits(request.user))


def _network(rule: Route, request: Request) -> bool:
    return not rule.networks or (bool(request.client) and contain(rule.networks, request.client))


def _host(rule: Route, request: Request) -> bool:
    return not rule.host or (bool(request.host) and fits_glob(rule.host, request.host.lower()))


def _sni(rule: Route, request: Request) -> bool:
    return not rule.sni or (bool(request.sni) and fits_glob(rule.sni, request.sni.lower()))


def _certificate(rule: Route, request: Request) -> bool:
    return not rule.certificate or (bool(request.certificate) and fits_glob(rule.certificate, request.certificate))


def _subject(rule: Route, request: Request) -> bool:
    wanted, subject = rule.certificate_subject, request.names.subject
    return not wanted or (bool(subject) and fits_glob(canonical(wanted), canonical(subject)))


def _san(rule: Route, request: Request) -> bool:
    wanted = rule.certificate_san
    return not wanted or any(fits_glob(wanted, name) for name in request.names.alternative)


def _percent(rule: Route, request: Request) -> bool:
    return rule.percent >= 100 or place_of(request.user or request.client, rule.pool) < rule.percent


_TESTS: tuple[Callable[[Route, Request], bool], ...] = (
    _user,
    _user_regex,
    _network,
    _host,
    _sni,
    _certificate,
    _subject,
    _san,
    _percent,
)


def place_of(key: str, pool: str) -> float:
    """Return where a user stands among all, in percent; the same at every node, at any time.

    Whoever is among the first 5 is also among the first 10, so a share that grows takes nobody back. Each pool has an
    order of its own: whom one trial meets does not decide about the next.
    """
    digest = blake2b(f"{pool}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") * 100 / 2**64


def pool_names(service: ServicePlan) -> tuple[str, ...]:
    """Return the names of a service's pools, the default one first."""
    return tuple(dict.fromkeys((DEFAULT_POOL, *(server.pool for server in service.servers))))


def pool_of(service: ServicePlan, name: str) -> ServicePlan:
    """Return the service as if it had this pool alone: its servers, and the policy among them."""
    servers = tuple(server for server in service.servers if server.pool == name)
    return replace(service, servers=servers, balance=service.pools.get(name, service.balance))
