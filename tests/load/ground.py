"""What a load runs on: three real servers in one process each, and a balancer before them, on addresses of its own."""

import contextlib
import operator
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.certificates import make_pair
from bench.configurations import MOD_PROXY
from bench.ftp import Door, Security
from bench.peers import CORES, PARTS, Peer, PeerError, Site, wait_for_api
from tests.interop.lab.places import fresh_address

BIG = b"big"
BIG_BYTES = 1 << 40
"""Sparse: no transfer comes to its end."""
KINDS = ("idle", "transfers", "flood")

FTPAIR = """\
workers: {cores}
log: {{level: warning}}
paths: {{runtime: {folder}/run, state: {folder}/state}}
certificates:
  files: {{certificate: {pair.certificate}, key: {pair.key}}}
virtual_services:
"""
FTPAIR_SERVICE = """\
  {name}:
    mode: ftp
    address: {door.host}
    ports: {{explicit: 2121, passive: 24000-25999}}
    tls: {{certificate: files, clear_text: allow, data_protection: allow}}
    timeouts: {{idle_timeout_s: 36000}}
    health: {{check: "off"}}
    real_servers:
      SVR: {{address: {server.host}, port: {server.port}}}
"""
HAPROXY = """\
global
  nbthread {cores}
  maxconn {most}
  maxpipes {pipes}
  tune.bufsize 262144
  tune.pipesize 1048576
  tune.maxrewrite 1024
defaults
  mode tcp
  backlog 4096
  timeout connect 5s
  timeout client 10h
  timeout server 10h
"""
HAPROXY_SERVICE = """\
listen {name}
  bind {door.host}:{door.port}{passive}
  option splice-request
  option splice-response
  server pyftpdlib {server.host}
"""
PATIENT_MOD_PROXY = f"""\
{MOD_PROXY}SocketBindTight on
TimeoutIdle 36000
TimeoutNoTransfer 36000
"""
HAPROXY_LISTENERS = 5000
"""One for each passive port, and room to breathe."""
HAPROXY_PIPES = 200
SECURITY: dict[str, Security] = {"ftpair": "explicit", "haproxy": "clear", "mod_proxy": "explicit"}
"""How the clients of each peer come; HAProxy cannot end explicit TLS."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A balancer that runs: its doors by kind of load, and where it tells its figures (ftpair alone)."""

    peer: Peer
    api: Path | None

    def figures(self) -> dict[str, float]:
        """Return the sum of each metric that ftpair tells; refusals by their reason, of the lag the longest."""
        if self.api is None:
            return {}
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.api)), base_url="http://ftpair") as client:
            text = client.get("/metrics").text
        found: dict[str, float] = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                head, _, value = line.rpartition(" ")
                name, _, labels = head.removeprefix("ftpair_").partition("{")
                if name == "refusals_total":
                    name = "refused: " + labels.split('reason="')[1].split('"')[0]
                add = max if name == "event_loop_lag_seconds" else operator.add
                found[name] = add(found.get(name, 0.0), float(value))
        return found


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[Ground]:
    """Start the servers and a peer by its name; end them at the end. Raises PeerError."""
    data = folder / "data"
    data.mkdir()
    data.chmod(0o755)
    with (data / os.fsdecode(BIG)).open("wb") as big:
        big.truncate(BIG_BYTES)
    site = Site(folder, data, make_pair(folder))
    servers = {kind: Door(fresh_address(), 2141, "clear") for kind in KINDS}
    doors = {kind: Door(fresh_address(), 2121, SECURITY[name]) for kind in KINDS}
    if name == "haproxy":
        doors = {kind: Door(door.host, servers[kind].port, "clear") for kind, door in doors.items()}
    if name == "mod_proxy":
        doors = dict.fromkeys(KINDS, Door(doors["idle"].host, 2131, SECURITY[name]))
    try:
        for kind, server in servers.items():
            command = [sys.executable, "-m", "bench.crowd_server", server.host, str(server.port), str(data)]
            site.start(f"server-{kind}", command, [server])
        pid, api = STARTERS[name](site, servers, doors)
        yield Ground(Peer(name, doors, pid), api)
    finally:
        site.stop()


def most_of_haproxy() -> int:
    """Return how many connections HAProxy can carry, for all of it is one process with one limit of descriptors."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(30_000, (hard - HAPROXY_LISTENERS - 2 * HAPROXY_PIPES) // 2)


Doors = dict[str, Door]
Started = tuple[int, Path | None]


def _ftpair(site: Site, servers: Doors, doors: Doors) -> Started:
    text = FTPAIR.format(cores=CORES, folder=site.folder, pair=site.pair) + "".join(
        FTPAIR_SERVICE.format(name=kind.upper(), door=doors[kind], server=servers[kind]) for kind in KINDS
    )
    path = _written(site, "ftpair.yaml", text)
    command = [sys.executable, "-m", "ftpair.cli.main", "serve", "--config", str(path)]
    pid = site.start("ftpair", command, list(doors.values()))
    api = site.folder / "run" / "ftpair.sock"
    wait_for_api(api)
    return pid, api


def _haproxy(site: Site, servers: Doors, doors: Doors) -> Started:
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if program is None:
        raise PeerError("HAProxy is not installed; run tools/fetch")
    text = HAPROXY.format(cores=CORES, most=most_of_haproxy(), pipes=HAPROXY_PIPES)
    for kind in KINDS:
        passive = f",{doors[kind].host}:20000-23999" if kind == "transfers" else ""
        text += HAPROXY_SERVICE.format(name=kind, door=doors[kind], server=servers[kind], passive=passive)
    path = _written(site, "haproxy.cfg", text)
    return site.start("haproxy", [program, "-db", "-f", path], list(doors.values())), None


def _mod_proxy(site: Site, servers: Doors, doors: Doors) -> Started:
    (site.folder / "tables").mkdir(mode=0o700)
    server, own = servers["transfers"], {"parts": PARTS, "folder": site.folder, "pair": site.pair}
    text = PATIENT_MOD_PROXY.format(**own, listen=doors["idle"].host, host=server.host, port=server.port)
    path = _written(site, "proftpd.conf", text)
    command = [str(PARTS / "usr/sbin/proftpd"), "--nodaemon", "--quiet", "--config", str(path)]
    return site.start("proftpd", command, [doors["idle"]]), None


def _written(site: Site, name: str, text: str) -> Path:
    path = site.folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


STARTERS = {"ftpair": _ftpair, "haproxy": _haproxy, "mod_proxy": _mod_proxy}
PEERS = tuple(STARTERS)
