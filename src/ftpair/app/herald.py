"""What is told of real servers: each sentence is a line of the log and a happening of its service."""

import structlog

from ftpair.app.happenings import Happenings
from ftpair.core.plan import ServerPlan
from ftpair.core.status import PoolQuorum

log = structlog.get_logger("ftpair")


class Herald:
    """Tells log and happenings the same."""

    def __init__(self, happenings: Happenings) -> None:
        self._happenings = happenings

    def health(self, server: ServerPlan, sentence: str) -> None:
        """Tell that a server is in another state."""
        log.info(sentence)
        self._happenings.note("health", sentence, server.service)

    def warning(self, server: ServerPlan, sentence: str) -> None:
        """Tell what somebody should see to, though the server works."""
        log.warning(sentence)
        self._happenings.note("health", sentence, server.service)

    def quorum(self, service: str, quorum: PoolQuorum) -> None:
        """Tell that a pool has fewer servers than it should have, or enough again."""
        (log.info if quorum.is_met else log.warning)(quorum.sentence, service=service)
        self._happenings.note("health", quorum.sentence, service)
