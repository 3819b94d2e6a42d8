"""Which make of server it is: by its greeting, or by what it answers where the greeting hides it. Pure."""

import re
from collections.abc import Mapping
from typing import Literal

from ftpair.probes.doctor.seen import Seen

Kind = Literal["iis", "vsftpd", "proftpd", "pure-ftpd", "filezilla-server", "pyftpdlib", ""]
"""As `ftpair guide --kind` names them; empty: it is not known."""

NAMES: Mapping[Kind, str] = {
    "iis": "IIS",
    "vsftpd": "vsftpd",
    "proftpd": "ProFTPD",
    "pure-ftpd": "Pure-FTPd",
    "filezilla-server": "FileZilla Server",
    "pyftpdlib": "pyftpdlib",
}
_GREETINGS: tuple[tuple[str, Kind], ...] = (
    (r"Microsoft FTP Service", "iis"),
    (r"vsFTPd", "vsftpd"),
    (r"ProFTPD", "proftpd"),
    (r"Pure-FTPd", "pure-ftpd"),
    (r"FileZilla Server", "filezilla-server"),
    (r"pyftpdlib", "pyftpdlib"),
)
_ANSWERS: tuple[tuple[str, str, Kind], ...] = (
    ("SYST", r"Windows_NT", "iis"),
    ("AUTH", r"Expecting TLS Negotiation", "iis"),
    ("STAT", r"vsFTPd", "vsftpd"),
    ("STAT", r"pureftpd\.org", "pure-ftpd"),
    ("STAT", r"ProFTPD", "proftpd"),
    ("STAT", r"pyftpdlib|FTP server status", "pyftpdlib"),
    ("AUTH", r"Proceed with negotiation", "vsftpd"),
)
"""Verb, what its answer says, and who says so."""


def kind_of(seen: Seen) -> Kind:
    """Return the make of a server."""
    for visit in seen.visits:
        for pattern, kind in _GREETINGS:
            if re.search(pattern, visit.greeting, re.IGNORECASE):
                return kind
    for visit in seen.visits:
        for verb, pattern, kind in _ANSWERS:
            if re.search(pattern, visit.text(verb)):
                return kind
    return ""
