"""The table of a run: in the terminal, and between the marks of `docs/reliability.md`."""

import os
import platform
import ssl
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.chaos.scenario import Figures, Kind, Scenario
from tests.interop.lab import parts

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
HEAD = (
    "| fault | on | sessions held | transfers lost | seconds until service | files wrong |",
    "|---|---|--:|--:|--:|--:|",
)
KINDS: dict[Kind, str] = {
    "ftp": "FTP mode, clear",
    "ftps": "FTP mode, TLS",
    "haproxy": "TCP mode, HAProxy",
    "builtin": "TCP mode, builtin",
}


def row(scenario: Scenario, kind: Kind, figures: Figures) -> str:
    """Return the line of one run."""
    seconds = "never" if figures.seconds is None else f"{figures.seconds:.1f}"
    return (
        f"| {scenario.sentence} | {KINDS[kind]} | {figures.held} of {figures.sessions} "
        f"| {figures.lost} of {figures.transfers} | {seconds} | {len(figures.wrong)} |"
    )


def stamp(seconds: float) -> str:
    """Return when and where a run took place, and with what."""
    machine = f"{os.cpu_count()} cores ({_processor()}), Linux {platform.release()}"
    programs = f"ftpair {version('ftpair')}, Python {platform.python_version()}, {ssl.OPENSSL_VERSION[:14].strip()}"
    servers = f"vsftpd, ProFTPD, pyftpdlib {version('pyftpdlib')}; {_haproxy()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {machine}; {programs}; {servers}. The run took {seconds / 60:.0f} min."


def written(text: str, lines: Sequence[str]) -> str:
    """Return the document with new figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    return "\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{rest.partition(END)[2]}"])


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _haproxy() -> str:
    said = subprocess.run([parts.program("haproxy"), "-v"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split()[:3]).replace(" version", "")
