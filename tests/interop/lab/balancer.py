"""ftpair itself, as a person runs it: `ftpair serve` with a file, asked through its socket, ended by SIGTERM."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.interop.lab.authority import Authority
from tests.interop.lab.daemon import Daemon, DaemonError
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT

PASSIVE_FIRST, PASSIVE_LAST = 21000, 21027
_PATIENCE_S = 30.0


class Balancer:
    """A running ftpair; `settings` is the content of its configuration file, `around` a command that execs it."""

    def __init__(self, folder: Path, settings: dict[str, Any], around: Sequence[str] = ()) -> None:
        self.configuration = folder / "ftpair.yaml"
        self._settings = {"paths": {"runtime": str(folder / "run"), "state": str(folder / "state")}} | settings
        self.socket = folder / "run" / "ftpair.sock"
        command = [*around, sys.executable, "-m", "ftpair.cli.main", "serve", "--config", self.configuration]
        self._daemon = Daemon(command, folder / "log")

    def start(self) -> None:
        """Write the file (JSON is YAML), start, and wait until ftpair says that it is ready."""
        self.configuration.write_text(json.dumps(self._settings, indent=2))
        self.restart()

    def restart(self) -> None:
        """Start with the file as it is, and wait."""
        self._daemon.start()
        deadline = time.monotonic() + _PATIENCE_S
        while not self.is_ready:
            if not self._daemon.is_running or time.monotonic() > deadline:
                raise DaemonError(f"ftpair does not become ready:\n{self._daemon.tail(80)}")
            time.sleep(0.05)

    def stop(self, patience_s: float = 60.0) -> int:
        """End it by SIGTERM and return its exit status."""
        return self._daemon.terminate(patience_s)

    def kill_supervisor(self) -> None:
        """Kill the main process at once; its workers live on."""
        self._daemon.kill_alone()

    def kill_orphans(self) -> None:
        """Kill the workers that nobody has ended."""
        for path in (self.socket.parent / "workers").glob("*.sock"):
            with suppress(ProcessLookupError):
                os.kill(int(path.stem), signal.SIGKILL)

    @property
    def daemon(self) -> Daemon:
        """Return its main process."""
        return self._daemon

    def ask(self, path: str) -> Any:
        """Return what the API answers to a GET, as JSON."""
        with self._client() as client:
            return client.get(f"/api/v1{path}").raise_for_status().json()

    def metrics(self) -> str:
        """Return what Prometheus would read."""
        with self._client() as client:
            return client.get("/metrics").raise_for_status().text

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return what the API answers to a POST, as JSON."""
        with self._client() as client:
            return client.post(f"/api/v1{path}", json=body or {}).raise_for_status().json()

    def try_to_post(self, path: str) -> httpx.Response:
        """Return the whole answer to a POST, a refusal too."""
        with self._client() as client:
            return client.post(f"/api/v1{path}", json={})

    def delete(self, path: str) -> Any:
        """Return what the API answers to a DELETE, as JSON."""
        with self._client() as client:
            return client.delete(f"/api/v1{path}").raise_for_status().json()

    def sessions(self) -> list[dict[str, Any]]:
        """Return the live sessions."""
        return list(self.ask("/sessions"))

    def began(self) -> float:
        """Return when the supervisor that is ready began; 0 while there is none."""
        try:
            return float(self.ask("/status")["started"]) if self.is_ready else 0.0
        except (httpx.TransportError, httpx.HTTPStatusError):  # It goes between the two questions.
            return 0.0

    def worker_pids(self) -> list[int]:
        """Return the process ids of the workers that are ready."""
        return [worker["pid"] for worker in self.ask("/status")["workers"] if worker["is_ready"]]

    def log(self) -> str:
        """Return all that it logged."""
        return self._daemon.output.read_text(errors="replace")

    def mark(self) -> int:
        """Return the present end of the log, for `records`."""
        return self._daemon.output.stat().st_size

    def records(self, event: str, since: int = 0) -> list[dict[str, Any]]:
        """Return the lines of the structured log about one kind of event, from a mark on."""
        with self._daemon.output.open("rb") as source:
            source.seek(since)
            lines = [json.loads(line) for line in source if line.startswith(b"{") and line.endswith(b"\n")]
        return [line for line in lines if line["event"] == event]

    def await_records(self, event: str, count: int, since: int = 0, service: str = "") -> list[dict[str, Any]]:
        """Return such lines, of one service or of all, as soon as there are so many of them."""
        deadline = time.monotonic() + _PATIENCE_S
        while len(found := self._about(service, self.records(event, since))) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} lines about {event!r}"
            time.sleep(0.02)
        return found

    def _about(self, service: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [line for line in lines if not service or line["service"] == service]

    def _client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://ftpair", timeout=70)

    @property
    def is_ready(self) -> bool:
        """Return whether it says that it serves."""
        try:
            with self._client() as client:
                return client.get("/readyz").is_success
        except httpx.TransportError:
            return False


def settings(folder: Path, authority: Authority, services: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return the content of a configuration file with these services, each with a certificate for its own address."""
    certificates = {}
    for name, service in services.items():
        identity = authority.issue(f"vip-{folder.name}-{name}", service["address"])
        certificates[name] = {"certificate": str(identity.certificate), "key": str(identity.key)}
        if "tls" in service:
            service["tls"] = {"certificate": name} | service["tls"]
    return {"workers": 2, "certificates": certificates, "virtual_services": services, "log": {"format": "json"}} | more


def service(address: str, servers: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return the settings of one virtual service with TLS on both entrances."""
    ports = {"explicit": CONTROL_PORT, "implicit": IMPLICIT_PORT, "passive": f"{PASSIVE_FIRST}-{PASSIVE_LAST}"}
    return {"mode": "ftp", "address": address, "ports": ports, "tls": {}, "real_servers": servers} | more


def entry(host: str, tls: str = "clear", ca: Path | None = None, port: int = CONTROL_PORT) -> dict[str, Any]:
    """Return the settings of one real server."""
    towards = {} if tls == "clear" else {"server_tls": tls, "server_ca": str(ca)}
    return {"address": host, "port": port} | towards


@contextmanager
def running(folder: Path, configuration: dict[str, Any]) -> Iterator[Balancer]:
    """Run ftpair for the length of a block."""
    folder.mkdir(parents=True, exist_ok=True)
    balancer = Balancer(folder, configuration)
    try:
        balancer.start()
        yield balancer
    finally:
        balancer.stop()
        balancer.kill_orphans()
