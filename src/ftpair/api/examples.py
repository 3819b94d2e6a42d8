"""Example answers for OpenAPI, made of the real values, so that they cannot differ from what is answered."""

from dataclasses import asdict
from typing import Any

import msgspec
from fastapi.openapi.models import Example

import ftpair
from ftpair.api.bodies import (
    ApplyDone,
    BanRow,
    ConfigurationProblem,
    ConfigurationText,
    Difference,
    Done,
    Log,
    NodeHealth,
    Report,
    ServiceHealth,
    TransferHistory,
    Versions,
    Waiting,
)
from ftpair.core.clientele import Seen, client_rows
from ftpair.core.happenings import Happening
from ftpair.core.log_lines import LogLine
from ftpair.core.revisions import Revision
from ftpair.core.status import (
    Admin,
    CertificateStatus,
    Health,
    NodeStatus,
    RouteStatus,
    ServerStatus,
    ServiceStatus,
    SessionRow,
    TransferRow,
    WorkerStatus,
)
from ftpair.core.transfers import PastTransfer


def ok(example: Any, media_type: str = "application/json") -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of a good answer."""
    return {200: {"content": {media_type: {"example": example}}}}


def ok_either(example: Any, other: str, media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return the description of a good answer that is JSON, or a text of another type."""
    described = ok(example)
    described[200]["content"][media_type] = {"schema": {"type": "string"}, "example": other}
    return described


_SERVER = ServerStatus(
    name="FTP_SVR1",
    address="10.0.0.11:21",
    weight=100,
    tls="off",
    admin=Admin.ONLINE,
    health=Health.UP,
    reason="220 in 3 ms",
    since=1767225600.0,
    sessions=3,
    transfers=1,
    max_sessions=0,
    bytes_up=1048576,
    bytes_down=268435456,
    bytes_per_second=52428800.0,
)
_SERVICE = ServiceStatus(
    name="FTPS_VIP",
    mode="ftp",
    address="192.0.2.10",
    explicit=21,
    implicit=990,
    passive="1025-1052",
    passive_ports=28,
    passive_ports_in_use=1,
    balance="least-sessions",
    sessions=3,
    transfers=1,
    max_sessions=0,
    bytes_per_second=52428800.0,
    is_serving=True,
    reason="1 of 1 servers take new sessions",
    servers=(_SERVER,),
    certificates=(CertificateStatus("files", not_after=1774915200.0, days_left=88),),
)
_WORKER = WorkerStatus(0, pid=4711, is_ready=True, sessions=3, restarts=0, loop_lag_seconds=0.0004, open_fds=31)
_NODE = NodeStatus(
    version=ftpair.__version__,
    revision=1,
    started=1767225600.0,
    is_ready=True,
    is_draining=False,
    last_apply="revision 1: 1 service, 1 server",
    last_apply_successful=True,
    services=(_SERVICE,),
    workers=(_WORKER,),
)
_SESSION = SessionRow(
    id="0-1f",
    service="FTPS_VIP",
    client="198.51.100.7:50122",
    entrance="explicit",
    user="alice",
    server="FTP_SVR1",
    state="transferring",
    tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    seconds=42.5,
    idle_seconds=0.0,
    transfers=3,
    bytes_up=0,
    bytes_down=268435456,
    command="RETR backup.tar",
    worker=0,
)
_TRANSFER = TransferRow(
    session="0-1f",
    service="FTPS_VIP",
    client="198.51.100.7:50122",
    user="alice",
    server="FTP_SVR1",
    verb="RETR",
    path="backup.tar",
    direction="down",
    bytes=104857600,
    seconds=2.0,
    bytes_per_second=52428800.0,
)

_SEEN = Seen("FTPS_VIP", "198.51.100.7", "alice", "FileZilla", resumed=12, tls="TLSv1.3", at=1767225600.0)

CLIENT = asdict(client_rows([_SEEN])[0])
_ROUTE = RouteStatus(
    service="FTPS_VIP",
    pool="new",
    rule=2,
    rule_reason="rule 2: user k*",
    server="FTP_SVR3",
    server_reason="least-sessions: 3 sessions",
    sentence="kim from 10.0.0.5 goes to pool new (rule 2: user k*), there to FTP_SVR3 (least-sessions: 3 sessions)",
)

