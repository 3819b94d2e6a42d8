"""What pools and routes contradict, and what of them is in vain. Pure."""

from collections.abc import Callable, Iterator

from ftpair.balance.pattern import fits_glob, pattern
from ftpair.config.checks import services
from ftpair.config.models import Config, VirtualService
from ftpair.config.problems import Finding, Where
from ftpair.config.routing import rule_of
from ftpair.core.networks import lies_in
from ftpair.core.routing import DEFAULT_POOL, Route
from ftpair.core.subjects import canonical

_Look = Callable[[Where, VirtualService], Iterator[Finding]]


def contradictory_pools(config: Config) -> Iterator[Finding]:
    """Yield what keeps pools and routes from being used."""
    for where, service in services(config):
        for look in (_default_twice, _empty_pools, _names_twice, _unknown_pools):
            yield from look(where, service)


def vain_routes(config: Config) -> Iterator[Finding]:
    """Yield rules that no session ever comes to or fits, and pools that no rule leads to."""
    for where, service in services(config):
        for look in (_covered_rules, _rules_that_never_fit, _lonely_pools, _vain_affinity):
            yield from look(where, service)


def _default_twice(where: Where, service: VirtualService) -> Iterator[Finding]:
    if DEFAULT_POOL in service.pools:
        sentence = "is the name of the service's own real_servers: write another, or put these servers there"
        yield Finding((*where, "pools", DEFAULT_POOL), sentence)


def _empty_pools(where: Where, service: VirtualService) -> Iterator[Finding]:
    for name, pool in service.pools.items():
        if not pool.real_servers:
            sentence = "holds no server: write at least one, such as FTP_SVR9: {address: 10.0.0.19}"
            yield Finding((*where, "pools", name, "real_servers"), sentence)


def _names_twice(where: Where, service: VirtualService) -> Iterator[Finding]:
    homes: dict[str, str] = {}
    for member in service.members():
        if member.name in homes:
            sentence = f"is the name of a server of pool {homes[member.name]} too: write another, unique in the service"
            yield Finding((*where, *member.where), sentence)
        homes.setdefault(member.name, member.pool)


def _unknown_pools(where: Where, service: VirtualService) -> Iterator[Finding]:
    known = (DEFAULT_POOL, *service.pools)
    for number, route in enumerate(service.routes):
        if route.pool not in known:
            sentence = f"{route.pool} is not a pool of this service: write one of {', '.join(known)}"
            remedy = f"or add it under pools: {{{route.pool}: {{real_servers: ...}}}}"
            depends = ((*where, "pools", route.pool),)
            yield Finding((*where, "routes", number, "pool"), f"{sentence}, {remedy}", depends)


def _covered_rules(where: Where, service: VirtualService) -> Iterator[Finding]:
    rules = [rule_of(route) for route in service.routes]
    for place, rule in enumerate(rules):
        before = next((number for number, each in enumerate(rules[:place]) if covers(each, rule)), None)
        if before is not None:
            reason = f"rule {before + 1} ({rules[before]}) takes everybody who fits it"
            sentence = f"rule {place + 1} ({rule}) is never reached, {reason}: put it before, or remove it"
            yield Finding((*where, "routes", place), sentence)


_PATTERNS = ("user", "host", "sni", "certificate", "certificate_san")


def covers(rule: Route, other: Route) -> bool:
    """Return whether everybody who fits `other` surely fits the rule; what cannot be told is no."""
    return (
        all(_covers_text(getattr(rule, key), getattr(other, key)) for key in _PATTERNS)
        and _covers_text(canonical(rule.certificate_subject), canonical(other.certificate_subject))
        and _covers_expression(rule.user_regex, other)
        and _covers_networks(rule.networks, other.networks)
        and (rule.percent >= 100 or (rule.pool == other.pool and other.percent <= rule.percent))
    )


def _covers_text(wanted: str, other: str) -> bool:
    is_literal = bool(other) and "*" not in other and "?" not in other
    return not wanted or wanted == other or (wanted == "*" and bool(other)) or (is_literal and fits_glob(wanted, other))


def _covers_expression(wanted: str, other: Route) -> bool:
    is_literal = bool(other.user) and "*" not in other.user and "?" not in other.user
    return not wanted or wanted == other.user_regex or (is_literal and pattern(wanted).fits(other.user))


def _covers_networks(wanted: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return not wanted or (bool(others) and all(any(lies_in(other, each) for each in wanted) for other in others))


def _rules_that_never_fit(where: Where, service: VirtualService) -> Iterator[Finding]:
    for place, route in enumerate(service.routes):
        rule = rule_of(route)
        for key, is_unknown, why in _UNKNOWN:
            if getattr(rule, key) and is_unknown(service):
                yield Finding((*where, "routes", place, key), f"never fits: {why}")


def _is_at_once(service: VirtualService) -> bool:
    return service.connect == "at-once"


def _is_asked_for_none(service: VirtualService) -> bool:
    return service.tls is None or service.tls.client_certificate is None


def _is_before_certificates(service: VirtualService) -> bool:
    return not _is_asked_for_none(service) and _is_at_once(service) and service.ports.implicit is None


_OF_CERTIFICATE = ("certificate", "certificate_subject", "certificate_san")
_NO_CERTIFICATE = "clients are asked for no certificate; add tls: {client_certificate: {ca: FILE}}"
_AT_ONCE = "connect: at-once chooses the server before the client says {}; write connect: at-login"
_UNKNOWN: tuple[tuple[str, Callable[[VirtualService], bool], str], ...] = (
    ("user", _is_at_once, _AT_ONCE.format("USER")),
    ("user_regex", _is_at_once, _AT_ONCE.format("USER")),
    ("host", _is_at_once, _AT_ONCE.format("HOST")),
    ("sni", lambda service: service.tls is None, "the service speaks no TLS; add tls: {certificate: NAME}"),
    (
        "sni",
        lambda service: service.tls is not None and _is_at_once(service) and service.ports.implicit is None,
        _AT_ONCE.format("AUTH"),
    ),
    *((key, _is_asked_for_none, _NO_CERTIFICATE) for key in _OF_CERTIFICATE),
    *((key, _is_before_certificates, _AT_ONCE.format("AUTH")) for key in _OF_CERTIFICATE),
)
"""What a rule asks for and no session tells: the key, when, and why with the remedy."""


def _lonely_pools(where: Where, service: VirtualService) -> Iterator[Finding]:
    wanted = {route.pool for route in service.routes}
    for name in service.pools:
        if name not in wanted:
            yield Finding((*where, "pools", name), f"no rule leads here: add one to routes, such as {{pool: {name}}}")


def _vain_affinity(where: Where, service: VirtualService) -> Iterator[Finding]:
    if service.affinity == "user" and _is_at_once(service):
        sentence = f"user remembers nobody: {_AT_ONCE.format('USER')}, or affinity: source"
        yield Finding((*where, "affinity"), sentence)
