"""What separates the running plan from the wanted one, as sentences; no step ends a session. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ftpair.config.advertising import ADVERTISED_WORDS
from ftpair.config.binding import BINDING_WORDS
from ftpair.config.certificates import day, fingerprint
from ftpair.config.commanding import COMMAND_WORDS
from ftpair.core.ejection import EjectionPolicy
from ftpair.core.limits import BanPolicy
from ftpair.core.plan import (
    AnyService,
    Certificate,
    ClientCertificates,
    ClientTls,
    Plan,
    ServerPlan,
    ServicePlan,
    TcpServicePlan,
    WebPlan,
)
from ftpair.core.routing import DEFAULT_POOL

_LEAVES = "no new sessions, running ones end by themselves"
_Words = tuple[tuple[str, Callable[[Any], Any]], ...]


def steps(running: Plan | None, wanted: Plan) -> tuple[str, ...]:
    """Return one sentence for each thing that applying `wanted` changes; nothing to do is an empty tuple.

    `workers` and `user` are no steps: they stay as they are until a restart.
    """
    before = {service.name: service for service in running.all_services} if running else {}
    sentences = [*_changes(_NODE, running, wanted), *_web_steps(running.web, wanted.web)] if running else []
    sentences += [f"remove service {name}: {_LEAVES}" for name in before if wanted.service(name) is None]
    for service in wanted.all_services:
        former = before.get(service.name)
        sentences += _steps_of(former, service) if former else [_added(service)]
    return tuple(sentences)


def _steps_of(before: AnyService, after: AnyService) -> list[str]:
    if isinstance(before, ServicePlan) and isinstance(after, ServicePlan):
        return _service_steps(before, after)
    if isinstance(before, TcpServicePlan) and isinstance(after, TcpServicePlan):
        return _tcp_steps(before, after)
    modes = ("ftp", "tcp") if isinstance(before, ServicePlan) else ("tcp", "ftp")
    return [f"{after.name}: mode {modes[0]} -> {modes[1]}, {_LEAVES}"]


def _tcp_steps(before: TcpServicePlan, after: TcpServicePlan) -> list[str]:
    sentences = [
        *_changes(_TCP_SERVICE, before, after),
        *_struct_steps("health", before.health, after.health),
        *_struct_steps("drain", before.drain, after.drain),
        *_pool_steps(before.servers, after.servers),
    ]
    return [f"{after.name}: {sentence}" for sentence in sentences]


def _added(service: AnyService) -> str:
    doors = [
        f"{door} {port}" for door, port in (("explicit", service.explicit), ("implicit", service.implicit)) if port
    ]
    names = ", ".join(server.name for server in service.servers)
    return f"add service {service.name} on {service.address}: {', '.join(doors)}, passive {service.passive}, to {names}"


def _service_steps(before: ServicePlan, after: ServicePlan) -> list[str]:
    sentences = [
        *_changes(_SERVICE, before, after),
        *_tls_steps(before.tls, after.tls),
        *_struct_steps("health", before.health, after.health),
        *_struct_steps("drain", before.drain, after.drain),
        *_changes(ADVERTISED_WORDS, before.advertised, after.advertised),
        *_changes(BINDING_WORDS, before.bindings, after.bindings),
        *_changes(COMMAND_WORDS, before.commands, after.commands),
        *_struct_steps("timeouts", before.clocks, after.clocks),
        *_struct_steps("limits", before.limits, after.limits),
        *_ban_steps(before.bans, after.bans),
        *_ejection_steps(before.ejection, after.ejection),
        *_pool_steps(before.servers, after.servers),
    ]
    return [f"{after.name}: {sentence}" for sentence in sentences]


def _web_steps(before: WebPlan | None, after: WebPlan | None) -> Iterator[str]:
    if before and after:
        if before.url != after.url:
            yield f"web UI {before.url} -> {after.url}"
        yield from _web_certificate_steps(before.certificate, after.certificate)
    elif after:
        yield f"web UI at {after.url}"
    elif before:
        yield "no web UI any more: the API answers on its unix socket alone"


def _web_certificate_steps(before: Certificate | None, after: Certificate | None) -> Iterator[str]:
    if before and after:
        yield from (f"web UI: {step}" for step in _certificate_steps(before, after))
    elif before != after:
        names = [one.name if one else "of its own" for one in (before, after)]
        yield f"web UI: certificate {names[0]} -> {names[1]}"


def _tls_steps(before: ClientTls | None, after: ClientTls | None) -> Iterator[str]:
    if before and after:
        yield from _changes(_TLS, before, after)
        yield from _certificate_steps(before.certificate, after.certificate)
        yield from _further_steps(before.certificates, after.certificates)
        yield from _client_certificate_steps(before.client_certificate, after.client_certificate)
    elif after:
        yield f"TLS for clients none -> certificate {_certificate(after.certificate)}"
    elif before:
        yield "TLS for clients is taken away: clear text only"


def _certificate_steps(before: Certificate, after: Certificate) -> Iterator[str]:
    if before.chain_pem != after.chain_pem or before.name != after.name:
        yield f"certificate {_certificate(before)} -> {_certificate(after)}"
    elif before.key_pem != after.key_pem:
        yield f"key of certificate {after.name} written anew"


def _further_steps(before: tuple[Certificate, ...], after: tuple[Certificate, ...]) -> Iterator[str]:
    former = {certificate.name: certificate for certificate in before}
    names = {certificate.name for certificate in after}
    yield from (f"certificate {name} is no longer shown" for name in former if name not in names)
    for certificate in after:
        if certificate.name in former:
            yield from _certificate_steps(former[certificate.name], certificate)
        else:
            yield f"further certificate {_certificate(certificate)}"


def _client_certificate_steps(before: ClientCertificates | None, after: ClientCertificates | None) -> Iterator[str]:
    if before and after:
        yield from _changes(_CLIENT_CERTIFICATE, before, after)
    elif after:
        yield f"certificates of clients none -> {after.demand}"
    elif before:
        yield "clients are asked for no certificate any more"


def _own_certificate(server: ServerPlan) -> str:
    return _certificate(server.tls.certificate) if server.tls.certificate else ""


def _certificate(certificate: Certificate) -> str:
    """Return what people tell certificates apart by; nothing of the key."""
    mark = fingerprint(certificate.chain_pem)
    return f"{certificate.name} (SHA-256 {mark}, valid until {day(certificate.not_after)})"


def _struct_steps(name: str, before: msgspec.Struct, after: msgspec.Struct) -> Iterator[str]:
    for key in before.__struct_fields__:
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            secret = key == "password"
            yield f"{name} {key} replaced" if secret else f"{name} {key} {_shown(old)} -> {_shown(new)}"


def _ban_steps(before: BanPolicy | None, after: BanPolicy | None) -> Iterator[str]:
    if before and after:
        yield from _struct_steps("bans", before, after)
    elif after:
        yield f"bans for {after.for_s:g} s after {after.failures} wrong passwords"
    elif before:
        yield "wrong passwords lead to no ban any more"


def _ejection_steps(before: EjectionPolicy | None, after: EjectionPolicy | None) -> Iterator[str]:
    if before and after:
        yield from _struct_steps("ejection", before, after)
    elif after:
        yield f"a server is ejected for {after.ejection_s:g} s after {after.consecutive_errors} errors in a row"
    elif before:
        yield "no server is ejected any more"


def _quorums(service: AnyService) -> str:
    return ", ".join(f"{quorum} in pool {pool}" for pool, quorum in service.quorums.items())


def _pool_steps(before: tuple[ServerPlan, ...], after: tuple[ServerPlan, ...]) -> Iterator[str]:
    former = {server.name: server for server in before}
    names = {server.name for server in after}
    yield from (f"remove {name}: {_LEAVES}" for name in former if name not in names)
    for server in after:
        if server.name in former:
            yield from _changes(_SERVER, former[server.name], server, of=f" of {server.name}")
        else:
            pool = "" if server.pool == DEFAULT_POOL else f" to pool {server.pool}"
            yield f"add {server.name}{pool} at {server.address}, weight {server.weight}, TLS {server.tls.mode}"


def _changes(words: _Words, before: Any, after: Any, of: str = "") -> Iterator[str]:
    for word, look in words:
        old, new = look(before), look(after)
        if old != new:
            secret = isinstance(old, bytes)  # Long and unreadable: that it changed is all there is to say.
            yield f"{word}{of} replaced" if secret else f"{word}{of} {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


_NODE: _Words = (
    ("shutdown_timeout_s", lambda plan: plan.shutdown_timeout_s),
    ("upgrade_timeout_s", lambda plan: plan.upgrade_timeout_s),
    ("log format", lambda plan: plan.log_format),
    ("log level", lambda plan: plan.log_level),
    ("memory_floor_bytes", lambda plan: plan.overload.memory_floor_bytes),
    ("loop_lag_ceiling_s", lambda plan: plan.overload.loop_lag_ceiling_s),
)
_SERVICE: _Words = (
    ("address", lambda service: service.address),
    ("explicit port", lambda service: service.explicit),
    ("implicit port", lambda service: service.implicit),
    ("passive range", lambda service: service.passive),
    ("connect", lambda service: service.connect),
    ("greeting", lambda service: service.greeting),
    ("balance", lambda service: service.balance),
    ("retries", lambda service: service.retries),
    ("max_sessions", lambda service: service.max_sessions),
    ("sorry_text", lambda service: service.sorry_text),
    ("proxies in front", lambda service: ", ".join(service.accept_from)),
    ("source of connections to servers", lambda service: service.source),
    ("routes", lambda service: "; ".join(f"{rule} to pool {rule.pool}" for rule in service.routes)),
    ("balance of pools", lambda service: ", ".join(f"{policy} in {pool}" for pool, policy in service.pools.items())),
    ("affinity", lambda service: service.affinity),
    ("quorum", _quorums),
    ("affinity_timeout_s", lambda service: service.affinity_timeout_s),
    ("active_source_port", lambda service: service.active_source_port),
    ("server_data", lambda service: service.server_data),
    ("rescue", lambda service: service.rescue),
    ("server_active_ports", lambda service: service.server_active_ports),
    ("server_passive_networks", lambda service: ", ".join(service.server_passive_networks)),
)
_TCP_SERVICE: _Words = (
    ("engine", lambda service: service.engine),
    ("pairing", lambda service: service.pairing),
    ("address", lambda service: service.address),
    ("explicit port", lambda service: service.explicit),
    ("implicit port", lambda service: service.implicit),
    ("passive range", lambda service: service.passive),
    ("servers' explicit port", lambda service: service.server_explicit),
    ("servers' implicit port", lambda service: service.server_implicit),
    ("advertised address", lambda service: service.advertised_address),
    ("public name", lambda service: service.public_name),
    ("balance", lambda service: service.balance),
    ("max_sessions", lambda service: service.max_sessions),
    ("longest_transfer_s", lambda service: service.longest_transfer_s),
    ("connect_timeout_s", lambda service: service.connect_timeout_s),
    ("source of connections to servers", lambda service: service.source),
    ("proxies in front", lambda service: ", ".join(service.accept_from)),
    ("clear_text", lambda service: service.clear_text),
    ("quorum", _quorums),
    ("minimum TLS version of servers", lambda service: service.minimum_version),
)
_TLS: _Words = (
    ("clear_text", lambda tls: tls.clear_text),
    ("data_protection", lambda tls: tls.data_protection),
    ("minimum TLS version", lambda tls: tls.minimum_version),
    ("close_notify", lambda tls: tls.close_notify),
    ("ciphers", lambda tls: tls.ciphers),
    ("curves", lambda tls: ", ".join(tls.curves)),
    ("AUTH SSL", lambda tls: tls.auth_ssl),
    ("CCC", lambda tls: tls.ccc),
)
_CLIENT_CERTIFICATE: _Words = (
    ("CA certificates of clients", lambda wanted: wanted.ca_pem),
    ("revocation lists of clients", lambda wanted: wanted.crl_pem),
    ("certificates of clients", lambda wanted: wanted.demand),
    ("user by certificate", lambda wanted: wanted.user),
)
_SERVER: _Words = (
    ("address", lambda server: server.address),
    ("pool", lambda server: server.pool),
    ("slice of the passive range", lambda server: server.passive),
    ("weight", lambda server: server.weight),
    ("max_sessions", lambda server: server.max_sessions),
    ("backup", lambda server: server.is_backup),
    ("slow_start_s", lambda server: server.slow_start_s),
    ("TLS", lambda server: server.tls.mode),
    ("verification", lambda server: server.tls.verify),
    ("certificate name", lambda server: server.tls.name),
    ("CA certificates", lambda server: server.tls.ca_pem),
    ("minimum TLS version", lambda server: server.tls.minimum_version),
    ("close_notify", lambda server: server.tls.close_notify),
    ("ciphers", lambda server: server.tls.ciphers),
    ("curves", lambda server: ", ".join(server.tls.curves)),
    ("revocation lists", lambda server: server.tls.crl_pem),
    ("certificate shown", _own_certificate),
    ("PROXY header of control connections", lambda server: server.control_header),
    ("PROXY header of data connections", lambda server: server.data_header),
)