ROUTE = asdict(_ROUTE)
SERVER = asdict(_SERVER)
SERVICE = asdict(_SERVICE)
NODE = asdict(_NODE)
SESSION = asdict(_SESSION)
TRANSFER = asdict(_TRANSFER)
_PAST = PastTransfer(
    number=1207,
    at=1767225600.25,
    service="FTPS_VIP",
    server="FTP_SVR1",
    user="alice",
    client="198.51.100.7:50122",
    session="0-1f",
    verb="RETR",
    path="backup.tar",
    direction="down",
    bytes=268435456,
    seconds=5.12,
    result="complete",
    reason="",
    reply="226 Transfer complete.",
    tls="TLSv1.3",
    server_tls="clear",
)
PAST_TRANSFER = asdict(_PAST)
TRANSFER_HISTORY = asdict(TransferHistory((_PAST,), next=1207, unrecorded=0))
_MOMENTS, _VALUES = (1767225590, 1767225600, 1767225610), (52428800.0, 48234496.0, None)
REPORT = asdict(Report("FTPS_VIP", "FTP_SVR1", "bytes_down", "bytes/s", 10, _MOMENTS, _VALUES))
_TEXT = '{"timestamp":"2026-01-01T00:00:00.250000Z","level":"info","event":"transfer ended","service":"FTPS_VIP"}'
LOG = asdict(Log((LogLine(4711, 1767225600.25, "info", "worker 0", _TEXT),), latest=4711))
SHEET = (
    "number,at,service,server,user,client,session,verb,path,direction,bytes,seconds,result,reason,reply,tls,server_tls\r\n"
    "1207,2026-01-01T00:00:00.250Z,FTPS_VIP,FTP_SVR1,alice,198.51.100.7:50122,0-1f,RETR,backup.tar,down,268435456,5.12,"
    "complete,,226 Transfer complete.,TLSv1.3,clear\r\n"
)
UPGRADING = asdict(Done("upgrading from 0.1.0 to 0.2.0: 3 sessions on 2 workers go on"))
KILLED = asdict(Done("kill 0-1f: the session of alice from 198.51.100.7 is ended"))
DONE = asdict(Done("drain FTP_SVR2: 3 sessions stay, 0 transfers"))
_WARNING = ConfigurationProblem("virtual_services.FTPS_VIP.real_servers", 9, "every weight is 0, so no server ...")
APPLIED = asdict(ApplyDone(2, dry_run=False, steps=("FTPS_VIP: weight of FTP_SVR2 50 -> 0",), warnings=(_WARNING,)))
WAITING = asdict(Waiting(is_changed=True, steps=("FTPS_VIP: weight of FTP_SVR2 50 -> 0",), warnings=(_WARNING,)))
CONFIRMED = asdict(Done("revision 2 is confirmed and stays"))
_LINES = "virtual_services:\n  FTPS_VIP:\n    address: 192.0.2.10\n"
CONFIGURATION = asdict(ConfigurationText("/etc/ftpair/ftpair.yaml", _LINES, etag='"5f3c9be1d24f0a7c88e6b1d0c3a94f27"'))
DIFFERENCE = asdict(
    Difference(
        "revision 1, running", "/etc/ftpair/ftpair.yaml", "--- revision 1, running\n+++ /etc/ftpair/ftpair.yaml\n..."
    )
)
_ADDED = {"virtual_services": {"FTPS_VIP": {"real_servers": {"FTP_SVR3": {"address": "10.0.0.13"}}}}}
_REMOVED = {"virtual_services": {"FTPS_VIP": {"real_servers": {"FTP_SVR3": None}}}}
PATCHES = {
    "add": Example(summary="Add a real server", value=_ADDED),
    "remove": Example(summary="Remove a real server", value=_REMOVED),
}
REVISION = asdict(Revision(2, 1767225600.0, "root", "the new server", applied=1767225601.5))
BAN = asdict(BanRow("FTPS_VIP", "address", "198.51.100.7", 1767226500.0, "5 wrong passwords within 600 s"))
BANNED = asdict(Done("ban 198.51.100.7 from FTPS_VIP for 900 s"))
LIFTED = asdict(Done("lift the ban of 198.51.100.7 from FTPS_VIP"))
VERSIONS = asdict(Versions(ftpair.__version__, "v1", "3.11.2"))
HEALTH = asdict(
    NodeHealth(
        status="ok",
        version=ftpair.__version__,
        revision=1,
        is_draining=False,
        services=(ServiceHealth(_SERVICE.name, _SERVICE.is_serving, _SERVICE.reason),),
        workers=(_WORKER,),
    )
)
METRICS = "# TYPE ftpair_sessions gauge\nftpair_sessions 3.0\n"
_DRAINED = Happening(3, 1767225600.0, "admin", "FTPS_VIP", "drain FTP_SVR2: 3 sessions stay, 0 transfers")
EVENTS = f"""retry: 2000

event: change
data: {msgspec.json.encode(_DRAINED).decode()}
id: 1767225600-3

event: status
data: {msgspec.json.encode(_NODE).decode()}
id: 1767225600-3

: ping

"""
