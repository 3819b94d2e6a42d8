"""Example answers of pools and health, made of the real values."""

from dataclasses import asdict

from ftpair.api import examples
from ftpair.api.bodies import ApplyDone
from ftpair.core.health import PastVerdict, ServerHealth
from ftpair.core.pools import PoolStatus
from ftpair.core.status import Admin, Health, ServerCertificate, ServerStatus

POOL_STATUS = PoolStatus(
    service="FTPS_VIP",
    name="default",
    balance="least-sessions",
    routes=("rule 1: user k*",),
    servers=(ServerStatus(**examples.SERVER),),
    sessions=3,
    transfers=1,
    bytes_per_second=52428800.0,
    is_serving=True,
    reason="new sessions find a server",
)
SERVER_HEALTH = ServerHealth(
    service="FTPS_VIP",
    server="FTP_SVR1",
    admin=Admin.ONLINE,
    health=Health.UP,
    reason="up: login accepted",
    since=1767225600.0,
    check="login",
    probe="connects, awaits a greeting of 220 and logs in as probe, every 5 s and within 5 s; 2 good ones in a row ...",
    last_check=1767229200.0,
    next_check=1767229204.8,
    check_seconds=0.003,
    history=(
        PastVerdict(1767225600.0, Health.UP, "up: login accepted"),
        PastVerdict(1767225500.0, Health.DOWN, "down: connect refused (3 of 3 checks failed)"),
    ),
    warnings=("certificate of FTP_SVR1 expires in 6 days",),
    certificates=(ServerCertificate(1767787200.0, ("ftp1.example.org",)),),
)
POOL = asdict(POOL_STATUS)
HEALTH = asdict(SERVER_HEALTH)
WEIGHED = asdict(ApplyDone(8, dry_run=False, steps=("FTPS_VIP: weight of FTP_SVR2 100 -> 50",)))
