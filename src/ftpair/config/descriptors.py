"""How many files ftpair must, and how many it may want to, have open in one process. Pure."""

from collections.abc import Iterator

from ftpair.config.checks import services
from ftpair.config.models import Config, VirtualService
from ftpair.config.problems import Where
from ftpair.config.tcp import TcpService

DESCRIPTORS_PER_SESSION = 8
"""Control and data connection on two legs (4), and the two pipes of a clear relay (4)."""
DESCRIPTORS_OF_A_PROCESS = 64
"""Standard streams, event loop, channel, logs, and room to breathe."""
USUAL_SESSIONS = 1000
"""What a service without `max_sessions` is taken to need."""
BACKLOG = 4096
"""Connections that may wait at a control port for each worker: two seconds of a flood, and what Linux allows."""
_FEWEST_OF_A_PROCESS = 32
"""A worker without a session has 19 open, a supervisor of two workers 26; starts and applies take some more."""
FEWEST_SESSIONS = 4
_PER_CHILD = 4
_PER_INBOX = 2
_OF_AN_IDLE_SESSION = 2
"""Its control connections with client and server."""
SHARE_OF_SESSIONS = 0.9
"""The rest is for the data connections of those who are here."""


def sessions_with(descriptors: int) -> int:
    """Return how many sessions a worker lets in: with more, those who are here could not work any more."""
    free = descriptors * SHARE_OF_SESSIONS - DESCRIPTORS_OF_A_PROCESS
    return max(FEWEST_SESSIONS, int(free) // _OF_AN_IDLE_SESSION)


def carried_here(config: Config) -> Iterator[tuple[Where, VirtualService]]:
    """Yield the services that workers carry: all but those of HAProxy."""
    for where, service in services(config):
        if not (isinstance(service, TcpService) and service.engine == "haproxy"):
            yield where, service


def _doors(service: VirtualService) -> int:
    """Return how many listeners one worker has for a service as long as it runs."""
    return len([port for port in (service.ports.explicit, service.ports.implicit) if port])


def _standing_ports(config: Config) -> int:
    """Return the passive ports that are open all the time: in TCP mode servers tell clients which."""
    return sum(len(each.ports.passive) for _, each in carried_here(config) if isinstance(each, TcpService))


def descriptors_needed(config: Config, workers: int) -> int:
    """Return how many files one worker may have open at a time; the kernel may give it twice its even share."""
    sessions = sum(service.max_sessions or USUAL_SESSIONS for _, service in carried_here(config))
    share = min(sessions, -(-2 * sessions // workers))
    ports = sum(2 + -(-len(service.ports.passive) // workers) for _, service in carried_here(config))
    return DESCRIPTORS_OF_A_PROCESS + ports + share * DESCRIPTORS_PER_SESSION


def fewest_descriptors(config: Config, workers: int) -> int:
    """Return how many files a process must be allowed: ftpair starts, and each worker serves a few sessions."""
    doors, standing = sum(_doors(each) for _, each in carried_here(config)), _standing_ports(config)
    supervisor = doors * workers + standing + (workers + 2) * _PER_CHILD + workers * _PER_INBOX
    sessions = FEWEST_SESSIONS * (DESCRIPTORS_PER_SESSION + 1)  # A passive port besides.
    mates = workers if workers > 1 else 0
    worker = doors + -(-standing // workers) + mates + sessions
    return _FEWEST_OF_A_PROCESS + max(supervisor, worker)
