"""Connections that the kernel has dropped because a listener's queue was full; of the whole network namespace."""

from pathlib import Path

_NETSTAT = Path("/proc/net/netstat")


def listen_overflows(netstat: Path = _NETSTAT) -> int | None:
    """Return how many there were since the machine started; None: nobody can tell."""
    try:
        lines = [line.split() for line in netstat.read_text().splitlines() if line.startswith("TcpExt:")]
    except OSError:
        return None
    table = dict(zip(*lines, strict=True)) if len(lines) == 2 else {}
    return int(table["ListenOverflows"]) if "ListenOverflows" in table else None
