"""The smaller blocks of the configuration. A default here equals the default of the plan (`core.plan`)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ftpair.config.values import (
    CheckChoice,
    FilePath,
    Folder,
    Line,
    PassiveRange,
    Port,
    PrintableText,
    Seconds,
    appliance_ports,
)
from ftpair.core.drain import WaitFor


class Block(BaseModel):
    """A block of keys: frozen, no unknown key, no silent change of type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Log(Block):
    """What ftpair writes about its work."""

    format: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="`text` is readable, `json` one JSON object per line; `auto` is `text` on a terminal, else `json`.",
        examples=["json"],
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important message that is written.", examples=["info"]
    )


class Paths(Block):
    """Folders of the running program."""

    runtime: Folder = Field(
        default="/run/ftpair", description="Folder of the control socket (mode 0600).", examples=["/run/ftpair"]
    )
    state: Folder = Field(
        default="/var/lib/ftpair", description="Folder of what outlives a restart.", examples=["/var/lib/ftpair"]
    )


class CertificateFiles(Block):
    """A certificate and its key; paths are relative to the configuration file."""

    certificate: FilePath = Field(
        description="The server's certificate, then each issuer's, PEM.", examples=["tls/fullchain.pem"]
    )
    key: FilePath = Field(description="The private key that fits it, PEM, not encrypted.", examples=["tls/privkey.pem"])


class Ports(Block):
    """The ports of a service; also as one line, `21,990,1025-1052`. At least one of `explicit` and `implicit`."""

    explicit: Port | None = Field(
        default=None, description="Control port on which TLS begins with AUTH (or never does).", examples=[21]
    )
    implicit: Port | None = Field(
        default=None, description="Control port on which TLS comes first. Needs `tls`.", examples=[990]
    )
    passive: PassiveRange = Field(
        description="Ports for data connections, 1024 or higher, at least one per worker; clients share them.",
        examples=["1025-1052"],
    )

    @model_validator(mode="before")
    @classmethod
    def _of_one_line(cls, value: Any) -> Any:
        return appliance_ports(value) if isinstance(value, str) else value


class HealthCheck(Block):
    """How real servers are probed."""

    check: CheckChoice = Field(
        default="banner",
        description="How deep: `tcp` connects, `banner` reads the greeting, `tls` starts TLS, `login` logs in, `list` "
        "lists over a data connection, `roundtrip` stores a file, reads it back and deletes it.",
        examples=["login"],
    )
    interval_s: Seconds = Field(default=5.0, description="Seconds from one probe to the next.", examples=[5])
    timeout_s: Seconds = Field(default=5.0, description="Seconds that one probe may take.", examples=[5])
    rise: int = Field(default=2, ge=1, le=100, description="Good probes in a row until a server is up.", examples=[2])
    fall: int = Field(default=3, ge=1, le=100, description="Bad probes in a row until a server is down.", examples=[3])
    user: PrintableText = Field(
        default="",
        description="User of `check: login` and deeper; of `roundtrip`, one who may write.",
        examples=["probe"],
    )
    password_file: str = Field(
        default="",
        description="File with the user's password on its first line, relative to this file.",
        examples=["secrets/probe"],
    )
    folder: Line = Field(
        default="ftpair-probe",
        description="Folder of `check: roundtrip`, made where it is missing; nothing else should lie in it.",
        examples=["ftpair-probe"],
    )


class Draining(Block):
    """What a drain waits for, and until when."""

    wait_for: WaitFor = Field(
        default="sessions",
        description="`sessions`: they end by themselves; `transfers`: each session ends after its own.",
        examples=["transfers"],
    )
    deadline_s: Annotated[float, Field(ge=0, le=604800, allow_inf_nan=False)] = Field(
        default=0.0,
        description="When what is left is ended as by halt, from the drain on; 0 is never.",
        examples=[300],
    )


class Timeouts(Block):
    """Deadlines of a session, in seconds."""

    login_timeout_s: Seconds = Field(
        default=120.0, description="From the first byte to a successful login.", examples=[120]
    )
    handshake_timeout_s: Seconds = Field(default=15.0, description="One TLS handshake, on either leg.", examples=[15])
    idle_timeout_s: Seconds = Field(
        default=600.0, description="No command and no data; stands still while data moves.", examples=[600]
    )
    connect_timeout_s: Seconds = Field(
        default=5.0, description="Connect to a real server, its greeting and its TLS.", examples=[5]
    )
    data_timeout_s: Seconds = Field(
        default=30.0, description="From the server's 1xx to a data connection on both legs.", examples=[30]
    )
    stall_timeout_s: Seconds = Field(
        default=300.0, description="A transfer in which not one byte moves.", examples=[300]
    )
    reply_timeout_s: Seconds = Field(
        default=300.0, description="A real server that does not answer a command.", examples=[300]
    )
    command_timeout_s: Seconds = Field(
        default=60.0, description="From the first byte of a command's line to its end.", examples=[60]
    )
    session_timeout_s: Annotated[float, Field(ge=0, le=31_536_000, allow_inf_nan=False)] = Field(
        default=0.0,
        description="Longest life of a session; a running transfer ends first; 0 is no limit.",
        examples=[86400],
    )
