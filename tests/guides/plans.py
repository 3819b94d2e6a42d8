"""Plans for the tests of guides."""

from typing import Any

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Plan, ServerPlan, ServerTls, ServicePlan, TcpServicePlan

EXPLICIT = ServerTls("explicit")


def tcp_plan(**more: Any) -> Plan:
    """Return a plan with one service in TCP mode and two servers."""
    servers = tuple(
        ServerPlan(
            slot, "FTPS_VIP", f"SVR{slot}", Endpoint(f"10.0.0.1{slot}", 21), tls=ServerTls("explicit"), passive=own
        )
        for slot, own in ((1, PortRange(50000, 50099)), (2, PortRange(50100, 50199)))
    )
    usual: dict[str, Any] = {
        "explicit": 21,
        "implicit": 990,
        "server_explicit": 21,
        "server_implicit": 990,
        "pairing": "port",
        "public_name": "ftp.example.org",
    }
    own = {"address": "192.0.2.10", "servers": servers} | usual | more
    service = TcpServicePlan("FTPS_VIP", passive=PortRange(50000, 50199), **own)
    return Plan(1, 1, (), tcp_services=(service,))


def ftp_plan(**more: Any) -> Plan:
    """Return a plan with one service in FTP mode."""
    server = ServerPlan(
        1, "FTP_VIP", "SVR1", Endpoint("10.0.0.11", 2121), tls=ServerTls("explicit", name="ftp1.example.org")
    )
    service = ServicePlan("FTP_VIP", "192.0.2.11", PortRange(1025, 1052), (server,), explicit=21, **more)
    return Plan(1, 1, (service,))
