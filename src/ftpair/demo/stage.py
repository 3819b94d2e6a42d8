"""What is started for the demonstration: three real servers and `ftpair serve`, each a process of its own."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from ftpair.core.errors import SetupError
from ftpair.demo.certificates import Papers
from ftpair.demo.place import LISTENING, NAME_FILE, SERVICE, Place

START_S = 20.0
STOP_S = 10.0
CONFIGURATION = """\
# One service in FTP mode: TLS with clients, clear text with the real servers, new sessions go where the fewest are.
paths: {{runtime: {place.folder}/run, state: {place.folder}/state}}
shutdown_timeout_s: 2
web: {{address: {place.web.host}, port: {place.web.port}}}
certificates:
  demo: {{certificate: {papers.certificate}, key: {papers.key}}}
virtual_services:
  {service}:
    mode: ftp
    address: {place.vip}
    ports: {{explicit: {place.ports[explicit]}, implicit: {place.ports[implicit]}, passive: {place.passive}}}
    tls: {{certificate: demo, clear_text: refuse, data_protection: require}}
    balance: least-sessions
    health: {{check: banner, interval_s: 1}}
    real_servers:
"""
REAL_SERVER = "      {name}: {{address: {at.host}, port: {at.port}}}\n"


class Stage:
    """The running processes; leaving it ends them."""

    def __init__(self, place: Place, papers: Papers) -> None:
        self._place, self._papers = place, papers
        self._servers: list[subprocess.Popen[bytes]] = []
        self.ftpair: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start_servers()
            self._start_ftpair()
        except BaseException:  # Ctrl-C too: __exit__ is not called, and no process may stay; it is raised again.
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait(self) -> int:
        """Wait until ftpair ends; return its exit status."""
        assert self.ftpair is not None
        return self.ftpair.wait()

    def set_up_link(self) -> str:
        """Return where a browser makes the first user of the web UI."""
        with self._http() as client:
            return str(client.get("http://ftpair/api/v1/setup-link").raise_for_status().json()["link"])

    def stop(self) -> None:
        """End ftpair in order, then the real servers."""
        processes = [self.ftpair, *self._servers] if self.ftpair else self._servers
        for process in processes:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start_servers(self) -> None:
        for name, at in self._place.servers.items():
            root = self._place.root(name)
            root.mkdir(parents=True)
            (root / NAME_FILE).write_text(f"{name}\n")
            module = ["ftpair.demo.server", at.host, str(at.port), str(root)]
            self._servers.append(self._launch(name, module))
        for process, name in zip(self._servers, self._place.servers, strict=True):
            self._wait_for(process, name, partial(self._has_said, name, LISTENING))

    def _start_ftpair(self) -> None:
        self._write_configuration()
        self.ftpair = self._launch("ftpair", ["ftpair.cli.main", "serve", "--config", str(self._place.configuration)])
        self._wait_for(self.ftpair, "ftpair", self._is_ready)

    def _launch(self, name: str, module: list[str]) -> subprocess.Popen[bytes]:
        """Run a module in a process that Ctrl-C does not reach: the stage ends it, in its order."""
        with self._log(name).open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - Our own modules, with arguments of our own.
                [sys.executable, "-m", *module],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _write_configuration(self) -> None:
        text = CONFIGURATION.format(place=self._place, papers=self._papers, service=SERVICE)
        servers = (REAL_SERVER.format(name=name, at=at) for name, at in self._place.servers.items())
        self._place.configuration.write_text(text + "".join(servers))

    def _wait_for(self, process: subprocess.Popen[bytes], name: str, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while not is_there():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SetupError(f"{name} did not start: {self._last_words(name)}")
            time.sleep(0.05)

    def _log(self, name: str) -> Path:
        return self._place.folder / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").splitlines()
        return lines[-1] if lines else f"it said nothing within {START_S:.0f} s."

    def _has_said(self, name: str, word: str) -> bool:
        return word in self._log(name).read_text(errors="replace").split()

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError), self._http() as client:
            return client.get("http://ftpair/readyz").is_success
        return False

    def _http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.HTTPTransport(uds=str(self._place.socket)))
