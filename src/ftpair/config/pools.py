"""Pools of real servers: the blocks, as frozen models. A default here equals the default of the plan (`core.plan`)."""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from ftpair.config.blocks import Block
from ftpair.config.encryption import Ciphers, Curves
from ftpair.config.problems import Where
from ftpair.config.proxying import ServerHeaders
from ftpair.config.values import FilePath, Host, Name, Port, ServerHost, ServerTlsChoice, Version
from ftpair.core.plan import BalancePolicy, CloseNotify, ServerTlsMode

SessionLimit = Annotated[int, Field(ge=0, le=1_000_000)]
SlowStart = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Quorum = Annotated[int, Field(ge=0, le=1000)]
SLOW_START = "Seconds in which a server that was down gets back to its weight; 0 is at once."
QUORUM = "Servers of the pool that must be available, backups aside; fewer are an alarm. 0: there is none."
BACKUP = "Whether it gets sessions only while no other server of its pool can take one."


class RealServer(Block):
    """One real server. Keys that are not there are taken from the service."""

    address: ServerHost = Field(
        description="IP address or host name; a name is resolved once, when the file is applied.",
        examples=["10.0.0.11"],
    )
    port: Port | None = Field(
        default=None, description="Control port: 21, or 990 with `server_tls: implicit`.", examples=[21]
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
    server_tls: ServerTlsChoice | None = Field(
        default=None,
        description="TLS towards this server: `off`, `explicit`, `implicit`, or `match`, as the client has it.",
        examples=["explicit"],
    )
    server_name: Host | None = Field(
        default=None,
        description="Name that its certificate must carry; the address, if not there.",
        examples=["ftp1.example.org"],
    )
    server_ca: FilePath | None = Field(
        default=None, description="CA certificates that may have signed its certificate, PEM.", examples=["tls/ca.pem"]
    )
    server_verify: bool | None = Field(
        default=None, description="Whether its certificate is verified.", examples=[True]
    )
    server_minimum_version: Version | None = Field(
        default=None, description="The oldest TLS version spoken to it.", examples=["1.2"]
    )
    server_close_notify: CloseNotify | None = Field(
        default=None,
        description="`ignore`: its downloads may end without close_notify, as IIS ends them.",
        examples=["ignore"],
    )
    server_ciphers: Ciphers | None = Field(
        default=None, description="Ciphers of TLS 1.2 spoken to it.", examples=["ECDHE+AESGCM"]
    )
    server_curves: Curves | None = Field(
        default=None, description="Curve of the key exchange with it.", examples=[["P-256"]]
    )
    server_crl: FilePath | None = Field(
        default=None, description="Revocation lists of the CAs of its certificate, PEM.", examples=["tls/ca.crl"]
    )
    server_certificate: str | None = Field(
        default=None, description="A name from `certificates`, shown to it if it asks for one.", examples=["files"]
    )
    proxy_protocol: ServerHeaders = Field(
        default=ServerHeaders(),
        description="The PROXY protocol towards this server.",
        examples=[{"to_control": "v2"}],
    )

    def control_port(self, server_tls: ServerTlsMode) -> int:
        """Return the port of its control connection, given the TLS towards it."""
        return self.port or (990 if server_tls == "implicit" else 21)


class ServerPool(Block):
    """A further pool of real servers, to which routes lead."""

    balance: BalancePolicy | None = Field(
        default=None,
        description="Which of its servers a session gets; as the service has it.",
        examples=["round-robin"],
    )
    slow_start_s: SlowStart | None = Field(
        default=None, description="`slow_start_s` of its servers; as the service has it.", examples=[60]
    )
    quorum: Quorum = Field(default=0, description=QUORUM, examples=[2])
    real_servers: dict[Name, RealServer] = Field(
        default_factory=dict,
        description="Its servers, by names of their own in the service; at least one.",
        examples=[{"FTP_SVR9": {"address": "10.0.0.19"}}],
    )


Server_co = TypeVar("Server_co", covariant=True)
"""The block of a real server, of FTP mode or of TCP mode."""


@dataclass(frozen=True, slots=True)
class Member(Generic[Server_co]):
    """A real server of a service, and where it stands."""

    pool: str
    where: Where
    """In the block of the service."""
    name: str
    server: Server_co
