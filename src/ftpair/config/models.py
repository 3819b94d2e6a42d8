"""What is wanted: the configuration as frozen models. A default here equals the default of the plan (`core.plan`)."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PrivateAttr, Tag

from ftpair.config.advertising import AdvertisedByNetwork
from ftpair.config.binding import DataBinding
from ftpair.config.blocks import Block, CertificateFiles, Draining, HealthCheck, Log, Paths, Ports, Timeouts
from ftpair.config.commanding import Commands
from ftpair.config.ejecting import Ejection
from ftpair.config.encryption import Ciphers, Curves, Tls
from ftpair.config.limiting import Bans, Limits, Overload
from ftpair.config.pools import QUORUM, SLOW_START, Member, Quorum, RealServer, ServerPool, SessionLimit, SlowStart
from ftpair.config.problems import Lines
from ftpair.config.proxying import ProxyProtocol
from ftpair.config.routing import Route
from ftpair.config.tcp import Haproxy, TcpService
from ftpair.config.values import (
    Address,
    AdvertisedAddress,
    DataSessionChoice,
    FilePath,
    Line,
    Name,
    Networks,
    PassiveRange,
    Port,
    RescueChoice,
    Seconds,
    ServerTlsChoice,
    Version,
    Workers,
)
from ftpair.config.web import Web
from ftpair.core.binding import DataPeer
from ftpair.core.plan import BalancePolicy, CloseNotify, Connect, ServerData, ServerTlsMode, Source
from ftpair.core.routing import DEFAULT_POOL, Affinity

_MODES_MEANT = {"ftp": "ftp", "ftps": "ftp", "tcp": "tcp", "passthrough": "tcp"}
"""What people write, and which mode they mean."""


def _mode(value: Any) -> Any:
    if value != "ftp":
        meant = get_close_matches(str(value).lower(), _MODES_MEANT, n=1)
        remedy = f"did you mean {_MODES_MEANT[meant[0]]}?" if meant else "write ftp, or tcp"
        raise ValueError(f"is no mode: {remedy}")
    return value


class FtpService(Block):
    """A VIP with its ports and its pools of real servers, for which ftpair speaks FTP."""

    mode: Annotated[Literal["ftp"], BeforeValidator(_mode)] = Field(
        default="ftp",
        description="`ftp`: ftpair speaks FTP and TLS on both sides; `tcp`: bytes pass as they are.",
        examples=["ftp"],
    )
    address: Address = Field(
        description="IPv4 or IPv6 address to listen on; 0.0.0.0 or :: is every address.", examples=["192.0.2.10"]
    )
    ports: Ports = Field(
        description="The ports: explicit, implicit, passive range; one control port alone is explicit, but for 990.",
        examples=["21,990,1025-1052"],
    )
    advertised_address: AdvertisedAddress | None = Field(
        default=None,
        description="IPv4 address in replies to PASV; the address the client dialled, if not there.",
        examples=["198.51.100.7"],
    )
    advertised_by_network: list[AdvertisedByNetwork] = Field(
        default_factory=list,
        description="The same by the network of the client; the first that fits counts.",
        examples=[[{"from": ["10.0.0.0/8"], "address": "dialled"}]],
    )
    tls: Tls | None = Field(
        default=None,
        description="TLS towards clients; clear text only, if not there.",
        examples=[{"certificate": "files"}],
    )
    connect: Connect = Field(
        default="at-login",
        description="When a real server is chosen: `at-login` (at USER) or `at-once` (its own greeting is relayed).",
        examples=["at-login"],
    )
    greeting: Line = Field(
        default="FTP service ready.", description="Text of the 220 greeting, one line.", examples=["FTP service ready."]
    )
    balance: BalancePolicy = Field(
        default="least-sessions", description="Which real server a new session gets.", examples=["least-sessions"]
    )
    slow_start_s: SlowStart = Field(default=0.0, description=SLOW_START, examples=[60])
    quorum: Quorum = Field(default=0, description=QUORUM, examples=[2])
    retries: int = Field(
        default=2,
        ge=0,
        le=100,
        description="Further servers to try before the client hears of a failure.",
        examples=[2],
    )
    max_sessions: SessionLimit = Field(
        default=0, description="Most sessions at a time; 0 is no limit.", examples=[1000]
    )
    drain: Draining = Field(
        default=Draining(),
        description="How real servers are drained, unless the administrator says otherwise.",
        examples=[{"wait_for": "transfers", "deadline_s": 300}],
    )
    sorry_text: Line | None = Field(
        default=None,
        description="Text of the 421 when no server is available, one line; ftpair's own words, if not there.",
        examples=["We are back at 6 o'clock."],
    )
    health: HealthCheck = Field(
        default=HealthCheck(),
        description="How, and how often, real servers are probed.",
        examples=[{"check": "banner"}],
    )
    ejection: Ejection | None = Field(
        default=None,
        description="When a server is taken out for what sessions suffered from it; none is, if not there.",
        examples=[{"consecutive_errors": 5}],
    )
    commands: Commands = Field(
        default=Commands(), description="Which commands are offered.", examples=[{"read_only": True}]
    )
    timeouts: Timeouts = Field(
        default=Timeouts(), description="Deadlines of a session.", examples=[{"idle_timeout_s": 600}]
    )
    limits: Limits = Field(
        default=Limits(), description="What one client may use.", examples=[{"sessions_per_address": 20}]
    )
    bans: Bans | None = Field(
        default=None,
        description="What wrong passwords lead to; nobody is banned, if not there.",
        examples=[{"failures": 5, "for_s": 900}],
    )
    server_tls: ServerTlsChoice = Field(
        default="off",
        description="TLS towards the real servers: `off`, `explicit`, `implicit`; `match`: as the client has it.",
        examples=["explicit"],
    )
    server_ca: FilePath | None = Field(
        default=None,
        description="CA certificates of the real servers, PEM; the system's, if not there.",
        examples=["tls/ca.pem"],
    )
    server_verify: bool = Field(default=True, description="Whether their certificates are verified.", examples=[True])
    server_minimum_version: Version = Field(
        default="1.2", description="The oldest TLS version spoken to them.", examples=["1.2"]
    )
    server_close_notify: CloseNotify = Field(
        default="require",
        description="`ignore`: downloads may end without close_notify, as IIS ends them.",
        examples=["require"],
    )
    server_ciphers: Ciphers | None = Field(
        default=None,
        description="Ciphers of TLS 1.2 spoken to them, as OpenSSL writes them.",
        examples=["ECDHE+AESGCM"],
    )
    server_curves: Curves = Field(
        default=[],
        description="Curve of the key exchange with them, as `curves` of `tls`; several from Python 3.15.",
        examples=[["P-256"]],
    )
    server_crl: FilePath | None = Field(
        default=None, description="Revocation lists of `server_ca`, PEM.", examples=["tls/ca.crl"]
    )
    server_certificate: str | None = Field(
        default=None, description="A name from `certificates`, shown to servers that ask for one.", examples=["files"]
    )
    proxy_protocol: ProxyProtocol = Field(
        default=ProxyProtocol(),
        description="The PROXY protocol, from proxies in front and towards servers.",
        examples=[{"to_control": "v2"}],
    )
    active_source_port: Port | None = Field(
        default=None, description="Source port of data connections to clients; any, if not there.", examples=[20]
    )
    server_data: ServerData = Field(
        default="mirror",
        description="Data connections with servers: `passive`, `active`, or `mirror`, as the client asks for them.",
        examples=["mirror"],
    )
    server_active_ports: PassiveRange | None = Field(
        default=None,
        description="Ports that servers connect to in active mode; any free one, if not there.",
        examples=["30000-30999"],
    )
    server_passive_networks: Networks = Field(
        default_factory=list,
        description="Networks whose address in a server's reply to PASV is used; else it is the server's own.",
        examples=[["10.0.0.0/8"]],
    )
    data_peer: DataPeer = Field(
        default="same-address",
        description="Who may connect to a passive port: the client's `same-address`, its `same-network` "
        "(/24, IPv6: /64), or `any`.",
        examples=["same-address"],
    )
    data_session: DataSessionChoice = Field(
        default="off",
        description="Whether the TLS of a data connection must resume that of its session: `off`, `prefer`, `require`.",
        examples=["require"],
    )
    data_binding: list[DataBinding] = Field(
        default_factory=list,
        description="Both by the network of the client; the first that fits counts.",
        examples=[[{"from": ["10.0.0.0/8"], "data_session": "off"}]],
    )
    source: Source = Field(
        default="balancer",
        description="Whose address servers see: the `balancer`'s, or the `client`'s own (needs routes back).",
        examples=["balancer"],
    )
    real_servers: dict[Name, RealServer] = Field(
        default_factory=dict,
        description="The pool, by name; at least one.",
        examples=[{"FTP_SVR1": {"address": "10.0.0.11"}}],
    )
    pools: dict[Name, ServerPool] = Field(
        default_factory=dict,
        description="Further pools, by name; `real_servers` is the one named `default`.",
        examples=[{"new": {"real_servers": {"FTP_SVR9": {"address": "10.0.0.19"}}}}],
    )
    routes: list[Route] = Field(
        default_factory=list,
        description="Which pool a session goes to: the first rule that fits; `default`, if none does.",
        examples=[[{"user": "k*", "pool": "default"}]],
    )
    affinity: Affinity = Field(
        default="none",
        description="Who gets the real server of the session before: nobody, the same address, or the same user.",
        examples=["user"],
    )
    affinity_timeout_s: Seconds = Field(
        default=3600.0, description="How long a server is remembered after a session's end.", examples=[3600]
    )
    rescue: RescueChoice = Field(
        default="off",
        description="What goes on at another server when its own is lost: `off`, `sessions`, or `transfers` "
        "(sessions, and downloads too); keeps passwords in memory.",
        examples=["sessions"],
    )

    def members(self) -> Iterator[Member[RealServer]]:
        """Yield the real servers of all pools, those of the default one first."""
        for name, server in self.real_servers.items():
            yield Member(DEFAULT_POOL, ("real_servers", name), name, server)
        for pool, its in self.pools.items():
            for name, server in its.real_servers.items():
                yield Member(pool, ("pools", pool, "real_servers", name), name, server)

    def slow_start_of(self, pool: str) -> float:
        """Return how long servers of one of its pools take to get back to their weight."""
        own = self.pools[pool].slow_start_s if pool in self.pools else None
        return self.slow_start_s if own is None else own

    def tls_towards(self, server: RealServer) -> ServerTlsMode:
        """Return how TLS is spoken with one of its real servers."""
        return server.server_tls or self.server_tls


def _mode_of(service: Any) -> str:
    """Return which model describes a service; whatever is wrong is FTP mode's to say."""
    mode = service.get("mode") if isinstance(service, dict) else getattr(service, "mode", "")
    return "tcp" if mode == "tcp" else "ftp"


