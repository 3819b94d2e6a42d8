"""curl and lftp as clients: one process for each transfer, its exit status is what they take it for."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.ledger import LostError
from tests.chaos.site import Site
from tests.interop.lab import parts


@dataclass(frozen=True, slots=True)
class Errand:
    """A file to have or to bring; `pace` is in bytes of a second."""

    local: Path
    remote: str
    is_upload: bool
    pace: int


def curl(site: Site, source: str, errand: Errand) -> str:
    """Have or bring a file and return the transcript. Raises LostError with curl's words."""
    way = site.way
    tls = ["--ssl-reqd", "--cacert", str(way.ca)] if site.is_secured else []
    turn = ["--upload-file" if errand.is_upload else "--output", str(errand.local)]
    url = f"ftp://{way.host}:{way.port}/{errand.remote}"
    return _run(
        ["curl", "--disable", "--silent", "--show-error", "--verbose", "--user", f"{way.user}:{way.password}"],
        ["--ftp-method", "nocwd", "--connect-timeout", "10", "--speed-limit", "1", "--speed-time", "20"],
        ["--limit-rate", str(errand.pace), "--interface", source, *tls, *turn, url],
    )


def lftp(site: Site, source: str, errand: Errand) -> str:
    """Have or bring a file and return the transcript. Raises LostError with lftp's words."""
    way = site.way
    settings = {
        "cmd:fail-exit": "yes",
        "ftp:rest-stor": "no",  # It goes on with uploads at a wrong byte: docs/clients.md.
        "net:max-retries": "1",
        "net:persist-retries": "0",
        "net:timeout": "20s",
        "net:reconnect-interval-base": "1",
        "net:limit-rate": f"{errand.pace}:{errand.pace}",
        "net:socket-bind-ipv4": source,
        "ftp:ssl-allow-anonymous": "yes",
        "ftp:ssl-allow": "yes" if site.is_secured else "no",
        "ftp:ssl-force": "yes" if site.is_secured else "no",
        "ftp:ssl-protect-data": "yes",
        "ssl:ca-file": str(way.ca),
        "xfer:clobber": "yes",
    }
    words = ["debug 9", *(f'set {name} "{value}"' for name, value in settings.items())]
    words.append(f'open -u "{way.user},{way.password}" -p {way.port} {way.host}')
    if errand.is_upload:
        words.append(f'put "{errand.local}" -o "{errand.remote}"')
    else:
        words.append(f'get "{errand.remote}" -o "{errand.local}"')
    return _run(["lftp", "--norc", "-c", "; ".join(words)])


def _run(*words: list[str]) -> str:
    program, *rest = (word for part in words for word in part)
    said: list[str] = []
    with subprocess.Popen(
        [parts.program(program), *rest],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None, "its words are piped"
        for line in process.stderr:
            said.append(line)
            if line.startswith(_CONNECTS) and sum(each.startswith(_CONNECTS) for each in said) > 1:
                process.kill()
                raise LostError(f"{program}: it failed, and begins anew")
    if process.returncode:
        raise LostError(_sentence(program, said))
    return "".join(said)


def _sentence(program: str, said: list[str]) -> str:
    """Return the first line with words of the program, without the file's name in it."""
    words = next((line.strip() for line in said if line.startswith((f"{program}:", "get:", "put:"))), "no word")
    return f"{program}: {words.rpartition(': ')[2]}"


_CONNECTS = "---- Connecting to "
"""What lftp says of a control connection. The second one is the end: what it makes of its own tries is none of ours."""
PROGRAMS = {"curl": curl, "lftp": lftp}
