"""What runs: the plan that engines work by. Made from the configuration, resolved, frozen, and never half a change.

`Config` is what is wanted, `Plan` what runs, `Status` what is observed. A session keeps the `ServicePlan` it began by.
"""

from typing import Literal

import msgspec

from ftpair.core.advertising import Advertised
from ftpair.core.binding import Bindings
from ftpair.core.drain import DrainPlan
from ftpair.core.ejection import EjectionPolicy
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.errors import NotFoundError
from ftpair.core.limits import BanPolicy, Limits
from ftpair.core.overload import Overload
from ftpair.core.policy import CommandPolicy
from ftpair.core.routing import DEFAULT_POOL, Affinity, Route

ClearText = Literal["refuse", "allow", "drop"]
DataProtection = Literal["require", "allow", "refuse"]
Connect = Literal["at-login", "at-once"]
ServerData = Literal["mirror", "passive", "active"]
ServerTlsMode = Literal["off", "explicit", "implicit", "match"]
BalancePolicy = Literal["round-robin", "least-sessions", "random-two", "source-hash", "user-hash"]
CheckLevel = Literal["off", "tcp", "banner", "tls", "login", "list", "roundtrip"]
TlsVersion = Literal["1.2", "1.3"]
CloseNotify = Literal["require", "ignore"]
Curve = Literal["X25519", "X448", "P-256", "P-384", "P-521"]
AuthSsl = Literal["allow", "refuse"]
Ccc = Literal["refuse", "allow"]
Demand = Literal["optional", "require"]
NameRule = Literal["common-name", "san-email", "san-dns", "san-upn", "none"]
LogFormat = Literal["auto", "json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]
Entrance = Literal["explicit", "implicit"]
HeaderVersion = Literal["off", "v1", "v2"]
Source = Literal["balancer", "client"]
Engine = Literal["haproxy", "builtin"]
Pairing = Literal["source", "port"]
Rescue = Literal["off", "sessions", "transfers"]
TcpBalance = Literal["round-robin", "least-sessions", "random-two", "source-hash"]


LOGS_IN = frozenset[CheckLevel]({"login", "list", "roundtrip"})
"""The checks that need user and password."""
USES_DATA = frozenset[CheckLevel]({"list", "roundtrip"})
"""The checks that make data connections."""


class Certificate(msgspec.Struct, frozen=True):
    """A certificate chain and its key, both PEM; read by the supervisor, so that workers need no file system."""

    name: str
    chain_pem: bytes
    key_pem: bytes
    not_after: float
    """Seconds since the epoch."""
    names: tuple[str, ...] = ()
    """The host names that it is valid for, in small letters; `*.example.org` is every name one label longer."""


class ClientCertificates(msgspec.Struct, frozen=True):
    """How clients prove who they are by certificates of their own."""

    ca_pem: bytes
    crl_pem: bytes = b""
    """Revocation lists of these CAs, PEM; empty: none is asked."""
    demand: Demand = "optional"
    user: NameRule = "none"
    """By which of its names who brings a certificate logs in, and by no other; `none`: by any."""


class ClientTls(msgspec.Struct, frozen=True):
    """TLS on the client legs of a service."""

    certificate: Certificate
    clear_text: ClearText = "refuse"
    data_protection: DataProtection = "require"
    minimum_version: TlsVersion = "1.2"
    close_notify: CloseNotify = "require"
    """`require`: an upload whose client leg ends without close_notify is cut."""
    certificates: tuple[Certificate, ...] = ()
    """Further ones, for clients that ask for one of their names (SNI)."""
    ciphers: str = ""
    """For TLS 1.2, as OpenSSL writes them; empty: OpenSSL's own."""
    curves: tuple[Curve, ...] = ()
    auth_ssl: AuthSsl = "allow"
    """AUTH SSL and TLS-P: TLS whose data connections are protected from the start."""
    ccc: Ccc = "refuse"
    client_certificate: ClientCertificates | None = None
    """None: clients are asked for none."""


class ServerTls(msgspec.Struct, frozen=True):
    """TLS on the server legs of one real server; `match`: like its client's, explicit, its data as PROT has them."""

    mode: ServerTlsMode = "off"
    verify: bool = True
    name: str = ""
    """The name (or IP address) that the server's certificate must carry, and the SNI sent when it is a name."""
    ca_pem: bytes = b""
    """CA certificates to trust, PEM; empty means the system's."""
    minimum_version: TlsVersion = "1.2"
    close_notify: CloseNotify = "require"
    """`ignore`: a download may end with a bare FIN, as IIS ends it; the control reply then decides alone."""
    ciphers: str = ""
    curves: tuple[Curve, ...] = ()
    crl_pem: bytes = b""
    certificate: Certificate | None = None
    """What ftpair shows to a server that asks for a client's certificate."""


class ServerPlan(msgspec.Struct, frozen=True):
    """One real server."""

    slot: int
    """Row number in shared memory; stays with (service, server) for as long as the supervisor runs."""
    service: str
    name: str
    address: Endpoint
    weight: int = 100
    max_sessions: int = 0
    """0: no limit."""
    tls: ServerTls = ServerTls()
    control_header: HeaderVersion = "off"
    """The PROXY protocol's header that control connections begin with."""
    data_header: HeaderVersion = "off"
    pool: str = DEFAULT_POOL
    is_backup: bool = False
    """Whether it gets sessions only while no other server of its pool can take one."""
    slow_start_s: float = 0.0
    """How long it takes to get back to its weight after it was down."""
    passive: PortRange | None = None
    """In TCP mode its own slice of the passive range (`pairing: port`)."""


class HealthPlan(msgspec.Struct, frozen=True):
    """How the servers of a service are probed; durations in seconds."""

    check: CheckLevel = "banner"
    interval_s: float = 5.0
    timeout_s: float = 5.0
    rise: int = 2
    fall: int = 3
    user: str = ""
    password: str = ""
    folder: str = "ftpair-probe"
    """Where `check: roundtrip` stores its file; made where it is missing."""


class Clocks(msgspec.Struct, frozen=True):
    """Deadlines of a session, in seconds."""

    login_timeout_s: float = 120.0
    """From the first byte to a successful login."""
    handshake_timeout_s: float = 15.0
    """One TLS handshake, either leg, control or data."""
    idle_timeout_s: float = 600.0
    """No command and no data; stands still while data moves."""
    connect_timeout_s: float = 5.0
    """TCP connect to a server, its greeting and its TLS."""
    data_timeout_s: float = 30.0
    """From the server's 1xx to an established data connection on both legs; before it the server's own clock runs."""
    stall_timeout_s: float = 300.0
    """A transfer in which not one byte moves."""
    reply_timeout_s: float = 300.0
    """A server that does not answer a command."""
    command_timeout_s: float = 60.0
    """From the first byte of a command's line to its end."""
    session_timeout_s: float = 0.0
    """The longest life of a session; a running transfer ends first. 0: no limit."""


class ServicePlan(msgspec.Struct, frozen=True):
    """One virtual service in FTP mode."""

    name: str
    address: str
    passive: PortRange
    servers: tuple[ServerPlan, ...]
    explicit: int | None = None
    implicit: int | None = None
    advertised: Advertised = Advertised()
    """The IPv4 address in replies to PASV."""
    tls: ClientTls | None = None
    """None: clear text only."""
    connect: Connect = "at-login"
    greeting: str = "FTP service ready."
    balance: BalancePolicy = "least-sessions"
    retries: int = 2
    """How many further servers are tried before the client hears of a failure."""
    max_sessions: int = 0
    """0: no limit."""
    slot: int = 0
    """Row number in shared memory for the count of all sessions of the service."""
    health: HealthPlan = HealthPlan()
    clocks: Clocks = Clocks()
    commands: CommandPolicy | None = None
    """None: every command goes on."""
    limits: Limits = Limits()
    bans: BanPolicy | None = None
    """None: nobody is banned."""
    accept_from: tuple[str, ...] = ()
    """Networks whose connections must begin with a header of the PROXY protocol."""
    bindings: Bindings = Bindings()
    """What is asked of the data connections of clients."""
    source: Source = "balancer"
    """Whose address connections to the servers come from."""
    active_source_port: int | None = None
    """The source port of data connections to clients; None: any."""
    server_data: ServerData = "mirror"
    """How servers are asked for data connections; `mirror`: as the client asks."""
    server_active_ports: PortRange | None = None
    """Where servers may connect to in active mode; None: any port that is free."""
    server_passive_networks: tuple[str, ...] = ()
    """Networks whose address in a server's 227 is believed; any other is replaced by the server's own."""
    routes: tuple[Route, ...] = ()
    """Which pool a session goes to; the first that fits counts, and if none does, the default pool."""
    pools: dict[str, BalancePolicy] = {}
    """The policies of pools that have one of their own."""
    affinity: Affinity = "none"
    affinity_timeout_s: float = 3600.0
    rescue: Rescue = "off"
    """What goes on at another server when a session's own is lost: nothing, sessions, or downloads too."""
    sorry_text: str = ""
    """What a client reads when no server is available; empty: ftpair's own words."""
    ejection: EjectionPolicy | None = None
    """None: no server is ejected."""
    quorums: dict[str, int] = {}
    """How many servers of a pool must be available, by its name; a pool that is not there has no quorum."""
    drain: DrainPlan = DrainPlan()


class TcpServicePlan(msgspec.Struct, frozen=True):
    """One virtual service in TCP mode. `tls` and `address` of its servers say how they are probed."""

    name: str
    address: str
    passive: PortRange
    servers: tuple[ServerPlan, ...]
    explicit: int | None = None
    implicit: int | None = None
    server_explicit: int | None = None
    """The servers' port for what comes to `explicit`."""
    server_implicit: int | None = None
    engine: Engine = "haproxy"
    pairing: Pairing = "source"
    advertised_address: str = ""
    """What servers must answer to PASV; empty means the service's address."""
    public_name: str = ""
    """The host name that clients dial; empty: they dial the address."""
    balance: TcpBalance = "least-sessions"
    max_sessions: int = 0
    """0: no limit."""
    slot: int = 0
    """Row number in shared memory for the count of all sessions of the service."""
    longest_transfer_s: float = 7200.0
    """How long a connection may be idle, and a client's server is remembered."""
    connect_timeout_s: float = 5.0
    source: Source = "balancer"
    accept_from: tuple[str, ...] = ()
    """Networks whose connections must begin with a header of the PROXY protocol."""
    health: HealthPlan = HealthPlan()
    clear_text: Literal["refuse", "allow"] = "refuse"
    """What servers should do with logins without TLS."""
    minimum_version: TlsVersion = "1.2"
    """The oldest TLS version that servers should speak."""
    quorums: dict[str, int] = {}
    """How many servers must be available, if any: that of the only pool."""
    drain: DrainPlan = DrainPlan()

    @property
    def doors(self) -> tuple[tuple[Entrance, int], ...]:
        """The control ports, each with what it is for."""
        ports: tuple[tuple[Entrance, int | None], ...] = (("explicit", self.explicit), ("implicit", self.implicit))
        return tuple((entrance, port) for entrance, port in ports if port is not None)

    def server_port(self, entrance: Entrance) -> int:
        """Return the servers' port of a control port that the service has."""
        port = self.server_explicit if entrance == "explicit" else self.server_implicit
        assert port is not None, entrance
        return port


AnyService = ServicePlan | TcpServicePlan


class HaproxyPlan(msgspec.Struct, frozen=True):
    """The HAProxy that carries the services of TCP mode."""

    program: str = "haproxy"
    config: str = ""
    """The file that ftpair writes."""
    socket: str = ""
    """Of the runtime API."""
    is_managed: bool = True
    reload: str = ""
    """The command, where it is not managed."""
    user: str = ""
    """Whom HAProxy becomes once it has its ports; empty: it stays who it is."""
    node: str = "ftpair"
    """The name of this node among its peers."""
    peers: dict[str, str] = {}
    """Address and port of every node, this one too; empty: there is this one alone."""
    folder: str = ""
    """Where its sockets lie, and what it keeps over a reload."""
    connections: int = 2000
    """How many it may have at a time."""

    @property
    def master_socket(self) -> str:
        """The socket of its master process, which is in its command line, too."""
        return f"{self.folder}/master.sock"


class WebPlan(msgspec.Struct, frozen=True):
    """Where web UI and API are served over TLS."""

    address: str
    port: int
    certificate: Certificate | None = None
    """None: one that ftpair makes for itself."""

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"https://{Endpoint(self.address, self.port)}"


class Plan(msgspec.Struct, frozen=True):
    """All that runs."""

    revision: int
    workers: int
    services: tuple[ServicePlan, ...]
    """Those in FTP mode."""
    shutdown_timeout_s: float = 30.0
    upgrade_timeout_s: float = 0.0
    """What former workers get to leave, counted from when they were told to; 0: no bound."""
    user: str = ""
    """The user of workers and prober; empty means the one who started ftpair."""
    api_user: str = ""
    """The user of the API, likewise."""
    log_format: LogFormat = "auto"
    log_level: LogLevel = "info"
    capabilities: tuple[str, ...] = ()
    """What workers keep of root's powers."""
    tcp_services: tuple[TcpServicePlan, ...] = ()
    """Those in TCP mode, whatever their engine."""
    haproxy: HaproxyPlan = HaproxyPlan()
    web: WebPlan | None = None
    """None: the API answers on its unix socket alone."""
    overload: Overload = Overload()

    @property
    def all_services(self) -> tuple[AnyService, ...]:
        """The services of both modes."""
        return (*self.services, *self.tcp_services)

    def carried_by(self, engine: Engine) -> tuple[TcpServicePlan, ...]:
        """Return the services in TCP mode that this engine carries."""
        return tuple(service for service in self.tcp_services if service.engine == engine)

    def service(self, name: str) -> AnyService | None:
        """Return the service of that name."""
        return next((service for service in self.all_services if service.name == name), None)

    def in_ftp_mode(self, name: str) -> ServicePlan | None:
        """Return the service of that name, if it is one in FTP mode."""
        return next((service for service in self.services if service.name == name), None)

    def named(self, name: str) -> AnyService:
        """Return the service of that name. Raises NotFoundError, which tells those that there are."""
        service = self.service(name)
        if service is None:
            known = ", ".join(each.name for each in self.all_services)
            raise NotFoundError(f"no service {name!r}; there are: {known}")
        return service

    def server(self, service_name: str, name: str) -> ServerPlan:
        """Return a real server of a service. Raises NotFoundError, which tells those that there are."""
        servers = self.named(service_name).servers
        server = next((each for each in servers if each.name == name), None)
        if server is None:
            known = ", ".join(each.name for each in servers)
            raise NotFoundError(f"no server {name!r} in {service_name}; there are: {known}")
        return server
