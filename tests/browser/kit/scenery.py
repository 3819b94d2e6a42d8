"""A node at work, for pages whose pictures are taken: as many people, files and changes as a morning has."""

import math
from typing import Any

from ftpair.api import account_examples
from ftpair.core.account_actions import AuditIs, GetAudit
from ftpair.core.accounts import AuditRow
from ftpair.core.actions import (
    ConfigurationIs,
    GetConfiguration,
    GetLog,
    GetReport,
    GetRevisions,
    GetSessions,
    GetStatus,
    GetTransferHistory,
    LogIs,
    ReportIs,
    RevisionsAre,
    SessionTable,
    StatusIs,
    TransferHistoryIs,
)
from ftpair.core.log_lines import LogLine
from ftpair.core.reports import UNITS, Measure
from ftpair.core.revisions import Revision
from ftpair.core.status import Health
from tests.api.supervisor import node, past_transfer, server, service, session, transfer

_NOON = 1767268800.0
_PEOPLE = ("alice", "bob", "carol", "dana", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim", "liam")
_FILES = ("backup.tar", "orders-0412.csv", "camera-7.mp4", "invoices.zip", "catalogue.xml", "scan-118.pdf")
_TEXT = """virtual_services:
  FTPS_VIP:
    address: 192.0.2.10
    ports: {explicit: 21, implicit: 990, passive: 1025-1052}
    tls: {certificate: files, clear_text: refuse}
    balance: least-sessions
    real_servers:
      FTP_SVR1: {address: 10.0.0.11}
      FTP_SVR2: {address: 10.0.0.12}
"""
_ADDED = "      FTP_SVR3: {address: 10.0.0.13, weight: 50}\n"
_EVENTS = (
    ("info", "supervisor", "revision 4: 2 steps"),
    ("info", "prober", "FTPS_VIP FTP_SVR1 is up: 220 in 3 ms"),
    ("warning", "prober", "FTPS_VIP FTP_SVR2 is down: connection refused"),
    ("info", "worker 0", "alice logged in from 198.51.100.7, explicit, TLSv1.3, FTP_SVR1"),
    ("info", "worker 1", "bob logged in from 198.51.100.14, implicit, TLSv1.3, FTP_SVR1"),
    ("info", "worker 0", "transfer ended: alice RETR backup.tar, 256.0 MiB, complete"),
    ("error", "worker 1", "transfer ended: carol STOR camera-7.mp4, 81.2 MiB, cut"),
)
_DONE = (
    ("anna", "drain", "FTPS_VIP FTP_SVR2", "drain FTP_SVR2: 3 sessions stay, 0 transfers"),
    ("anna", "apply", "revision 4", "add server FTP_SVR3 to FTPS_VIP"),
    ("local", "certificate", "files", "files is replaced"),
    ("ben", "kill", "0-1c", "kill 0-1c: the session of mallory from 203.0.113.9 is ended"),
    ("anna", "ban", "203.0.113.9", "203.0.113.9 is banned for 900 s"),
    ("anna", "log-in", "anna", "anna is logged in as admin"),
)
_LEVELS: dict[Measure, float] = {
    "bytes_up": 9e6,
    "bytes_down": 34e6,
    "sessions": 42,
    "sessions_peak": 55,
    "transfers": 8,
    "transfers_done": 31,
    "transfers_failed": 0.4,
    "logins": 17,
    "logins_refused": 1,
    "errors": 0.4,
    "refusals": 2,
    "healthy": 1,
}
_WHY = ("a third server for the night", "weights after the move", "refuse clear text", "second real server", "found")


def scenery() -> dict[type, Any]:
    """Return the answers of such a node, by action."""
    return {
        GetStatus: StatusIs(node(services=(_service(), _service("OFFICE_VIP", address="192.0.2.11")))),
        GetSessions: SessionTable(
            tuple(_session(number) for number in range(12)), tuple(_transfer(number) for number in range(6))
        ),
        GetTransferHistory: TransferHistoryIs(tuple(_past(number) for number in range(9)), 0, 0),
        GetReport: _report,
        GetAudit: AuditIs(tuple(_audit(number) for number in range(len(_DONE)))),
        GetRevisions: lambda action: RevisionsAre(
            tuple(each for each in _revisions() if not action.before or each.number < action.before)[: action.limit]
        ),
        GetConfiguration: _configuration,
        GetLog: LogIs(tuple(LogLine(at, _NOON + at * 1.7, *each) for at, each in enumerate(_EVENTS, 1)), len(_EVENTS)),
    }


def _report(action: GetReport) -> ReportIs:
    """Tell of an hour with its ups and downs; the overview, which asks up to now, draws its own."""
    end = int(action.until) or int(action.since)
    moments = range(end - 3600 if action.until else end, end, 10)
    level = _LEVELS[action.measure]
    return ReportIs(UNITS[action.measure], 10, tuple((at, _value(action.measure, level, at)) for at in moments))


def _value(measure: Measure, level: float, at: int) -> float:
    if measure == "healthy":
        return 0.5 if at % 3600 < 240 else 1.0
    wave = 1 + 0.45 * math.sin(at / 290) + 0.2 * math.sin(at / 47 + len(measure))
    return level * wave if level > 100 else float(round(level * wave))


def _service(name: str = "FTPS_VIP", **more: Any) -> Any:
    down = {
        "health": Health.DOWN,
        "reason": "connection refused",
        "sessions": 0,
        "transfers": 0,
        "bytes_per_second": 0.0,
    }
    servers = server("FTP_SVR1", sessions=12), server("FTP_SVR2", address="10.0.0.12:21", **down)
    return service(name, servers=servers, reason="1 of 2 servers takes new sessions", **more)


def _session(number: int) -> Any:
    is_busy, file = number < 6, _FILES[number % 6]
    return session(
        id=f"0-{number + 31:x}",
        client=f"198.51.100.{7 + number * 7}:{50122 + number * 311}",
        entrance=("explicit", "implicit")[number % 2],
        user=_PEOPLE[number],
        state="transferring" if is_busy else "ready",
        seconds=42.5 + number * 77,
        idle_seconds=0.0 if is_busy else number * 4.0,
        transfers=number * 3 % 11,
        bytes_down=(number * 37 + 12) << 20,
        command=f"RETR {file}" if is_busy else ("LIST", "NOOP", "CWD outgoing")[number % 3],
    )


def _transfer(number: int) -> Any:
    row = _session(number)
    rate = (50 - number * 7.3) * 2**20
    who = {"session": row.id, "client": row.client, "user": row.user, "path": _FILES[number]}
    return transfer(**who, bytes=(100 - number * 9) << 20, seconds=2.0 + number * 3, bytes_per_second=rate)


def _past(number: int) -> Any:
    row = _session(number)
    end = {"result": "cut", "reply": "426 Connection lost.", "reason": "the client is gone"} if number == 3 else {}
    who = {"session": row.id, "client": row.client, "user": row.user, "path": _FILES[number % 6]}
    return past_transfer(number=1207 - number, at=_NOON - number * 93, bytes=(256 - number * 21) << 20, **who, **end)


def _audit(number: int) -> AuditRow:
    name, action, subject, sentence = _DONE[number]
    said = {"name": name, "action": action, "subject": subject, "sentence": sentence}
    return AuditRow(**account_examples.AUDIT | said | {"number": 40 - number, "time": _NOON - number * 1260})


def _revisions() -> list[Revision]:
    authors = ("anna", "anna", "local", "anna", "file")
    return [
        Revision(5 - at, _NOON - at * 5400, authors[at], why, 0.0 if at == 0 else _NOON - at * 5400 + 40)
        for at, why in enumerate(_WHY)
    ]


def _configuration(action: GetConfiguration) -> ConfigurationIs:
    names = {"file": "/etc/ftpair/ftpair.yaml", "running": "revision 4, running"}
    text = _TEXT + (_ADDED if action.which in ("file", "5") else "")
    return ConfigurationIs(names.get(action.which, f"revision {action.which}"), text, f'"tag of {action.which}"')