VirtualService = FtpService | TcpService
_Service = Annotated[Annotated[FtpService, Tag("ftp")] | Annotated[TcpService, Tag("tcp")], Discriminator(_mode_of)]


class Config(Block):
    """The whole file."""

    user: str = Field(
        default="",
        description="User that workers, prober and API run as; if not there, the user who started ftpair.",
        examples=["ftpair"],
    )
    api_user: str = Field(
        default="",
        description="User that the API runs as; if not there, `user`. One of its own keeps it from all others.",
        examples=["ftpair-api"],
    )
    workers: Workers = Field(default="auto", description="Worker processes; `auto` is one per CPU.", examples=["auto"])
    shutdown_timeout_s: float = Field(
        default=30.0,
        ge=0,
        le=86400,
        allow_inf_nan=False,
        description="Seconds that running transfers get when ftpair stops.",
        examples=[30],
    )
    upgrade_timeout_s: float = Field(
        default=0.0,
        ge=0,
        le=604800,
        allow_inf_nan=False,
        description="Seconds after which sessions that stayed with former workers, at an upgrade, are ended; 0: never.",
        examples=[7200],
    )
    overload: Overload = Field(
        default=Overload(),
        description="When workers take no new sessions.",
        examples=[{"memory_floor_bytes": 67108864}],
    )
    log: Log = Field(default=Log(), description="What is written about the work.", examples=[{"level": "info"}])
    paths: Paths = Field(
        default=Paths(), description="Where the running program keeps its files.", examples=[{"runtime": "/run/ftpair"}]
    )
    certificates: dict[Name, CertificateFiles] = Field(
        default_factory=dict,
        description="Certificates and keys, by name.",
        examples=[{"files": {"certificate": "tls/fullchain.pem", "key": "tls/privkey.pem"}}],
    )
    haproxy: Haproxy = Field(
        default=Haproxy(), description="The HAProxy of services in TCP mode.", examples=[{"user": "haproxy"}]
    )
    web: Web | None = Field(
        default=None,
        description="The web UI, and the API over TLS; the unix socket alone, if not there.",
        examples=[{"address": "127.0.0.1", "port": 8443}],
    )
    virtual_services: dict[Name, _Service] = Field(
        default_factory=dict,
        description="The services, by name; at least one, or `web` to make one in the browser.",
        examples=[{"FTP_VIP": {"address": "192.0.2.10", "ports": "21,1025-1052"}}],
    )
    _lines: Lines = PrivateAttr(default_factory=Lines)

    def model_post_init(self, context: Any, /) -> None:
        """Keep where the keys stand in the file, if it was read from one (the validation's context)."""
        if isinstance(context, Lines):
            self._lines = context

    @property
    def lines(self) -> Lines:
        """Where its keys stand in the file; no part of its value."""
        return self._lines

    def worker_count(self, cpus: int) -> int:
        """Return the number of workers on a machine with so many CPUs."""
        return cpus if self.workers == "auto" else self.workers
