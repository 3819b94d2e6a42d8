"""Running a client that is a program: its input, its deadline, its words."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.interop.lab.clients.steps import ClientError, Outcome

_PATIENCE_S = 240


@dataclass(frozen=True, slots=True)
class Said:
    """What a program wrote: `stdout` has everything in order, where a program writes its errors there too."""

    stdout: str
    stderr: str
    status: int


def run_program(command: Sequence[str], words: str, environment: Mapping[str, str] | None = None) -> Said:
    """Run a client to its end and return what it said."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **(environment or {})},
    )
    try:
        return Said(*process.communicate(words, timeout=_PATIENCE_S), process.wait())
    except subprocess.TimeoutExpired as late:
        process.kill()
        said = Said(*process.communicate(), process.wait())
        raise ClientError(f"{command[0]} hangs:\n{said.stdout}\n{said.stderr}") from late


def run_status(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Outcome:
    """Run a client that does one thing: its exit status is what came of it."""
    said = run_program(command, "", environment)
    return Outcome(said.status == 0, (said.stdout or said.stderr).strip())
