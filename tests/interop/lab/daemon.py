"""A process that listens: started, waited for, ended with all its children, and its output kept."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_PATIENCE_S = 15.0
# A test run that is killed takes its servers with it.
_LEASH = ("setpriv", "--pdeathsig", "TERM")


class DaemonError(Exception):
    """A process did not come up; the sentence carries the end of its output."""


class Daemon:
    """One process, its output in a file."""

    def __init__(
        self, command: Sequence[str | Path], output: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = [*_LEASH, *(str(word) for word in command)]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.output = output

    @property
    def pid(self) -> int:
        """Return the process id of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; it may not be ready yet."""
        with self.output.open("ab") as sink:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    def await_listening(self, host: str, port: int) -> None:
        """Wait until the process accepts connections there."""
        deadline = time.monotonic() + _PATIENCE_S
        while not _accepts(host, port):
            if not self.is_running or time.monotonic() > deadline:
                raise DaemonError(f"{self._command[len(_LEASH)]} does not listen on {host}:{port}:\n{self.tail()}")
            time.sleep(0.02)

    def terminate(self, patience_s: float = _PATIENCE_S) -> int:
        """Ask the process to end by SIGTERM and return its exit status; past the patience it is killed."""
        if self._process is None:
            return 0
        children = descendants(self.pid)
        self._process.terminate()
        try:
            return self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return self.kill()
        finally:
            self._kill_all(children)

    def kill(self) -> int:
        """Kill the process and all its descendants at once."""
        assert self._process is not None
        self._kill_all([self.pid, *descendants(self.pid)])
        return self._process.wait(_PATIENCE_S)

    def kill_alone(self) -> None:
        """Kill the process at once, and leave its children alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_PATIENCE_S)

    def tail(self, lines: int = 40) -> str:
        """Return the end of the output."""
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:]) if self.output.exists() else ""

    def _kill_all(self, pids: list[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Return the ids of all children of a process, and of theirs (vsftpd puts each session into a group of its own)."""
    children: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += [int(child) for child in (task / "children").read_text().split()]
    return children + [each for child in children for each in descendants(child)]


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
