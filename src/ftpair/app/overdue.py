"""The clock of former workers: what they still have when `upgrade_timeout_s` is over is ended as at a shutdown."""

import structlog

from ftpair.app.node import Node
from ftpair.core.units import counted, duration

log = structlog.get_logger("ftpair")


def end_overdue(node: Node) -> None:
    """End the former workers whose time is over, by the setting as it is now; called every second."""
    timeout_s = node.plan.upgrade_timeout_s
    former = (child for child in node.crew.former if not child.is_stopping)
    late = [child for child in former if node.crew.seconds_left(child, timeout_s) <= 0]
    if not late:
        return
    workers, sessions = counted(len(late), "former worker"), counted(sum(map(node.sessions_of, late)), "session")
    end = "ends" if len(late) == 1 else "end"
    sentence = f"upgrade_timeout_s ({duration(timeout_s)}) is over: {workers} {end}, with {sessions}"
    log.info(sentence)
    node.happenings.note("configuration", sentence)
    for child in late:
        child.stop(0.0)
