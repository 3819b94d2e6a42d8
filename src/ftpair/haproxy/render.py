"""HAProxy's file, from the plan. Generated whole, never parsed back. Pure.

A service becomes proxies of its own: `NAME` holds the control ports and chooses the server, `NAME:data` holds the
passive range and never chooses: a data connection goes where its session is, or nowhere. With `pairing: port` there is
one `NAME:SERVER` for each slice instead.
"""

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ftpair.core.endpoint import PortRange
from ftpair.core.plan import HaproxyPlan, HeaderVersion, ServerPlan, TcpBalance, TcpServicePlan
from ftpair.haproxy.journal import SESSION

KEEPALIVE_IDLE_S = 60
KEEPALIVE_INTERVAL_S = 15
KEEPALIVE_PROBES = 4
PIPE_BYTES = 1 << 20
"""Of the pipes that bytes are spliced through; the kernel's default makes HAProxy twice as dear (docs/bench.md)."""
REMEMBERED_CLIENTS = 1 << 20
SLOWEST_ORDER_S = 3.0
"""HAProxy's check brings no server up before ftpair, whose probes look deeper, had so long to say that it is down."""
FIRST_ANSWER_MS = 200
"""How long further sessions of an address wait for the server of its first one."""
NOBODY = "::"
"""The client of the last entry that a former process tells the next one: from then on a first session need not wait."""
LEARNING_S = 2
"""So old, a process that has heard nothing of `NOBODY` is told no more."""
UNKNOWN_MS = 1000
"""How long a data connection waits for its client to be known: a process that has just begun is yet to be told."""
LONGEST_QUEUE_S = 5
"""How long a client waits for a place on a server that is full."""

Key = tuple[str, str]
"""(service, server)."""

