"""Which make of server it is: by its greeting, or by what it answers where the greeting hides it. Pure."""

import re

from ftpair.guides.guide import Kind
from ftpair.probes.doctor.seen import Seen

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


def kind_of(seen: Seen) -> Kind | None:
    """Return the make of a server, as `ftpair guide --kind` names it; None: it is not known."""
    for visit in seen.visits:
        for pattern, kind in _GREETINGS:
            if re.search(pattern, visit.greeting, re.IGNORECASE):
                return kind
    for visit in seen.visits:
        for verb, pattern, kind in _ANSWERS:
            if re.search(pattern, visit.text(verb)):
                return kind
    return None
