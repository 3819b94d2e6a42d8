"""The peers of the comparison: what is started, how it is configured, where it listens.

All of them stand in front of the same vsftpd. HAProxy and ftpair get one thread or worker per CPU, mod_proxy as many
processes as it likes. Nobody writes a log line for a session or a transfer.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.certificates import Pair
from bench.ftp import Door

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / ".tools" / "root"
CORES = os.cpu_count() or 1
START_S = 20.0
STOP_S = 10.0

# Each peer has a loopback address of its own; every passive range lies outside the ephemeral ports (32768 and up).
SERVER = Door("127.88.0.2", 2141, "clear")
SERVER_TLS = Door("127.88.0.6", 2141, "explicit")
CROWD = Door("127.88.0.7", 2141, "clear")
SERVER_PASSIVE = (20000, 23999)
"""Wide: vsftpd draws ten ports by lot, and dies of ten that are in use."""
ANONYMOUS = "daemon"
"""Whom vsftpd serves anonymous clients as: it insists on a home that exists, and this account has one everywhere."""

VSFTPD = """\
listen=YES
background=NO
listen_address={listen}
listen_port={port}
pasv_min_port={passive[0]}
pasv_max_port={passive[1]}
anonymous_enable=YES
anon_root={data}
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
ftp_username={owner}
nopriv_user=nobody
secure_chroot_dir={folder}/empty
seccomp_sandbox=NO
use_sendfile=YES
max_per_ip=0
max_clients=0
xferlog_enable=NO
"""

VSFTPD_TLS = (
    VSFTPD
    + """\
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=NO
force_anon_data_ssl=NO
require_ssl_reuse=NO
ssl_ciphers=HIGH
rsa_cert_file={pair.certificate}
rsa_private_key_file={pair.key}
"""
)

HAPROXY = """\
global
  nbthread {cores}
  maxconn 3000
  tune.bufsize 262144
  tune.pipesize 1048576
  tune.maxrewrite 1024
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen clear
  bind 127.88.0.1:{port}
  bind 127.88.0.1:{passive[0]}-{passive[1]}
  option splice-request
  option splice-response
  server vsftpd {host}
listen implicit
  bind 127.88.0.5:2990 ssl crt {pair.both}
  server vsftpd {host}:{port}
listen implicit_data
  bind 127.88.0.5:{passive[0]}-{passive[1]} ssl crt {pair.both}
  server vsftpd {host}
"""

MOD_PROXY = """\
ModulePath {parts}/usr/lib/proftpd
LoadModule mod_tls.c
LoadModule mod_proxy.c
ServerName bench
ServerType standalone
DefaultAddress 127.88.0.3
Port 2131
User nobody
Group nogroup
UseIPv6 off
UseReverseDNS off
MaxInstances 5000
PassivePorts 22000 23999
AuthOrder mod_auth_file.c mod_auth_unix.c
WtmpLog off
TransferLog none
SystemLog {folder}/proftpd.log
PidFile {folder}/proftpd.pid
ScoreboardFile {folder}/proftpd.scoreboard
TLSEngine on
TLSECCertificateFile {pair.certificate}
TLSECCertificateKeyFile {pair.key}
TLSProtocol TLSv1.2 TLSv1.3
TLSOptions NoSessionReuseRequired
ProxyEngine on
ProxyRole reverse
ProxyReverseServers ftp://{host}:{port}
ProxyTables {folder}/tables
ProxyReverseConnectPolicy RoundRobin
ProxyLog none
ProxyTLSEngine off
"""

FTPAIR = """\
workers: {cores}
log: {{level: warning}}
paths: {{runtime: {folder}/run, state: {folder}/state}}
certificates:
  files: {{certificate: {pair.certificate}, key: {pair.key}}}
virtual_services:
  BENCH:
    mode: ftp
    address: 127.88.0.4
    ports: {{explicit: 2121, implicit: 2990, passive: 24000-25999}}
    tls: {{certificate: files, clear_text: allow, data_protection: allow}}
    real_servers:
      VSFTPD: {{address: {host}, port: {port}}}
  CROWD:
    mode: ftp
    address: 127.88.0.8
    ports: {{explicit: 2121, passive: 24000-25999}}
    tls: {{certificate: files}}
    timeouts: {{idle_timeout_s: 3600}}
    real_servers:
      PYFTPDLIB: {{address: {crowd.host}, port: {crowd.port}}}
