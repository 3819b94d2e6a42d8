"""curl: one process, one configuration on stdin, every step a section of it over the same control connection."""

import re
import tempfile
from pathlib import Path

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

_OUTCOME = re.compile(r"^outcome (\d+) (\d+) (.*)$", re.MULTILINE)
_TIMED_OUT = 28
_DATA = {"passive": [], "EPRT": ['ftp-port = "-"'], "PORT": ['ftp-port = "-"', "disable-eprt"]}


class Curl:
    """curl; it aborts a download by its range and an upload by its deadline, and then begins a new session."""

    name = "curl"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one process."""
        with tempfile.TemporaryDirectory() as folder:
            listings = [Path(folder, str(number)) for number in range(len(steps))]
            sections = [_section(way, step, listing) for step, listing in zip(steps, listings, strict=True)]
            words = "\nnext\n".join("\n".join([*_common(way), *section]) for section in sections)
            said = run_program([parts.program("curl"), "--disable", "--config", "-"], words)
            found = _OUTCOME.findall(said.stderr)
            if len(found) != len(steps):
                raise ClientError(f"curl: {len(found)} outcomes for {len(steps)} steps:\n{said.stderr}")
            return [
                _outcome(step, int(status), message, listing)
                for step, (status, _, message), listing in zip(steps, found, listings, strict=True)
            ]


def _common(way: Way) -> list[str]:
    options = [
        _option("user", f"{way.user}:{way.password}"),
        _option("write-out", "%{stderr}outcome %{exitcode} %{response_code} %{errormsg}\\n"),
        _option("ftp-method", "nocwd"),
        _option("connect-timeout", "15"),
        "silent",
        "globoff",
    ]
    return options + _DATA[way.data] + ([] if way.entrance == "clear" else _tls(way))


def _tls(way: Way) -> list[str]:
    return ["ssl-reqd", f"tlsv{way.version}", _option("tls-max", way.version), _option("cacert", str(way.ca))]


def _section(way: Way, step: Step, listing: Path) -> list[str]:
    match step:
        case Upload(local, remote):
            return [_url(way, remote), _option("upload-file", str(local))]
        case Append(local, remote, _):
            return [_url(way, remote), _option("upload-file", str(local)), "append"]
        case Download(remote, local):
            return [_url(way, remote), _option("output", str(local))]
        case Resume(remote, local, offset):
            return [_url(way, remote), _option("output", str(local)), _option("continue-at", str(offset))]
        case List(folder):
            return [_url(way, f"{folder}/"), _option("output", str(listing))]
        case Nlst(name):
            return [_url(way, f"{name}/"), _option("output", str(listing)), "list-only"]
        case AbortDownload(remote, local):
            return [_url(way, remote), _option("output", str(local)), _option("range", "0-262143")]
        case AbortUpload(local, remote):
            return [
                _url(way, remote),
                _option("upload-file", str(local)),
                _option("limit-rate", "2M"),
                _option("max-time", "1"),
            ]


def _url(way: Way, path: str) -> str:
    scheme = "ftps" if way.entrance == "implicit" else "ftp"
    return _option("url", f"{scheme}://{way.url_host}:{way.port}/{path}")


def _option(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"') if not value.startswith("%{stderr}") else value
    return f'{name} = "{escaped}"'


def _outcome(step: Step, status: int, said: str, listing: Path) -> Outcome:
    if isinstance(step, AbortUpload):
        return Outcome(status == _TIMED_OUT, said)
    if isinstance(step, List | Nlst) and status == 0:
        return Outcome(True, listing.read_text(errors="replace").strip() if listing.exists() else "")
    return Outcome(status == 0, said)
