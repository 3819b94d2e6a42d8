"""A whole ftpair: `ftpair serve` as a process of its own, two real servers behind it, one user with files."""

import ftplib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

VIP, FTP_PORT = "127.77.0.1", 2121
SERVERS = {"FTP_SVR1": "127.77.0.2", "FTP_SVR2": "127.77.0.3"}
CONFIGURATION = """\
workers: 2
shutdown_timeout_s: 1
paths: {{runtime: {folder}/run, state: {folder}/state}}
virtual_services:
  FTP_VIP:
    address: 127.77.0.1
    ports: {{explicit: 2121, passive: 20200-20227}}
    health: {{check: banner, interval_s: 1, rise: 1}}
    real_servers:
      FTP_SVR1: {{address: 127.77.0.2, port: 2121, weight: 100}}
      FTP_SVR2: {{address: 127.77.0.3, port: 2121, weight: 100}}
"""


class Node:
    """The running ftpair, its file and its socket."""

    def __init__(self, folder):
        self.file = folder / "ftpair.yaml"
        self.file.write_text(CONFIGURATION.format(folder=folder))
        self.socket = folder / "run" / "ftpair.sock"
        self._log = (folder / "log").open("w")
        self.process = serve(self.file, stdout=self._log, stderr=self._log)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self._log.close()


def serve(file, **streams):
    return subprocess.Popen([sys.executable, "-m", "ftpair.cli.main", "serve", "--config", str(file)], **streams)


@contextmanager
def real_servers(folder):
    """Two pyftpdlib servers on one folder, in a thread."""
    authorizer = DummyAuthorizer()
    authorizer.add_user("alice", "secret", str(folder), perm="elradfmwMT")
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
    loop, stop = IOLoop(), threading.Event()
    servers = [FTPServer((address, FTP_PORT), handler, ioloop=loop) for address in SERVERS.values()]

    def run():
        while not stop.is_set():
            loop.loop(timeout=0.05, blocking=False)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()
    for server in servers:
        server.close_all()


@contextmanager
def logged_in():
    """A client that has logged in through the VIP."""
    client = ftplib.FTP(timeout=20)
    client.connect(VIP, FTP_PORT)
    client.login("alice", "secret")
    try:
        yield client
    finally:
        client.close()


def until(is_so, timeout_s=20):
    deadline = time.monotonic() + timeout_s
    while not (seen := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return seen


def child_pid(parent, module):
    """The process of a child, by the module that it runs."""
    for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - names, not paths.
        try:
            with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/cmdline") as line:  # noqa: PTH123
                if int(stat.read().rpartition(")")[2].split()[1]) == parent and f"-m\0{module}\0" in line.read():
                    return int(pid)
        except OSError:
            continue
    raise AssertionError(f"{parent} has no child {module}")
