"""The table of verbs: what ftpair does with each one that a client may send. Data only."""

from collections.abc import Collection
from typing import Literal

import msgspec

Doing = Literal["pass", "handle", "refuse", "close"]


class Verb(msgspec.Struct, frozen=True):
    """One row of the table."""

    name: str
    rfc: str
    """Where it stands: the number of an RFC, or `-` for common practice."""
    do: Doing
    """`pass` it on, `handle` it (a function of the session of that name), `refuse` it or `close` the connection."""
    reply: str = ""
    """`refuse`: what the client gets. Else: the answer while no server is attached."""
    needs_login: bool = True
    is_secret: bool = False
    """Its argument is masked wherever people read."""
    moves: Literal["", "up", "down"] = ""
    """Which way its data connection carries bytes."""


def _passed(rfc: str, names: str) -> tuple[Verb, ...]:
    return tuple(Verb(name, rfc, "pass") for name in names.split())


def _moved(rfc: str, names: str, moves: Literal["up", "down"]) -> tuple[Verb, ...]:
    return tuple(Verb(name, rfc, "handle", moves=moves) for name in names.split())


def _handled(rfc: str, names: str, *, needs_login: bool = True) -> tuple[Verb, ...]:
    return tuple(Verb(name, rfc, "handle", needs_login=needs_login) for name in names.split())


def _refused(rfc: str, names: str, reply: str) -> tuple[Verb, ...]:
    return tuple(Verb(name, rfc, "refuse", reply, needs_login=False) for name in names.split())


def _closed(rfc: str, names: str) -> tuple[Verb, ...]:
    return tuple(Verb(name, rfc, "close", needs_login=False) for name in names.split())


LOGIN_FIRST = "503 Login with USER first."
NO_LONG_ADDRESSES = "502 Long addresses are not offered here: use EPSV or EPRT."
NO_PROTECTED_COMMANDS = "537 The whole connection is protected by TLS, single commands are not."

ROWS: tuple[Verb, ...] = (
    # Access control.
    Verb("USER", "959", "handle", needs_login=False),
    Verb("PASS", "959", "handle", LOGIN_FIRST, needs_login=False, is_secret=True),
    Verb("ACCT", "959", "handle", LOGIN_FIRST, needs_login=False, is_secret=True),
    *_handled("959", "QUIT", needs_login=False),
    *_refused("959", "REIN", "502 REIN is not offered here: use QUIT and connect again."),
    *_passed("959", "CWD CDUP SMNT"),
    # Transfer parameters and data connections.
    *_handled("959", "PASV"),
    *_handled("-", "P@SW"),
    *_handled("2428", "EPSV"),
    *_handled("959", "PORT"),
    *_handled("2428", "EPRT"),
    *_refused("1639", "LPRT LPSV", NO_LONG_ADDRESSES),
    *_passed("959", "TYPE STRU"),
    *_handled("959", "MODE"),
    # Service.
    *_moved("959", "RETR LIST NLST", "down"),
    *_moved("3659", "MLSD", "down"),
    *_moved("959", "STOR STOU APPE", "up"),
    *_passed("959", "ABOR ALLO REST RNFR RNTO DELE RMD MKD PWD SITE STAT"),
    Verb("SYST", "959", "pass", "215 UNIX Type: L8", needs_login=False),
    Verb("NOOP", "959", "pass", "200 NOOP ok.", needs_login=False),
    *_handled("959", "HELP", needs_login=False),
    *_passed("775", "XCWD XCUP XMKD XRMD XPWD"),
    # Negotiation and extensions.
    *_handled("2389", "FEAT OPTS", needs_login=False),
    *_handled("7151", "HOST", needs_login=False),
    *_handled("-", "CLNT", needs_login=False),
    *_passed("2640", "LANG"),
    *_passed("3659", "MDTM SIZE MLST"),
    *_passed("-", "AVBL CSID HASH MD5 MMD5 MFCT MFF MFMT PRET RANG"),
    *_passed("-", "XCRC XMD5 XSHA XSHA1 XSHA256 XSHA384 XSHA512"),
    # Security.
    Verb("AUTH", "2228, 4217", "handle", needs_login=False, is_secret=True),
    *_handled("2228, 4217", "PBSZ PROT CCC", needs_login=False),
    Verb("ADAT", "2228", "refuse", "503 No security data are exchanged here.", needs_login=False, is_secret=True),
    *_refused("2228", "MIC CONF ENC", NO_PROTECTED_COMMANDS),
    *_refused("-", "SSCN CPSV", "502 Transfers between two servers are not offered here."),
    # Another protocol on this port (ALPACA, CVE-2021-3618).
    *_closed("9110", "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI"),
)

VERBS: dict[str, Verb] = {row.name: row for row in ROWS}

UNKNOWN = Verb("other", "-", "pass")
"""A verb that no row names: the server knows it, or says that it does not."""

SECRET_SITE_WORDS = frozenset({b"PSWD", b"PASSWD", b"PASS", b"CPWD"})
"""SITE commands that carry a password in common servers."""


def is_plausible(verb: str) -> bool:
    """Return whether an unknown verb may be passed on: 4 or more ASCII letters or digits, a letter first."""
    return 4 <= len(verb) <= 16 and verb.isascii() and verb.isalnum() and verb[0].isalpha()


def help_text(refused: Collection[str] = ()) -> str:
    """Return the reply to HELP: every verb that ftpair accepts, from the table, but for those refused by a policy."""
    names = sorted(row.name for row in ROWS if row.do in {"pass", "handle"} and row.name not in refused)
    rows = [" ".join(names[start : start + 10]) for start in range(0, len(names), 10)]
    return "214-These commands are accepted:\r\n" + "".join(f" {row}\r\n" for row in rows) + "214 End"
