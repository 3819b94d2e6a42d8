"""What a real server must do for a service, told by the plan. Pure."""

from dataclasses import dataclass, replace
from ipaddress import ip_address

from ftpair.core.endpoint import PortRange
from ftpair.core.plan import AnyService, Plan, ServerPlan, TcpServicePlan


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of one server; the names are those of the templates."""

    service: str
    server: str
    mode: str
    address: str
    """The server's own."""
    explicit: int | None
    implicit: int | None
    passive: PortRange
    external: str
    """What it must answer to PASV; empty: its own address does, or there is none that could be told."""
    name: str
    """What its certificate must carry; empty: nothing says what clients dial."""
    minimum_version: str
    requires_tls: bool
    has_tls: bool
    longest_s: int
    pairing: str = ""
    listens_on: str = ""
    """The address of the service."""

    @property
    def is_ipv6(self) -> bool:
        """Whether the server itself has an address of IPv6."""
        return ":" in self.address

    @property
    def has_pasv(self) -> bool:
        """Whether clients can ask by PASV at all: it names no address of IPv6 (RFC 2428)."""
        return ":" not in self.listens_on or bool(self.external)

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of TLS that it speaks."""
        return ("1.3",) if self.minimum_version == "1.3" else ("1.2", "1.3")

    @property
    def ports(self) -> str:
        """All ports that clients reach, for a firewall: `21, 990, 1025-1052`."""
        control = [str(port) for port in (self.explicit, self.implicit) if port]
        return ", ".join([*control, str(self.passive)])

    @property
    def ports_without_implicit(self) -> str:
        """Those that a server without implicit TLS can serve."""
        return replace(self, implicit=None).ports


def wanted_of(plan: Plan, service_name: str, server_name: str) -> Wanted:
    """Return what is asked of a server. Raises NotFoundError, which tells what there is."""
    return wanted_by(plan.named(service_name), plan.server(service_name, server_name))


def wanted_by(service: AnyService, server: ServerPlan) -> Wanted:
    """Return what a service asks of one of its servers."""
    return _of_tcp_mode(service, server) if isinstance(service, TcpServicePlan) else _of_ftp_mode(service, server)


def _of_tcp_mode(service: TcpServicePlan, server: ServerPlan) -> Wanted:
    own = "" if ip_address(service.address).is_unspecified else service.address
    dialled = service.advertised_address or own
    return Wanted(
        service=service.name,
        server=server.name,
        mode="tcp",
        address=server.address.host,
        explicit=service.server_explicit,
        implicit=service.server_implicit,
        passive=server.passive or service.passive,
        external="" if ":" in dialled else dialled,
        name=service.public_name or dialled,
        minimum_version=service.minimum_version,
        requires_tls=service.clear_text == "refuse",
        has_tls=server.tls.mode != "off" or service.clear_text == "refuse",
        longest_s=round(service.longest_transfer_s),
        pairing=service.pairing,
        listens_on=service.address,
    )


def _of_ftp_mode(service: AnyService, server: ServerPlan) -> Wanted:
    """Return what ftpair's own legs need: any range will do, and the server's own address is right."""
    tls = server.tls
    is_implicit = tls.mode == "implicit"
    return Wanted(
        service=service.name,
        server=server.name,
        mode="ftp",
        address=server.address.host,
        explicit=None if is_implicit else server.address.port,
        implicit=server.address.port if is_implicit else None,
        passive=PortRange(50000, 50999),
        external="",
        name=tls.name or server.address.host,
        minimum_version=tls.minimum_version,
        requires_tls=tls.mode in {"explicit", "implicit"},
        has_tls=tls.mode != "off",
        longest_s=7200,
    )
