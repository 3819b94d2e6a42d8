"""What runs: the plan that engines work by. Made from the configuration, resolved, frozen, and never half a change.

`Config` is what is wanted, `Plan` what runs, `Status` what is observed. A session keeps the `ServicePlan` it began by.
"""

from typing import Literal

import msgspec

from ftpair.core.endpoint import Endpoint, PortRange

ClearText = Literal["refuse", "allow", "drop"]
DataProtection = Literal["require", "allow", "refuse"]
Connect = Literal["at-login", "at-once"]
ServerTlsMode = Literal["off", "explicit", "implicit"]
BalancePolicy = Literal["round-robin", "least-sessions", "random-two", "source-hash", "user-hash"]
CheckLevel = Literal["off", "tcp", "banner", "tls", "login"]
TlsVersion = Literal["1.2", "1.3"]
CloseNotify = Literal["require", "ignore"]
LogFormat = Literal["auto", "json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]
Entrance = Literal["explicit", "implicit"]


class Certificate(msgspec.Struct, frozen=True):
    """A certificate chain and its key, both PEM; read by the supervisor, so that workers need no file system."""

    name: str
    chain_pem: bytes
    key_pem: bytes
    not_after: float
    """Seconds since the epoch."""


class ClientTls(msgspec.Struct, frozen=True):
    """TLS on the client legs of a service."""

    certificate: Certificate
    clear_text: ClearText = "refuse"
    data_protection: DataProtection = "require"
    minimum_version: TlsVersion = "1.2"
    close_notify: CloseNotify = "require"
    """`require`: an upload whose client leg ends without close_notify is cut."""


class ServerTls(msgspec.Struct, frozen=True):
    """TLS on the server legs of one real server."""

    mode: ServerTlsMode = "off"
    verify: bool = True
    name: str = ""
    """The name (or IP address) that the server's certificate must carry, and the SNI sent when it is a name."""
    ca_pem: bytes = b""
    """CA certificates to trust, PEM; empty means the system's."""
    minimum_version: TlsVersion = "1.2"
    close_notify: CloseNotify = "require"
    """`ignore`: a download may end with a bare FIN, as IIS ends it; the control reply then decides alone."""


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


class HealthPlan(msgspec.Struct, frozen=True):
    """How the servers of a service are probed; durations in seconds."""

    check: CheckLevel = "banner"
    interval_s: float = 5.0
    timeout_s: float = 5.0
    rise: int = 2
    fall: int = 3
    user: str = ""
    password: str = ""


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


class ServicePlan(msgspec.Struct, frozen=True):
    """One virtual service in FTP mode."""

    name: str
    address: str
    passive: PortRange
    servers: tuple[ServerPlan, ...]
    explicit: int | None = None
    implicit: int | None = None
    advertised_address: str = ""
    """The IPv4 address in replies to PASV; empty means the address the client dialled."""
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


class Plan(msgspec.Struct, frozen=True):
    """All that runs."""

    revision: int
    workers: int
    services: tuple[ServicePlan, ...]
    shutdown_timeout_s: float = 30.0
    user: str = ""
    """The user of workers, prober and API; empty means the one who started ftpair."""
    log_format: LogFormat = "auto"
    log_level: LogLevel = "info"

    def service(self, name: str) -> ServicePlan | None:
        """Return the service of that name."""
        return next((service for service in self.services if service.name == name), None)
