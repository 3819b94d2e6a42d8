"""The API's way to the supervisor: one question, one answer, over the channel."""

import asyncio
import os
import socket
from collections.abc import Callable
from itertools import count

from ftpair.app.heart import Heart
from ftpair.core.accounts import Identity
from ftpair.core.actions import Action, Apply, Confirm, PatchConfiguration, Result, RollBack, SaveConfiguration
from ftpair.core.certificates import DeleteCertificate, SaveCertificate
from ftpair.core.errors import BusyError, NotReachableError
from ftpair.core.guides import GetFirewall, GetGuide
from ftpair.core.messages import Ready, Stop, UseLog, UseWeb
from ftpair.core.plan import WebPlan
from ftpair.core.pools import SetWeight
from ftpair.core.requests import Request, Response, ToApi
from ftpair.core.upgrades import Upgrade
from ftpair.dataplane.channel import Channel
from ftpair.observe import log

ANSWER_TIMEOUT_S = 10.0
APPLY_TIMEOUT_S = 65.0
"""An apply resolves names, binds listeners and waits for the workers."""
UseWebOn = Callable[[WebPlan | None, tuple[int, ...]], None]
"""Takes where HTTPS is to be served, and the descriptor of the listener."""
SLOW = (
    Apply,
    Confirm,
    RollBack,
    SaveConfiguration,
    PatchConfiguration,
    SaveCertificate,
    DeleteCertificate,
    SetWeight,
    Upgrade,
    GetGuide,
    GetFirewall,
)


class Control:
    """Asks the supervisor; made inside the running loop from the descriptor of `--channel`."""

    def __init__(
        self,
        sock: socket.socket,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        confinement: str = "",
        use_web: UseWebOn | None = None,
    ) -> None:
        self.ended = asyncio.Event()
        """Set when the supervisor says stop, or is gone: time to exit."""
        self._answer_timeout_s = answer_timeout_s
        self._use_web = use_web or _leave
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        self._channel = Channel(sock, ToApi, self._heard, self._end)
        self._channel.send(Ready(0, confinement))
        self._heart = Heart(self._channel, "api")

    async def ask(self, action: Action, who: Identity) -> Result:
        """Return the answer; raises BusyError if none comes in time, NotReachableError if the supervisor is gone."""
        if self.ended.is_set():
            raise NotReachableError("ftpair is stopping: it takes no more orders")
        number = next(self._numbers)
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        timeout_s = APPLY_TIMEOUT_S if isinstance(action, SLOW) else self._answer_timeout_s
        # The union in `Request` is closed, while `Action` is its open parent.
        self._channel.send(Request(number, who, action))  # type: ignore[arg-type]
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise BusyError(f"the supervisor did not answer within {timeout_s:g} s; the outcome is unknown") from None
        finally:
            del self._waiting[number]

    def close(self) -> None:
        """Leave the channel."""
        self._channel.close()

    def _heard(self, message: ToApi, fds: tuple[int, ...]) -> None:
        match message:
            case Response(number, result):
                answer = self._waiting.get(number)
                if answer and not answer.done():
                    answer.set_result(result)
            case UseLog(format, level):
                log.configure(format, level)
            case UseWeb(web):
                self._use_web(web, fds)
            case Stop():
                self._end()

    def _end(self) -> None:
        self.ended.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NotReachableError("ftpair stopped before it answered"))


def _leave(_web: WebPlan | None, fds: tuple[int, ...]) -> None:
    for fd in fds:
        os.close(fd)
