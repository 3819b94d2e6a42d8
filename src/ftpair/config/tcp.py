"""TCP mode: the block of its service, and of HAProxy. A default here equals the default of the plan (`core.plan`)."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ftpair.config.blocks import Block, Draining, HealthCheck, Ports
from ftpair.config.pools import BACKUP, QUORUM, SLOW_START, Member, Quorum, SessionLimit, SlowStart
from ftpair.config.proxying import ProxyProtocol, ServerHeaders
from ftpair.config.values import (
    Address,
    AdvertisedAddress,
    FilePath,
    Host,
    LongSeconds,
    Name,
    PassiveRange,
    Peer,
    Port,
    Seconds,
    TcpServerHost,
    Version,
)
from ftpair.config.values import off_as_text as off
from ftpair.core.plan import Engine, Pairing, Source, TcpBalance
from ftpair.core.routing import DEFAULT_POOL

TcpServerTls = Literal["off", "explicit", "implicit"]


def _balance(value: Any) -> Any:
    if value == "user-hash":
        raise ValueError("needs the user's name, which TLS hides in TCP mode: write source-hash, or mode: ftp")
    return value


class ServerPorts(Block):
    """Where real servers listen, if not on the ports of the service."""

    explicit: Port | None = Field(
        default=None, description="Their port for explicit TLS; that of `ports`, if not there.", examples=[2121]
    )
    implicit: Port | None = Field(
        default=None, description="Their port for implicit TLS; that of `ports`, if not there.", examples=[2990]
    )


class TcpServer(Block):
    """One real server in TCP mode: it speaks TLS itself, and answers PASV with the address of the service."""

    address: TcpServerHost = Field(
        description="IP address or host name; a name is resolved once, when the file is applied.",
        examples=["10.0.0.11"],
    )
    weight: int = Field(
        default=100,
        ge=0,
        le=256,
        description="Share of new sessions compared with the others; 0 gets none.",
        examples=[100],
    )
    max_sessions: SessionLimit = Field(default=0, description="Most sessions at a time; 0 is no limit.", examples=[200])
    backup: bool = Field(default=False, description=BACKUP, examples=[True])
    passive: PassiveRange | None = Field(
        default=None,
        description="Its slice of the passive range, with `pairing: port`.",
        examples=["1025-1038"],
    )
    proxy_protocol: ServerHeaders = Field(
        default=ServerHeaders(),
        description="The PROXY protocol towards this server.",
        examples=[{"to_control": "v2"}],
    )


class TcpService(Block):
    """A VIP whose ports reach the same real server with TLS untouched."""

    mode: Literal["tcp"] = Field(description="`tcp`: bytes pass as they are.", examples=["tcp"])
    engine: Engine = Field(
        default="haproxy",
        description="What carries the bytes: HAProxy, or `builtin`, where HAProxy is not installed.",
        examples=["haproxy"],
    )
    pairing: Pairing = Field(
        default="source",
        description="How data connections find their server: by the client's address (`source`), or by the `port`.",
        examples=["source"],
    )
    address: Address = Field(
        description="IPv4 or IPv6 address to listen on; 0.0.0.0 or :: is every address.", examples=["192.0.2.10"]
    )
    ports: Ports = Field(
        description="The ports: explicit, implicit, passive range; one control port alone is explicit, but for 990.",
        examples=["21,990,1025-1052"],
    )
    server_ports: ServerPorts = Field(
        default=ServerPorts(),
        description="Control ports of the real servers, where they are others; passive ports are always the same.",
        examples=[{"explicit": 2121}],
    )
    advertised_address: AdvertisedAddress | None = Field(
        default=None,
        description="What the servers must answer to PASV: the address that clients dial, if NAT stands in front.",
        examples=["198.51.100.7"],
    )
    public_name: Host | None = Field(
        default=None,
        description="Host name that clients dial; the servers' certificates must carry it.",
        examples=["ftp.example.org"],
    )
    balance: Annotated[TcpBalance, BeforeValidator(_balance)] = Field(
        default="least-sessions", description="Which real server a new session gets.", examples=["least-sessions"]
    )
    slow_start_s: SlowStart = Field(default=0.0, description=SLOW_START, examples=[60])
    quorum: Quorum = Field(default=0, description=QUORUM, examples=[2])
    max_sessions: SessionLimit = Field(
        default=0, description="Most sessions at a time; 0 is no limit.", examples=[1000]
    )
    longest_transfer_s: LongSeconds = Field(
        default=7200.0,
        description="No connection is ended for being idle before so many seconds, and so long a client is remembered.",
        examples=[7200],
    )
    connect_timeout_s: Seconds = Field(default=5.0, description="TCP connect to a real server.", examples=[5])
    source: Source = Field(
        default="balancer",
        description="Whose address servers see: the `balancer`'s, or the `client`'s own (needs routes back).",
        examples=["balancer"],
    )
    proxy_protocol: ProxyProtocol = Field(
        default=ProxyProtocol(),
        description="The PROXY protocol, from proxies in front and towards servers.",
        examples=[{"to_control": "v2"}],
    )
    drain: Draining = Field(
        default=Draining(),
        description="How real servers are drained, unless the administrator says otherwise.",
        examples=[{"wait_for": "transfers", "deadline_s": 300}],
    )
    health: HealthCheck = Field(
        default=HealthCheck(),
        description="How, and how often, real servers are probed.",
        examples=[{"check": "banner"}],
    )
    server_tls: Annotated[TcpServerTls | None, BeforeValidator(off)] = Field(
        default=None,
        description="TLS that probes speak first: `off`, `explicit`, `implicit`; as `ports` offers it, if not there.",
        examples=["explicit"],
    )
    server_ca: FilePath | None = Field(
        default=None,
        description="CA certificates of the real servers, PEM; the system's, if not there.",
        examples=["tls/ca.pem"],
    )
    server_verify: bool = Field(default=True, description="Whether probes verify their certificates.", examples=[True])
    server_minimum_version: Version = Field(
        default="1.2", description="The oldest TLS version that the servers should speak.", examples=["1.2"]
    )
    clear_text: Literal["refuse", "allow"] = Field(
        default="refuse", description="Whether the servers should allow logins without TLS.", examples=["refuse"]
    )
    real_servers: dict[Name, TcpServer] = Field(
        default_factory=dict,
        description="The pool, by name; at least one.",
        examples=[{"FTP_SVR1": {"address": "10.0.0.11"}}],
    )

    def members(self) -> Iterator[Member[TcpServer]]:
        """Yield the real servers."""
        for name, server in self.real_servers.items():
            yield Member(DEFAULT_POOL, ("real_servers", name), name, server)

    @property
    def server_explicit(self) -> int | None:
        """The servers' port for explicit TLS; None: there is none."""
        return self.ports.explicit and (self.server_ports.explicit or self.ports.explicit)

    @property
    def server_implicit(self) -> int | None:
        """The servers' port for implicit TLS; None: there is none."""
        return self.ports.implicit and (self.server_ports.implicit or self.ports.implicit)

    @property
    def probed_tls(self) -> TcpServerTls:
        """How probes speak TLS."""
        return self.server_tls or ("explicit" if self.ports.explicit else "implicit")

    @property
    def probed_port(self) -> int:
        """Where probes connect to; 0 only where no control port is written, which is refused."""
        ports = (self.server_implicit, self.server_explicit)
        first, second = ports if self.probed_tls == "implicit" else ports[::-1]
        return first or second or 0


