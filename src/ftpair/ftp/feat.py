"""FEAT (RFC 2389): what a server can do, what a pool can do, and what may be said to a client."""

from collections.abc import Callable, Iterable

from ftpair.ftp.reply import Reply

NOT_CARRIED = frozenset(
    {"ADAT", "AUTH", "CCC", "CONF", "CPSV", "ENC", "LPRT", "LPSV", "MIC", "PBSZ", "PROT", "REIN", "SSCN"}
)
"""First words of lines that speak of the server's own security or of what ftpair does not pass on."""

MODES_CARRIED = frozenset({"S", "Z"})
OWN = ("AUTH TLS", "PBSZ", "PROT")


def parse(raw: bytes) -> tuple[str, ...]:
    """Return the feature lines of a whole 211 reply; blank lines and lines with a code in front are tolerated."""
    features = (_feature(line) for line in _lines(raw)[1:-1])
    return tuple(feature for feature in features if feature)


def _lines(raw: bytes) -> list[bytes]:
    """Split as a reply is read: a lone CR ends no line, or a server could break the reply apart with one."""
    return [line + b"\n" for line in raw.removesuffix(b"\n").split(b"\n")]


def _feature(line: bytes) -> str:
    if line[:4] == b"211-":
        line = line[4:]
    return line.decode("utf-8", "backslashreplace").strip()


def is_carried(feature: str) -> bool:
    """Return whether a client behind ftpair can use this feature of a server."""
    word, _, argument = feature.upper().partition(" ")
    if word == "MODE":
        return argument.strip() in MODES_CARRIED
    return word not in NOT_CARRIED


def common(servers: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what all of the servers can do, in the order of the first; lists (MLST, HASH) keep what all have."""
    first, *others = tuple(servers) or ((),)
    shared = []
    for feature in first:
        kept: str | None = feature
        for other in others:
            kept = kept and _shared(kept, other)
        if kept:
            shared.append(kept)
    return tuple(shared)


def _shared(feature: str, others: tuple[str, ...]) -> str | None:
    word, _, argument = feature.partition(" ")
    if feature.upper() in map(str.upper, others):
        return feature
    for other in others:
        other_word, _, other_argument = other.partition(" ")
        if ";" in argument and other_word.upper() == word.upper():
            return _shared_list(word, argument, other_argument)
    return None


def _shared_list(word: str, argument: str, other_argument: str) -> str | None:
    had = {_plain(item) for item in other_argument.split(";")}
    items = [item for item in argument.split(";") if item and _plain(item) in had]
    return f"{word} {';'.join(items)};" if items else None


def _plain(item: str) -> str:
    return item.strip().rstrip("*").upper()


def build(features: Iterable[str]) -> bytes:
    """Build the reply to FEAT from feature lines."""
    lines = "".join(f" {feature}\r\n" for feature in features)
    if not lines:
        return b"211 No features.\r\n"
    return f"211-Features:\r\n{lines}211 End\r\n".encode()


def compose(reply: Reply, own: tuple[str, ...], may_show: Callable[[str], bool] = is_carried) -> bytes:
    """Turn a server's reply to FEAT into ftpair's: the server's lines that may be shown, and `own` at the end."""
    lines = _lines(reply.raw)
    if len(lines) < 2 or not reply.is_positive:
        return build(own) if own else reply.raw
    kept = [line for line in lines[1:-1] if may_show(_feature(line))]
    ours = [f" {feature}\r\n".encode() for feature in own]
    return b"".join([lines[0], *kept, *ours, lines[-1]])
