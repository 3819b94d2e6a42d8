"""Groups of verbs: other names of one thing, what writes, what a session cannot do without. Data only."""

from ftpair.ftp.verbs import ROWS, VERBS

ALIASES: dict[str, str] = {
    "P@SW": "PASV",
    "XCUP": "CDUP",
    "XCWD": "CWD",
    "XMKD": "MKD",
    "XPWD": "PWD",
    "XRMD": "RMD",
}
"""Other names of a verb (RFC 775; `P@SW` is what old clients say where a firewall mangled PASV)."""

WRITING = frozenset(
    {"APPE", "DELE", "MFCT", "MFF", "MFMT", "MKD", "RMD", "RNFR", "RNTO", "STOR", "STOU", "XMKD", "XRMD"}
)
"""Verbs that change what the server keeps. SITE may too, MDTM with a time in front, and so may a verb of no row."""

INDISPENSABLE = frozenset({"ABOR", "ADAT", "AUTH", "CCC", "PASS", "PBSZ", "PROT", "QUIT", "USER"})
"""Verbs that no policy takes away: without them nobody logs in, leaves or protects a session (`tls` decides)."""

OF_A_SESSION = frozenset(row.name for row in ROWS if not row.needs_login) | frozenset(
    {"ABOR", "EPRT", "EPSV", "LANG", "MODE", "P@SW", "PASV", "PORT", "STRU", "TYPE"}
)
"""Verbs that touch no file: login, TLS, negotiation, data connections. A list of what is allowed need not name them."""

NO_VERBS = frozenset({"TVFS", "UTF8"})
"""First words of FEAT lines that are the names of no command."""


def family(name: str) -> frozenset[str]:
    """Return a verb with every other name of it."""
    first = ALIASES.get(name, name)
    return frozenset({first, *(alias for alias, verb in ALIASES.items() if verb == first)})


def may_be_offered(name: str) -> bool:
    """Return whether ftpair carries the verb at all."""
    return VERBS[name].do in {"pass", "handle"}
