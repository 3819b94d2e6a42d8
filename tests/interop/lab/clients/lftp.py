"""lftp: one process, its commands on stdin, one session; aborts are jobs that are killed, so lftp says ABOR."""

import re

from tests.interop.lab import parts
from tests.interop.lab.clients.program import run_program
from tests.interop.lab.clients.steps import (
    AbortDownload,
    AbortUpload,
    Append,
    ClientError,
    Download,
    List,
    Nlst,
    Outcome,
    Resume,
    Step,
    Upload,
    Way,
)

_MARK = "=== step"
_MARKED = re.compile(rf"^{_MARK} (done|failed)$", re.MULTILINE)


class Lftp:
    """lftp."""

    name = "lftp"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one process."""
        words = "\n".join([*_settings(way), _open(way), *(_line(step) for step in steps), "quit", ""])
        said = run_program([parts.program("lftp"), "--norc"], words)
        pieces = _MARKED.split(said.stdout)
        texts, verdicts = pieces[0:-1:2], pieces[1::2]
        if len(verdicts) != len(steps):
            raise ClientError(f"lftp: {len(verdicts)} outcomes for {len(steps)} steps:\n{said.stdout}")
        return [Outcome(verdict == "done", text.strip()) for text, verdict in zip(texts, verdicts, strict=True)]


def _settings(way: Way) -> list[str]:
    settings = {
        "net:max-retries": "1",
        "net:persist-retries": "0",
        "net:timeout": "10s",
        "net:reconnect-interval-base": "1",
        "cmd:fail-exit": "no",
        "cmd:interactive": "no",
        "cmd:parallel": "1",
        "cache:enable": "no",
        "ftp:passive-mode": "yes" if way.data == "passive" else "no",
        "ftp:rest-stor": "no",  # A continued upload then says APPE.
        "ftp:ssl-allow-anonymous": "yes",
        "ftp:list-empty-ok": "yes",
        "xfer:clobber": "yes",
        "xfer:log": "no",
        "dns:order": "inet6" if ":" in way.host else "inet",
    }
    return [f'set {name} "{value}"' for name, value in (settings | _tls(way)).items()]


def _tls(way: Way) -> dict[str, str]:
    if way.entrance == "clear":
        return {"ftp:ssl-allow": "no"}
    return {
        "ftp:ssl-force": "yes",
        "ftp:ssl-protect-data": "yes",
        "ssl:ca-file": str(way.ca),
        "ssl:priority": f"NORMAL:-VERS-ALL:+VERS-TLS{way.version}",
    }


def _open(way: Way) -> str:
    scheme = "ftps" if way.entrance == "implicit" else "ftp"
    return f'open -u "{way.user},{way.password}" -p {way.port} {scheme}://{way.url_host}'


def _line(step: Step) -> str:
    if isinstance(step, AbortDownload | AbortUpload):
        return f"{_command(step)}; echo {_MARK} done"
    return f"{_command(step)} && echo {_MARK} done || echo {_MARK} failed"


def _command(step: Step) -> str:
    match step:
        case Upload(local, remote):
            return f'put "{local}" -o "{remote}"'
        case Append(_, remote, whole):
            return f'put -c "{whole}" -o "{remote}"'
        case Download(remote, local):
            return f'get "{remote}" -o "{local}"'
        case Resume(remote, local, _):
            return f'get -c "{remote}" -o "{local}"'
        case List(folder):
            return f'ls "{folder}"'
        case Nlst(name):
            return f'nlist "{name}"'
        case AbortDownload(remote, local):
            return _killed(f'get "{remote}" -o "{local}"')
        case AbortUpload(local, remote):
            return _killed(f'put "{local}" -o "{remote}"')


def _killed(command: str) -> str:
    # Retries after it: lftp takes pyftpdlib's "426 Transfer aborted via ABOR." for the reply to ABOR, directly at the
    # server as through ftpair, falls out of step, reconnects, and tries the other of PORT and PASV once.
    return f"set net:limit-rate 2M:2M; {command} & sleep 1; kill all; set net:limit-rate 0:0; set net:max-retries 3"