BALANCE: dict[TcpBalance, str] = {
    "round-robin": "roundrobin",
    "least-sessions": "leastconn",
    "random-two": "random(2)",
    "source-hash": "source",
}
HEADERS: dict[HeaderVersion, str] = {"off": "", "v1": " send-proxy", "v2": " send-proxy-v2"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a file depends on beside the plan."""

    closed: Container[Key] = ()
    """Servers that must not get a session before somebody opens them."""
    former: Mapping[str, tuple[ServerPlan, ...]] = field(default_factory=dict)
    """By service: servers that left the plan while sessions stay on them."""


def render(how: HaproxyPlan, services: Iterable[TcpServicePlan], scene: Scene = Scene()) -> str:
    """Return the file for these services; its last line ends with a line feed."""
    blocks = [_global(how), _defaults(), _peers(how)]
    for service in services:
        blocks += _service(service, scene)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def table_of(service: str) -> str:
    """Return the name of the table that remembers which client is where."""
    return f"{service}:pairs"


def told(services: Iterable[TcpServicePlan]) -> list[str]:
    """Return the commands that write down that everybody is told: the entry of `NOBODY`, in every table."""
    tables = [table_of(each.name) for each in services if each.pairing == "source"]
    return [f"set table {table} key {NOBODY} data.gpc0 1" for table in tables]


def data_of(service: TcpServicePlan, server: ServerPlan) -> str:
    """Return the name of the proxy that carries a server's data connections."""
    return f"{service.name}:data" if service.pairing == "source" else f"{service.name}:{server.name}"


def data_proxies(server: ServerPlan) -> tuple[str, ...]:
    """Return the names of the proxies that may carry a server's data connections, by whatever pairing."""
    return f"{server.service}:data", f"{server.service}:{server.name}"


def service_of(proxy: str) -> str:
    """Return the service that a proxy belongs to; names of services have no colon."""
    return proxy.partition(":")[0]


def _global(how: HaproxyPlan) -> list[str]:
    return [
        "# Written by ftpair with every apply: changes made here are lost.",
        "global",
        f"    localpeer {how.node}",
        f"    maxconn {how.connections}",
        f"    stats socket {how.socket} mode 600 level admin expose-fd listeners",
        f"    server-state-file {how.folder}/servers.state",
        f"    log {how.folder}/log.sock format raw local0",
        f"    tune.pipesize {PIPE_BYTES}",
        "    set-var proc.began date",
        *([f"    user {how.user}"] if how.user else []),
    ]


def _defaults() -> list[str]:
    return [
        "defaults",
        "    mode tcp",
        "    load-server-state-from-file global",
        "    option dontlognull",
        "    option splice-request",
        "    option splice-response",
        "    option contstats",
        *(line for side in ("cli", "srv") for line in _keepalive(side)),
    ]


def _keepalive(side: str) -> Iterator[str]:
    """Firewalls forget idle connections during long transfers, and dead peers are found."""
    yield f"    option {side}tcpka"
    yield f"    {side}tcpka-idle {KEEPALIVE_IDLE_S}s"
    yield f"    {side}tcpka-intvl {KEEPALIVE_INTERVAL_S}s"
    yield f"    {side}tcpka-cnt {KEEPALIVE_PROBES}"


def _peers(how: HaproxyPlan) -> list[str]:
    """Even a node of its own has a peer, itself: that is how a new process learns at a reload who is where."""
    if how.peers:
        return ["peers ftpair", *(f"    peer {name} {address}" for name, address in how.peers.items())]
    owner = f" user {how.user}" if how.user else ""
    return ["peers ftpair", f"    bind unix@{how.folder}/peers.sock mode 600{owner}", f"    server {how.node}"]


def _service(service: TcpServicePlan, scene: Scene) -> list[list[str]]:
    former = scene.former.get(service.name, ())
    if service.pairing == "port":
        slices = [_slice(service, server) for server in (*service.servers, *_still_free(service, former))]
        return [_control(service, scene), *slices]
    return [_table(service), _control(service, scene), _data(service, (*service.servers, *former))]


def _still_free(service: TcpServicePlan, former: Iterable[ServerPlan]) -> Iterator[ServerPlan]:
    """Yield the former servers whose slices nobody else has got."""
    taken = [server.passive for server in service.servers if server.passive]
    for server in former:
        own = server.passive
        if own and not any(map(own.overlaps, taken)):
            yield server


def _table(service: TcpServicePlan) -> list[str]:
    life = f"{service.longest_transfer_s:.0f}s"
    return [
        f"backend {table_of(service.name)}",
        f"    stick-table type ipv6 size {REMEMBERED_CLIENTS} expire {life} store conn_cur,gpc0 peers ftpair",
    ]


def _control(service: TcpServicePlan, scene: Scene) -> list[str]:
    return [
        f"listen {service.name}",
        "    log global",
        *(_bind(service.address, str(port)) for _entrance, port in service.doors),
        *_times(service),
        f"    timeout queue {LONGEST_QUEUE_S}s",
        f"    log-format '{SESSION}'",
        "    option redispatch 1",
        "    retries 2",
        *_expected_headers(service),
        *_limit(service),
        *_ports(service),
        f"    balance {BALANCE[service.balance]}",
        *(["    hash-type consistent"] if service.balance == "source-hash" else []),
        *_sticking(service),
        *_source(service),
        *_check(service),
        *(["    option allbackups"] if any(server.is_backup for server in service.servers) else []),
        *(_control_server(service, server, scene) for server in service.servers),
    ]


def _times(service: TcpServicePlan) -> Iterator[str]:
    yield f"    timeout connect {_milliseconds(service.connect_timeout_s)}"
    for side in ("client", "server"):
        yield f"    timeout {side} {_milliseconds(service.longest_transfer_s)}"


def _expected_headers(service: TcpServicePlan) -> list[str]:
    if not service.accept_from:
        return []
    return [f"    tcp-request connection expect-proxy layer4 if {{ src {' '.join(service.accept_from)} }}"]


def _limit(service: TcpServicePlan) -> list[str]:
    """A client beyond the limit is told so by a close; in the queue of the kernel it would wait for nothing."""
    return (
        [f"    tcp-request session reject if {{ fe_conn gt {service.max_sessions} }}"] if service.max_sessions else []
    )


def _ports(service: TcpServicePlan) -> Iterator[str]:
    """Which port a client has dialled is asked of its connection; a PROXY header may tell of another one."""
    for entrance, port in service.doors:
        if service.server_port(entrance) != port or service.accept_from:
            wanted = service.server_port(entrance)
            yield f"    tcp-request session set-dst-port int({wanted}) if {{ fc_dst_port {port} }}"


def _dialled_port(service: TcpServicePlan) -> list[str]:
    return ["    tcp-request session set-dst-port fc_dst_port"] if service.accept_from else []


def _sticking(service: TcpServicePlan) -> list[str]:
    """The entry of a client lives as long as one of its control connections, and `expire` beyond."""
    if service.pairing == "port":
        return []
    table = table_of(service.name)
    return [
        f"    acl is_told ipv6({NOBODY}),in_table({table})",
        f"    acl is_told date,sub(proc.began) gt {LEARNING_S}",
        f"    tcp-request session track-sc0 src table {table}",
        # The server is remembered once it has answered: who comes at the same moment as the first waits for that.
        f"    tcp-request inspect-delay {FIRST_ANSWER_MS}ms",
        "    tcp-request content accept if { sc0_inc_gpc0 eq 1 } is_told",
        f"    tcp-request content accept if {_is_known(table)}",
        "    tcp-request content accept if WAIT_END",
        f"    stick on src table {table}",
    ]


def _is_known(table: str) -> str:
    return f"{{ src,table_server_id({table}) gt 0 }}"


def _source(service: TcpServicePlan) -> list[str]:
    any_address = "[::]" if ":" in service.address else "0.0.0.0"  # noqa: S104  # Any address of the client's family.
    return [f"    source {any_address} usesrc clientip"] if service.source == "client" else []


def _check(service: TcpServicePlan) -> list[str]:
    """HAProxy's own check: shallow, but it goes on without ftpair. The deeper ones are ftpair's."""
    health = service.health
    if health.check == "off":
        return []
    lines = [f"timeout check {_milliseconds(health.timeout_s)}", "option tcp-check"]
    for entrance, _port in service.doors:
        connect = f"tcp-check connect default port {service.server_port(entrance)}"
        greeting = ["tcp-check expect rstring ^220", "tcp-check send QUIT\\r\\n"]
        is_secured = entrance == "implicit" and health.check != "tcp"
        lines += [f"{connect}{' ssl' if is_secured else ''}", *(greeting if health.check != "tcp" else ())]
    return [f"    {line}" for line in lines]


def _control_server(service: TcpServicePlan, server: ServerPlan, scene: Scene) -> str:
    words = [_server(server), f"weight {server.weight}", *_checked(service, server)]
    words += [f"maxconn {server.max_sessions}"] if server.max_sessions else []
    words += [f"slowstart {_milliseconds(server.slow_start_s)}"] if server.slow_start_s else []
    words += ["backup"] if server.is_backup else []
    words += ["disabled"] if (service.name, server.name) in scene.closed else []
    return f"    {' '.join(words)}{HEADERS[server.control_header]}"


def _checked(service: TcpServicePlan, server: ServerPlan) -> list[str]:
    health = service.health
    if health.check == "off":
        return []
    words = ["check", f"port {server.address.port}", f"inter {_milliseconds(health.interval_s)}"]
    words += [f"rise {max(health.rise, math.ceil(SLOWEST_ORDER_S / health.interval_s))}", f"fall {health.fall}"]
    words += ["verify none"]
    return [*words, "check-send-proxy"] if server.control_header != "off" else words


def _data(service: TcpServicePlan, servers: Iterable[ServerPlan]) -> list[str]:
    """Servers of weight 0 get what belongs to them and nothing else."""
    table = table_of(service.name)
    return [
        f"listen {service.name}:data",
        _bind(service.address, _ports_of(service.passive)),
        *_times(service),
        *_expected_headers(service),
        *_dialled_port(service),
        f"    tcp-request inspect-delay {UNKNOWN_MS}ms",
        f"    tcp-request content accept if {_is_known(table)}",
        "    tcp-request content reject if WAIT_END",
        f"    stick match src table {table}",
        *_source(service),
        *(f"    {_server(server)} weight 0{HEADERS[server.data_header]}" for server in servers),
    ]


def _slice(service: TcpServicePlan, server: ServerPlan) -> list[str]:
    assert server.passive is not None, "pairing: port is checked to give every server its slice"
    return [
        f"listen {data_of(service, server)}",
        _bind(service.address, _ports_of(server.passive)),
        *_times(service),
        *_expected_headers(service),
        *_dialled_port(service),
        *_source(service),
        f"    {_server(server)}{HEADERS[server.data_header]}",
    ]


def _server(server: ServerPlan) -> str:
    """Return how a server begins: without a port, since it is the one that the client has dialled."""
    host = server.address.host
    return f"server {server.name} {f'[{host}]' if ':' in host else host} id {server.slot + 1}"


def _bind(address: str, ports: str) -> str:
    """Return a listener; an address of IPv6 takes no IPv4, as everywhere in ftpair."""
    return f"    bind ipv6@[{address}]:{ports} v6only" if ":" in address else f"    bind {address}:{ports}"


def _ports_of(ports: PortRange) -> str:
    return str(ports) if len(ports) > 1 else str(ports.first)


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"
