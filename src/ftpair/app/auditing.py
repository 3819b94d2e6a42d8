"""What the audit trail tells of an action: one table, in which every action stands."""

import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from ftpair.app.audit import Audit
from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    BeginTotp,
    ChangePassword,
    ChangeUser,
    ConfirmTotp,
    Denied,
    EndTotp,
    Identify,
    LoggedIn,
    LogIn,
    LogOut,
    RemoveToken,
    RemoveUser,
    SetUp,
    TokenIs,
)
from ftpair.core.accounts import AuditRow, Identity, Outcome
from ftpair.core.actions import (
    Action,
    AddBan,
    Applied,
    Apply,
    Confirm,
    KillSession,
    LiftBan,
    Look,
    PatchConfiguration,
    Refused,
    Result,
    RollBack,
    Said,
    SaveConfiguration,
    SetAdmin,
)
from ftpair.core.certificates import CertificateIs, DeleteCertificate, SaveCertificate
from ftpair.core.jobs import EndJob, StartDoctor
from ftpair.core.pools import SetWeight
from ftpair.core.upgrades import Upgrade

log = structlog.get_logger("ftpair")

LOOKS = (Look, Identify)
"""They change nothing, and nobody is refused by them who could have been let in."""
CHANGING: dict[type[Action], tuple[str, str]] = {
    SetAdmin: ("{0.admin.value}", "{0.service} {0.server}"),
    AddBan: ("ban", "{0.service}: {0.by} {0.subject}"),
    LiftBan: ("lift-ban", "{0.service}: {0.by} {0.subject}"),
    KillSession: ("kill", "{0.session}"),
    Apply: ("apply", "{0.comment}"),
    Confirm: ("confirm", ""),
    SaveCertificate: ("save-certificate", "{0.name}"),
    DeleteCertificate: ("delete-certificate", "{0.name}"),
    Upgrade: ("upgrade", ""),
    SetWeight: ("weight", "{0.service} {0.server}: {0.weight}"),
    StartDoctor: ("doctor", "{0.service}"),
    EndJob: ("end-doctor", "{0.job}"),
    RollBack: ("roll-back", "revision {0.number}"),
    SaveConfiguration: ("save", "{0.comment}"),
    PatchConfiguration: ("patch", "{0.comment}"),
    Denied: ("denied", "{0.asked}"),
    SetUp: ("set-up", "{0.user}"),
    LogIn: ("log-in", "{0.user}"),
    LogOut: ("log-out", ""),
    AddUser: ("add-user", "{0.user}"),
    ChangeUser: ("change-user", "{0.user}"),
    RemoveUser: ("remove-user", "{0.user}"),
    ChangePassword: ("change-password", ""),
    BeginTotp: ("begin-totp", "{0.user}"),
    ConfirmTotp: ("confirm-totp", "{0.user}"),
    EndTotp: ("end-totp", "{0.user}"),
    AddToken: ("add-token", "{0.name}"),
    RemoveToken: ("remove-token", "{0.name}"),
}
"""What each one is called, and what is said of it beside its answer."""
UNKNOWN = "no user of ftpair"
"""Stands for the name that somebody tried: it may be a password in the wrong field."""


def tell(audit: Audit, action: Action, who: Identity, answer: Result, is_user: Callable[[str], bool]) -> None:
    """Keep an entry of an action that changed something, or would have."""
    if isinstance(action, LOOKS) or getattr(action, "dry_run", False):
        return
    if isinstance(answer, Refused) and answer.kind == "too-often":  # Nothing was looked at, and a flood is no news.
        return
    row = _row(action, _really(action, who, answer), answer, is_user)
    audit.keep(row)
    if row.outcome == "refused" and isinstance(action, (LogIn, SetUp, Denied)):
        log.warning("refused", action=row.action, subject=row.subject, address=row.address, reason=row.sentence)


def _row(action: Action, who: Identity, answer: Result, is_user: Callable[[str], bool]) -> AuditRow:
    name, subject = (words.format(action) for words in CHANGING[type(action)])
    if isinstance(action, (LogIn, SetUp)) and not is_user(subject):
        subject = UNKNOWN
    outcome: Outcome = "refused" if isinstance(answer, Refused) else "done"
    return AuditRow(0, time.time(), who.name, who.via, who.address, name, subject, outcome, _sentence(answer))


def _really(action: Action, who: Identity, answer: Result) -> Identity:
    """Return who it is, now that it is known."""
    if isinstance(answer, LoggedIn):
        return answer.identity
    if who.via == "socket":
        return replace(who, name=getattr(action, "author", "") or who.name)
    return replace(who, address=getattr(action, "address", who.address))


def _sentence(answer: Result) -> str:
    match answer:
        case Applied(revision, steps):
            return f"revision {revision}: {'; '.join(steps) or 'nothing to change'}"
        case LoggedIn():
            return "logged in"
        case Said() | Refused() | TokenIs() | CertificateIs():
            return answer.sentence
        case _:
            return ""