"""


class PeerError(Exception):
    """A peer did not start; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to the server: its doors by security, and the processes that stand between."""

    name: str
    doors: dict[str, Door]
    pid: int = 0
    """The root of its processes; 0 where nothing stands between."""


@dataclass(slots=True)
class Site:
    """The folder of one comparison, and what runs in it."""

    folder: Path
    data: Path
    pair: Pair
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, name: str, template: str, listen: str = SERVER.host) -> Path:
        """Write a peer's configuration."""
        path = self.folder / name
        path.write_text(
            template.format(
                folder=self.folder,
                owner=ANONYMOUS,
                data=self.data,
                pair=self.pair,
                parts=PARTS,
                cores=CORES,
                host=SERVER.host,
                listen=listen,
                port=SERVER.port,
                passive=SERVER_PASSIVE,
                crowd=CROWD,
            )
        )
        path.chmod(0o600)
        return path

    def start(self, name: str, command: Sequence[str | Path], doors: list[Door]) -> int:
        """Start a program in the foreground, wait until it listens, return its process id."""
        for door in doors:
            if _listens(door):
                raise PeerError(f"{door.host}:{door.port} is in use: another comparison? {name} cannot start.")
        with (self.folder / f"{name}.out").open("wb") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.processes.append(process)
        for door in doors:
            _wait_for(door, process, self.folder / f"{name}.out")
        return process.pid

    def stop(self) -> None:
        """End everything that was started, the last one first."""
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            process.kill()
            process.wait()


def start_server(site: Site) -> Peer:
    """Start vsftpd, anonymous, without TLS (it stands behind every peer) and with it, and the server of a crowd."""
    (site.folder / "empty").mkdir()
    (site.folder / "tables").mkdir(mode=0o700)
    site.start("vsftpd", [PARTS / "usr/sbin/vsftpd", site.write("vsftpd.conf", VSFTPD)], [SERVER])
    tls = site.write("vsftpd-tls.conf", VSFTPD_TLS, SERVER_TLS.host)
    site.start("vsftpd-tls", [PARTS / "usr/sbin/vsftpd", tls], [SERVER_TLS])
    crowd = [sys.executable, "-m", "bench.crowd_server", CROWD.host, str(CROWD.port), str(site.data)]
    site.start("pyftpdlib", crowd, [CROWD])
    return Peer("direct", {"clear": SERVER, "explicit": SERVER_TLS, "crowd": CROWD})


def start_haproxy(site: Site) -> Peer:
    """Start HAProxy: TCP mode with splicing, and TLS offload on an implicit port and its data ports."""
    doors = {"clear": Door("127.88.0.1", SERVER.port, "clear"), "implicit": Door("127.88.0.5", 2990, "implicit")}
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if program is None:
        raise PeerError("HAProxy is not installed; run tools/fetch")
    pid = site.start("haproxy", [program, "-db", "-f", site.write("haproxy.cfg", HAPROXY)], list(doors.values()))
    return Peer("haproxy", doors, pid)


def start_mod_proxy(site: Site) -> Peer:
    """Start ProFTPD with mod_proxy: explicit FTPS in, FTP out."""
    door = Door("127.88.0.3", 2131, "explicit")
    command = [
        str(PARTS / "usr/sbin/proftpd"),
        "--nodaemon",
        "--quiet",
        "--config",
        str(site.write("proftpd.conf", MOD_PROXY)),
    ]
    return Peer("mod_proxy", {"explicit": door}, site.start("proftpd", command, [door]))


def start_ftpair(site: Site) -> Peer:
    """Start `ftpair serve` with all three ways in."""
    doors = {
        "clear": Door("127.88.0.4", 2121, "clear"),
        "explicit": Door("127.88.0.4", 2121, "explicit"),
        "implicit": Door("127.88.0.4", 2990, "implicit"),
        "crowd": Door("127.88.0.8", 2121, "explicit"),
    }
    configuration = site.write("ftpair.yaml", FTPAIR)
    command = [sys.executable, "-m", "ftpair.cli.main", "serve", "--config", str(configuration)]
    pid = site.start("ftpair", command, list(doors.values()))
    _wait_for_api(site.folder / "run" / "ftpair.sock")
    return Peer("ftpair", doors, pid)


STARTERS = {"direct": start_server, "haproxy": start_haproxy, "mod_proxy": start_mod_proxy, "ftpair": start_ftpair}


@contextlib.contextmanager
def running(site: Site, names: list[str]) -> Iterator[dict[str, Peer]]:
    """Start the peers of these names, the server first; end all of them at the end."""
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        yield {name: STARTERS[name](site) for name in STARTERS if name in names or name == "direct"}
    finally:
        site.stop()


def _wait_for_api(path: Path) -> None:
    """Wait until ftpair is whole: its API comes seconds after its ports, with 11 MiB that belong to no session."""
    deadline = time.monotonic() + START_S
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://ftpair") as client:
        while not _is_ready(client):
            if time.monotonic() > deadline:
                raise PeerError("the API of ftpair does not answer")
            time.sleep(0.05)


def _is_ready(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/readyz").is_success
    return False


def _wait_for(door: Door, process: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + START_S
    while not _listens(door):
        if process.poll() is not None or time.monotonic() > deadline:
            said = " ".join(out.read_text(errors="replace").split()[-60:])
            raise PeerError(f"{out.stem} does not listen on {door.host}:{door.port}: {said or 'it said nothing'}")
        time.sleep(0.05)


def _listens(door: Door) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((door.host, door.port), 1):
        return True
    return False
