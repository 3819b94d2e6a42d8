"""How many files ftpair must, and how many it may want to, have open in one process. Pure."""

from ftpair.config.checks import services
from ftpair.config.models import Config

DESCRIPTORS_PER_SESSION = 8
"""Control and data connection on two legs (4), and the two pipes of a clear relay (4)."""
DESCRIPTORS_OF_A_PROCESS = 64
"""Standard streams, event loop, channel, logs, and room to breathe."""
USUAL_SESSIONS = 1000
"""What a service without `max_sessions` is taken to need."""
_FEWEST_OF_A_PROCESS = 32
"""A worker without a session has 17 open, a supervisor of two workers 22; starts and applies take some more."""
_FEWEST_SESSIONS = 4
_PER_CHILD = 4


def descriptors_needed(config: Config, workers: int) -> int:
    """Return how many files one worker may have open at a time; the kernel may give it twice its even share."""
    sessions = sum(service.max_sessions or USUAL_SESSIONS for _, service in services(config))
    share = min(sessions, -(-2 * sessions // workers))
    ports = sum(2 + -(-len(service.ports.passive) // workers) for _, service in services(config))
    return DESCRIPTORS_OF_A_PROCESS + ports + share * DESCRIPTORS_PER_SESSION


def fewest_descriptors(config: Config, workers: int) -> int:
    """Return how many files a process must be allowed: ftpair starts, and each worker serves a few sessions."""
    doors = sum(
        len([port for port in (each.ports.explicit, each.ports.implicit) if port]) for _, each in services(config)
    )
    supervisor = doors * workers + (workers + 2) * _PER_CHILD
    worker = doors + _FEWEST_SESSIONS * (DESCRIPTORS_PER_SESSION + 1)  # A passive port besides.
    return _FEWEST_OF_A_PROCESS + max(supervisor, worker)
