"""Whom the doctor visits, and in which modes: the real servers of a service, and its VIP. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import AnyService, HeaderVersion, ServerPlan, ServerTls, ServicePlan, TcpServicePlan, TlsVersion

VIP = "VIP"
Entrance = Literal["clear", "explicit", "implicit"]


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to log in: the entrance, and the version of TLS, which clear text has none of."""

    entrance: Entrance
    version: TlsVersion | None = None

    def __str__(self) -> str:
        return f"{self.entrance} TLS {self.version}" if self.version else "clear text"


@dataclass(frozen=True, slots=True)
class Target:
    """One address that is visited, and how a client of it would come in."""

    name: str
    """The real server's, or `VIP`."""
    host: str
    ports: Mapping[Entrance, int]
    modes: tuple[Mode, ...]
    """In the order in which they are tried."""
    tls: ServerTls = field(default_factory=ServerTls)
    """Which CAs are trusted, which name the certificate must carry (empty: any), and the oldest version."""
    clear_text: Literal["refuse", "allow"] = "refuse"
    """What should become of logins without TLS."""
    passive: PortRange | None = None
    """Where its passive ports must lie; None: anywhere."""
    control_header: HeaderVersion = "off"
    data_header: HeaderVersion = "off"
    headers_from: tuple[str, ...] = ()
    """Networks from which connections must begin with a header of the PROXY protocol."""

    @property
    def is_vip(self) -> bool:
        """Whether this is the VIP."""
        return self.name == VIP

    def endpoint(self, entrance: Entrance) -> Endpoint:
        """Return where an entrance is."""
        return Endpoint(self.host, self.ports[entrance])

    @property
    def secured(self) -> tuple[Entrance, ...]:
        """The entrances with TLS, each once."""
        return tuple(dict.fromkeys(mode.entrance for mode in self.modes if mode.version))


def servers_of(service: AnyService) -> tuple[Target, ...]:
    """Return the real servers of a service as it needs them: in FTP mode as ftpair's own legs come to them."""
    if isinstance(service, TcpServicePlan):
        return tuple(_behind_tcp(service, server) for server in service.servers)
    return tuple(_behind_ftp(service, server) for server in service.servers)


def vip_of(service: AnyService, ca_pem: bytes = b"") -> Target:
    """Return the VIP of a service as its clients see it; in FTP mode they trust these CAs (none: the system's)."""
    return _vip_of_tcp(service) if isinstance(service, TcpServicePlan) else _vip_of_ftp(service, ca_pem)


def dialled(address: str) -> str:
    """Return what to dial on this machine for an address to listen on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  # Nothing is bound.


def announced_by(service: AnyService, client: str) -> str:
    """Return the address that 227 must name to a client; empty: the service in TCP mode listens on every address."""
    if not isinstance(service, TcpServicePlan):
        return service.advertised.to(client) or dialled(service.address)
    if service.advertised_address:
        return service.advertised_address
    return service.address if dialled(service.address) == service.address else ""


def _behind_tcp(service: TcpServicePlan, server: ServerPlan) -> Target:
    has_tls = server.tls.mode != "off"
    return Target(
        name=server.name,
        host=server.address.host,
        ports=_ports(service.server_explicit, service.server_implicit),
        modes=_modes(_doors(service), service.clear_text, server.tls),
        tls=_named(server.tls, service.public_name),
        clear_text=service.clear_text if has_tls else "allow",
        passive=server.passive or service.passive,
        control_header=server.control_header,
        data_header=server.data_header,
    )


def _vip_of_tcp(service: TcpServicePlan) -> Target:
    tls = service.servers[0].tls if service.servers else ServerTls()
    return Target(
        name=VIP,
        host=dialled(service.address),
        ports=_ports(service.explicit, service.implicit),
        modes=_modes(_doors(service), service.clear_text, tls),
        tls=_named(tls, service.public_name),
        clear_text=service.clear_text if tls.mode != "off" else "allow",
        passive=service.passive,
        headers_from=service.accept_from,
    )


def _behind_ftp(service: ServicePlan, server: ServerPlan) -> Target:
    mode = server.tls.mode
    entrance: Entrance = "implicit" if mode == "implicit" else "explicit"
    comes_clear = mode == "off" or (mode == "match" and _admits_clear_text(service))
    return Target(
        name=server.name,
        host=server.address.host,
        ports={"clear": server.address.port, entrance: server.address.port},
        modes=_modes((entrance,), "allow" if comes_clear else "refuse", server.tls),
        tls=server.tls,
        clear_text="allow",  # It is ftpair who comes, and never in clear text but where it is meant.
        control_header=server.control_header,
        data_header=server.data_header,
    )


def _vip_of_ftp(service: ServicePlan, ca_pem: bytes) -> Target:
    oldest = service.tls.minimum_version if service.tls else "1.2"
    tls = ServerTls(mode="explicit" if service.tls else "off", ca_pem=ca_pem, minimum_version=oldest)
    clear_text: Literal["refuse", "allow"] = "allow" if _admits_clear_text(service) else "refuse"
    return Target(
        name=VIP,
        host=dialled(service.address),
        ports=_ports(service.explicit, service.implicit),
        modes=_modes(_doors(service), clear_text, tls),
        tls=tls,
        clear_text=clear_text,
        passive=service.passive,
        headers_from=service.accept_from,
    )


def _admits_clear_text(service: ServicePlan) -> bool:
    return service.tls is None or service.tls.clear_text == "allow"


def _named(tls: ServerTls, name: str) -> ServerTls:
    return msgspec.structs.replace(tls, name=name)


def _doors(service: AnyService) -> tuple[Entrance, ...]:
    doors: tuple[tuple[Entrance, int | None], ...] = (("explicit", service.explicit), ("implicit", service.implicit))
    return tuple(entrance for entrance, port in doors if port is not None)


def _ports(explicit: int | None, implicit: int | None) -> Mapping[Entrance, int]:
    ports: dict[Entrance, int] = {}
    if explicit is not None:
        ports |= {"clear": explicit, "explicit": explicit}
    return ports if implicit is None else ports | {"implicit": implicit}


def _modes(doors: tuple[Entrance, ...], clear_text: str, tls: ServerTls) -> tuple[Mode, ...]:
    """Return the modes of these entrances, the newest TLS first, clear text last."""
    versions: tuple[TlsVersion, ...] = ("1.3", "1.2") if tls.minimum_version == "1.2" else ("1.3",)
    has_tls = tls.mode != "off"
    modes = [Mode(door, version) for door in doors for version in versions] if has_tls else []
    has_clear = "explicit" in doors and (clear_text == "allow" or not has_tls)
    return (*modes, Mode("clear")) if has_clear else tuple(modes)
