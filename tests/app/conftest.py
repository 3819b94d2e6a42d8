"""A node of real parts: a configuration file, bound listeners, shared counts, and workers that are real processes."""

import asyncio
import contextlib
import random
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ftpair.app.foundation import Foundation
from ftpair.app.node import Node
from ftpair.config.check import check
from ftpair.config.slots import Slots
from ftpair.dataplane.listeners import Listeners, listener_keys
from tests.app import people as people_of


def free_ports(count):
    """Ports that nobody has, below those that the kernel gives to outgoing connections: nobody takes them meanwhile."""
    ports = []
    for port in random.sample(range(21000, 32000), 1000):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == count:
            return ports
    raise AssertionError("no port is free")


class Site:
    """A folder with a configuration file, and the node that works by it."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder / "ftpair.yaml"
        self.port, self.other_port = free_ports(2)
        self.server_port = 0
        """The port of a real server, if there is one."""
        self.write()

    def write(
        self, *, greeting="Hello.", servers=("FTP_SVR1", "FTP_SVR2"), port=None, workers=2, state="state", more=""
    ):
        pool = "\n".join(
            f"      {name}: {{address: 127.0.0.1, port: {self.server_port or 2200 + at}}}"
            for at, name in enumerate(servers)
        )
        self.path.write_text(f"""
workers: {workers}
paths: {{runtime: {self.folder}/run, state: {self.folder}/{state}}}
virtual_services:
  VIP:
    address: 127.0.0.1
    ports: {{explicit: {port or self.port}, passive: 20000-20027}}
    greeting: "{greeting}"
    health: {{check: "off"}}
    real_servers:
{pool}
{more}
""")

    def node(self):
        slots = Slots()
        checked = check(self.path, 1, slots)
        plan = checked.plan
        listeners = Listeners(plan.workers)
        listeners.open(listener_keys(plan))
        return Node(
            Foundation(self.path, plan, slots, listeners, 0, checked.config.paths, checked), lambda _request: None
        )

    @asynccontextmanager
    async def running(self, **environment):
        """A node whose workers live."""
        node = self.node()
        for worker in node.workers:
            surroundings = {"PYTHONPATH": str(Path(__file__).parent), **environment}
            worker.recipe = replace(worker.recipe, module="a_worker", environment=surroundings)
        tasks = [asyncio.create_task(worker.run()) for worker in node.workers]
        try:
            assert await node.until(lambda: all(worker.is_ready for worker in node.workers), 20)
            yield node
        finally:
            for worker in node.workers:
                worker.stop(2)
            await asyncio.wait(tasks)
            node.close()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def people(tmp_path):
    return people_of.Site(tmp_path)
