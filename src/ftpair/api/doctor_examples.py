"""Example answers of the doctor's routes, made of the real values."""

from dataclasses import asdict, replace
from typing import Any

from ftpair.api.bodies import Done
from ftpair.core.doctor import Diagnosis, Finding
from ftpair.core.jobs import Job

_FINDING = Finding(
    id="pasv-address",
    severity="error",
    where="FTP_SVR2",
    sentence="PASV names 10.0.0.12; the address of the service is 192.0.2.10.",
    why="Strict clients refuse.",
    remedy="Let the server announce the VIP as its external address. ProFTPD: `MasqueradeAddress`.",
    lines=("MasqueradeAddress 192.0.2.10",),
    guide="ftpair guide FTPS_VIP FTP_SVR2 --kind proftpd",
    modes=("explicit TLS 1.3", "explicit TLS 1.2"),
)
_DIAGNOSIS = Diagnosis(
    service="FTPS_VIP",
    mode="tcp",
    is_healthy=False,
    findings=(_FINDING,),
    not_examined=("Uploads and clocks: only with --write.",),
    servers={"FTP_SVR1": "proftpd", "FTP_SVR2": "proftpd"},
    logins=12,
)
_RUNNING = Job(
    id="5f3c9be1",
    service="FTPS_VIP",
    state="running",
    started=1767225600.0,
    steps=14,
    done=3,
    doing="FTP_SVR2: explicit TLS 1.3",
)

JOB = replace(_RUNNING, state="done", done=14, doing="", finished=1767225612.5, diagnosis=_DIAGNOSIS)
RUNNING = asdict(_RUNNING)
DONE = asdict(JOB)
ENDED = asdict(Done("job 5f3c9be1: the examination of FTPS_VIP is ended"))
_LOCATION = {"description": "Where to look how far it is.", "schema": {"type": "string"}}
BEGUN: dict[int | str, dict[str, Any]] = {
    202: {"content": {"application/json": {"example": RUNNING}}, "headers": {"Location": _LOCATION}}
}
