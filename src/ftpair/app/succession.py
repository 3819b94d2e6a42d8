"""The sentence about what a former supervisor has left: how an upgrade went, and who was found after a crash."""

import ftpair
from ftpair.app.adoption import Inheritance
from ftpair.app.node import Node
from ftpair.core.units import counted, duration


def told_of(node: Node, inheritance: Inheritance) -> str:
    """Return what became of it, in words; empty: there was nothing."""
    if inheritance.upgraded_from:
        return f"upgraded from {inheritance.upgraded_from} to {ftpair.__version__}: {_stay(node)}"
    if not inheritance.adopted and not inheritance.former:
        return ""
    adopted = [worker for worker in node.workers if worker.was_found]
    sessions = counted(sum(map(node.sessions_of, adopted)), "session")
    go = "goes on" if len(adopted) == 1 else "go on"
    found = f"{counted(len(adopted), 'worker')} of a supervisor that is gone {go} with {sessions}"
    return f"{found}; {_stay(node)}" if inheritance.former else found


def _stay(node: Node) -> str:
    former = [worker for worker in node.crew if worker not in node.workers]
    number = sum(map(node.sessions_of, former))
    sessions = f"{counted(number, 'session')} {'stays' if number == 1 else 'stay'}"
    most = f", {duration(timeout_s)} at most" if (timeout_s := node.plan.upgrade_timeout_s) else ""
    return f"{sessions} with {counted(len(former), 'former worker')} until they end{most}"
