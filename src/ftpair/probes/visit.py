"""A probe under way: whom it visits, what it was told, and what it has found."""

import asyncio
from dataclasses import dataclass, field

from ftpair.core.plan import HealthPlan, ServerPlan
from ftpair.core.status import ServerCertificate
from ftpair.ftp.proxy_header import BUILD, Header
from ftpair.ftp.reply import Reply
from ftpair.probes import words
from ftpair.probes.conversation import Conversation, ProbeFailedError
from ftpair.probes.transfer import Way


@dataclass(slots=True)
class Visit:
    """One probe of one server at one entrance."""

    server: ServerPlan
    health: HealthPlan
    talk: Conversation
    deadline: float
    """In the event loop's time."""
    way: Way = "EPSV"
    """How data connections are asked for."""
    certificate: ServerCertificate | None = None
    """What the server showed; None: there was no TLS."""
    leftovers: list[str] = field(default_factory=list)
    """Names of probe files that nobody else will delete."""

    async def demand(self, verb: str, argument: str = "") -> Reply:
        """Say a command and return its positive reply. Raises ProbeFailedError, with the server's own words."""
        reply = await self.talk.ask(verb, argument)
        if not reply.is_positive:
            raise ProbeFailedError(f"{verb} refused: {self.shown(reply)}")
        return reply

    def shown(self, reply: Reply) -> str:
        """Return a reply for people; nobody's password is in it."""
        return words.of_reply(reply, self.health.password)


def begun(server: ServerPlan, health: HealthPlan) -> Visit:
    """Return a visit that has not connected yet; its clock runs. A header says that nobody is behind it (LOCAL)."""
    talk = Conversation(server.address, BUILD[server.control_header](Header()))
    return Visit(server, health, talk, asyncio.get_running_loop().time() + health.timeout_s)
