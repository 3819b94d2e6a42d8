"""A wire between two network namespaces that can lose packets, be slow, and be cut.

Its ends are TUN devices, its middle is a process of its own (`python -m tests.chaos.wire`), so that it needs nothing of
the kernel but TUN: tc's netem is not in every kernel, and a table of figures needs the same wire everywhere.
"""

import contextlib
import fcntl
import heapq
import itertools
import json
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tests.interop.lab.namespaces import Machines

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 1, 0x1000
_PACKET = 1 << 16
_AT_ONCE = 64
"""Packets taken from one end before the other has its turn."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What a wire does to each packet, in both directions."""

    loss: float = 0.0
    """The share that is lost, 0 to 1."""
    delay_s: float = 0.0
    """From one end to the other; there and back it is twice that."""
    is_cut: bool = False


class Wire:
    """A wire that is laid; it begins in fair weather."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def set(self, weather: Weather) -> None:
        """Change what it does, from the next packet on."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(weather)) + "\n")
        self._process.stdin.flush()

    @contextlib.contextmanager
    def weather(self, weather: Weather) -> Iterator[None]:
        """Have this weather for the length of a block, and fair weather after it."""
        self.set(weather)
        try:
            yield
        finally:
            self.set(Weather())


@contextlib.contextmanager
def laid(machines: Machines, one: tuple[str, str], other: tuple[str, str]) -> Iterator[Wire]:
    """Lay a wire between two devices, each given as machine and device; both come up, without an address."""
    with contextlib.ExitStack() as ends:
        fds = []
        for machine, device in (one, other):
            with machines.inside(machine):
                fds.append(_tun(device))
            ends.callback(os.close, fds[-1])
            machines.run(machine, f"ip link set {device} up")
        command = [sys.executable, "-m", "tests.chaos.wire", *map(str, fds)]
        process = subprocess.Popen(command, pass_fds=fds, stdin=subprocess.PIPE, text=True)
        ends.callback(process.wait, 10)
        ends.callback(process.kill)
        yield Wire(process)


def _tun(device: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


class _Middle:
    """The packets that are under way."""

    def __init__(self, one: int, other: int) -> None:
        self._other_end = {one: other, other: one}
        self._under_way: list[tuple[float, int, int, bytes]] = []
        self._number = itertools.count()
        self._chance = random.Random(1)
        self.weather = Weather()

    def run(self, orders: int) -> None:
        """Carry packets until the orders end."""
        poll = select.poll()
        for descriptor in (*self._other_end, orders):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll(self._pause_ms()):
                if descriptor != orders:
                    self._take(descriptor)
                elif not self._obey(os.read(orders, _PACKET)):
                    return
            self._deliver()

    def _obey(self, said: bytes) -> bool:
        lines = said.splitlines()
        if lines:
            self.weather = Weather(**json.loads(lines[-1]))
        return bool(lines)

    def _pause_ms(self) -> float | None:
        return max(0.0, self._under_way[0][0] - time.monotonic()) * 1000 if self._under_way else None

    def _take(self, descriptor: int) -> None:
        weather, now = self.weather, time.monotonic()
        for _ in range(_AT_ONCE):
            try:
                packet = os.read(descriptor, _PACKET)
            except BlockingIOError:
                return
            if weather.is_cut or (weather.loss and self._chance.random() < weather.loss):
                continue
            arrival = (now + weather.delay_s, next(self._number), self._other_end[descriptor], packet)
            heapq.heappush(self._under_way, arrival)

    def _deliver(self) -> None:
        now = time.monotonic()
        while self._under_way and self._under_way[0][0] <= now:
            _, _, descriptor, packet = heapq.heappop(self._under_way)
            with contextlib.suppress(OSError):  # The queue there is full, or the device down: as lost as on any wire.
                os.write(descriptor, packet)


if __name__ == "__main__":
    _Middle(*map(int, sys.argv[1:])).run(sys.stdin.fileno())