class Haproxy(Block):
    """The HAProxy of TCP mode: a child of ftpair, or one that runs already (`managed: false`)."""

    managed: bool = Field(
        default=True, description="Whether ftpair starts, reloads and ends HAProxy itself.", examples=[True]
    )
    program: FilePath = Field(
        default="haproxy",
        description="The program: a path, or a name that is on the path, in /usr/sbin or in /usr/local/sbin.",
        examples=["haproxy"],
    )
    config: FilePath | None = Field(
        default=None,
        description="The file that ftpair writes; `haproxy/haproxy.cfg` below `paths.runtime`, if managed.",
        examples=["/etc/haproxy/haproxy.cfg"],
    )
    socket: FilePath | None = Field(
        default=None,
        description="Socket of its runtime API, level admin; below `paths.runtime`, if managed.",
        examples=["/run/haproxy/admin.sock"],
    )
    reload: str = Field(
        default="",
        description="The command that reloads it, if not managed.",
        examples=["systemctl reload haproxy"],
    )
    user: str = Field(
        default="",
        description="User that HAProxy changes to once it has its ports; the one who started ftpair, if not there.",
        examples=["haproxy"],
    )
    node: Name = Field(default="ftpair", description="Name of this node among its `peers`.", examples=["lb1"])
    peers: dict[Name, Peer] = Field(
        default_factory=dict,
        description="All nodes, this one too, with the address and port at which they tell each other who is where.",
        examples=[{"lb1": "10.0.0.1:10021", "lb2": "10.0.0.2:10021"}],
    )
