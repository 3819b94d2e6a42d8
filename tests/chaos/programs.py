"""curl and lftp as clients: one process for each transfer, its exit status is what they take it for."""

import subprocess
from pathlib import Path

from tests.chaos.ledger import LostError
from tests.chaos.site import Site
from tests.interop.lab import parts

_PACE = "8M"


def curl(site: Site, source: str, local: Path, remote: str, *, is_upload: bool) -> None:
    """Have or bring a file. Raises LostError with curl's words."""
    way = site.way
    tls = ["--ssl-reqd", "--cacert", str(way.ca)] if site.is_secured else []
    turn = ["--upload-file" if is_upload else "--output", str(local)]
    _run(
        ["curl", "--disable", "--silent", "--show-error", "--user", f"{way.user}:{way.password}"],
        ["--ftp-method", "nocwd", "--connect-timeout", "10", "--speed-limit", "1", "--speed-time", "20"],
        ["--limit-rate", _PACE, "--interface", source, *tls, *turn, f"ftp://{way.host}:{way.port}/{remote}"],
    )


def lftp(site: Site, source: str, local: Path, remote: str, *, is_upload: bool) -> None:
    """Have or bring a file. Raises LostError with lftp's words."""
    way = site.way
    settings = {
        "cmd:fail-exit": "yes",
        "net:max-retries": "1",
        "net:persist-retries": "0",
        "net:timeout": "20s",
        "net:limit-rate": f"{_PACE}:{_PACE}",
        "net:socket-bind-ipv4": source,
        "ftp:ssl-allow-anonymous": "yes",
        "ftp:ssl-allow": "yes" if site.is_secured else "no",
        "ftp:ssl-force": "yes" if site.is_secured else "no",
        "ftp:ssl-protect-data": "yes",
        "ssl:ca-file": str(way.ca),
        "xfer:clobber": "yes",
    }
    words = [f'set {name} "{value}"' for name, value in settings.items()]
    words.append(f'open -u "{way.user},{way.password}" -p {way.port} {way.host}')
    words.append(f'put "{local}" -o "{remote}"' if is_upload else f'get "{remote}" -o "{local}"')
    _run(["lftp", "--norc", "-c", "; ".join(words)])


def _run(*words: list[str]) -> None:
    program, *rest = (word for part in words for word in part)
    command = [parts.program(program), *rest]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise LostError(f"{program}: {said[-1]}")


PROGRAMS = {"curl": curl, "lftp": lftp}
