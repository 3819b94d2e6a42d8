"""Many clients at once: processes that get ready, start together, and send back what they have to say."""

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from bench.ftp import FtpError
from bench.machine import machine_cpu_s

Step = Callable[[], None]
Task = Callable[[Step], Any]
"""What one client does; it calls its argument when it is ready, which returns when all are."""
FORK = multiprocessing.get_context("fork")
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Work:
    """What all clients did together."""

    steps: int
    seconds: float
    machine_cpu_s: float
    client_cpu_s: float

    @property
    def per_second(self) -> float:
        """How many steps were done in a second."""
        return self.steps / self.seconds

    @property
    def machine_ms(self) -> float:
        """How many milliseconds of CPU the whole machine (client, balancer, server, kernel) spent on a step."""
        return 1000 * self.machine_cpu_s / self.steps

    @property
    def client_ms(self) -> float:
        """How many of them the client spent."""
        return 1000 * self.client_cpu_s / self.steps


def together(prepare: Callable[[], Step], clients: int, seconds: float) -> Work:
    """Let each of `clients` processes prepare a step, then repeat it for `seconds`."""

    def task(meet: Step) -> tuple[int, float, float]:
        step = prepare()
        meet()
        return _repeat(step, seconds)

    answers, cpu_s = in_processes(task, clients)
    steps, lasted, client_s = zip(*answers, strict=True)
    return Work(sum(steps), max(lasted), cpu_s, sum(client_s))


def in_processes(task: Task, count: int) -> tuple[list[Any], float]:
    """Run `task` in `count` processes; return their answers, and the machine's CPU seconds until the last answer."""
    barrier = FORK.Barrier(count + 1)
    pipes = [FORK.Pipe(duplex=False) for _ in range(count)]
    processes = [FORK.Process(target=_client, args=(task, barrier, sender)) for _, sender in pipes]
    try:
        for process in processes:
            process.start()
        with contextlib.suppress(threading.BrokenBarrierError):  # A client failed: its answer says why.
            barrier.wait(PATIENCE_S)
        began = machine_cpu_s()
        answers = [_answer(receiver) for receiver, _ in pipes]
        return answers, machine_cpu_s() - began
    finally:
        for process in processes:
            process.kill()
            process.join()


def _client(task: Task, barrier: Barrier, sender: Connection) -> None:
    def meet() -> None:
        barrier.wait(PATIENCE_S)

    try:
        sender.send(task(meet))
    except (FtpError, OSError, threading.BrokenBarrierError) as error:
        barrier.abort()
        sender.send(f"{type(error).__name__}: {error}")
    time.sleep(
        PATIENCE_S
    )  # The end of this process is no part of the figure: the parent kills it after the last answer.


def _repeat(step: Step, seconds: float) -> tuple[int, float, float]:
    began, spent = time.monotonic(), time.process_time()
    steps = 0
    while time.monotonic() - began < seconds:
        step()
        steps += 1
    return steps, time.monotonic() - began, time.process_time() - spent


def _answer(receiver: Connection) -> Any:
    if not receiver.poll(PATIENCE_S):
        raise FtpError("a client of the load does not end")
    answer = receiver.recv()
    if isinstance(answer, str):
        raise FtpError(answer)
    return answer
