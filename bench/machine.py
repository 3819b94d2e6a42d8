"""What the machine is, and what processes cost it: CPU seconds and memory, from /proc."""

import os
import platform
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def describe() -> dict[str, str | int | float]:
    """Return what a reader needs to judge the figures by; nothing that names the machine."""
    models = [line.split(":", 1)[1].strip() for line in _lines(PROC / "cpuinfo") if line.startswith("model name")]
    memory_kib = next(int(line.split()[1]) for line in _lines(PROC / "meminfo") if line.startswith("MemTotal"))
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count() or 1,
        "kernel": platform.release(),
        "memory_gib": round(memory_kib / 2**20, 1),
    }


def machine_cpu_s() -> float:
    """Return the seconds that all CPUs of the machine have worked: user, nice, system, irq and softirq."""
    ticks = [int(field) for field in _lines(PROC / "stat")[0].split()[1:]]
    return (sum(ticks[:3]) + sum(ticks[5:7])) * TICK_S


def tree(root: int) -> list[int]:
    """Return `root` and all its living descendants; nothing for 0."""
    if not root:
        return []
    parents = {pid: int(fields[1]) for pid in _pids() if (fields := _stat(pid))}
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def tree_cpu_s(root: int) -> float:
    """Return the CPU seconds of a process, its descendants and those of them that have ended and were reaped."""
    return sum(sum(map(int, fields[11:15])) for pid in tree(root) if (fields := _stat(pid))) * TICK_S


def tree_pss_kib(root: int) -> float:
    """Return the proportional set size of a process and its descendants: a shared page counts once in all."""
    return sum(_pss_kib(pid) for pid in tree(root))


def _pss_kib(pid: int) -> float:
    try:
        lines = _lines(PROC / str(pid) / "smaps_rollup")
    except OSError:  # It ended while we counted.
        return 0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; empty if the process has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
