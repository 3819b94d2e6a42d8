"""Asks the supervisor and turns what it refuses, or does not answer, into a problem."""

import asyncio
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request

from ftpair.api.problems import RefusalError
from ftpair.app.control import Control
from ftpair.core.accounts import Identity
from ftpair.core.actions import (
    Action,
    GetNews,
    GetSessions,
    GetStatus,
    NewsAre,
    Refused,
    Result,
    SessionTable,
    StatusIs,
)
from ftpair.core.errors import BusyError, NotReachableError
from ftpair.core.status import NodeStatus

SomeResult = TypeVar("SomeResult", bound=Result)


class Door:
    """The API's way to the supervisor, for one who asks."""

    def __init__(self, control: Control, who: Identity) -> None:
        self._control, self.who = control, who

    async def ask(self, action: Action, expected: type[SomeResult]) -> SomeResult:
        """Return the supervisor's answer; raises RefusalError if it refuses or does not answer in time."""
        result = await self._answer(action)
        if isinstance(result, Refused):
            raise RefusalError(result.kind, result.sentence, result.problems)
        if not isinstance(result, expected):
            raise TypeError(f"{type(action).__name__} was answered by {type(result).__name__}")
        return result

    async def status(self) -> NodeStatus:
        """Return the node's status."""
        return (await self.ask(GetStatus(), StatusIs)).status

    async def table(self) -> SessionTable:
        """Return the live sessions and transfers."""
        return await self.ask(GetSessions(), SessionTable)

    async def news(self, after: int) -> NewsAre:
        """Return the node's status, and what happened after the happening of that number."""
        return await self.ask(GetNews(after), NewsAre)

    @property
    def ended(self) -> asyncio.Event:
        """Set when ftpair stops."""
        return self._control.ended

    async def _answer(self, action: Action) -> Result:
        try:
            return await self._control.ask(action, self.who)
        except BusyError as error:
            raise RefusalError("no-answer", error.sentence) from None
        except NotReachableError as error:
            raise RefusalError("stopping", error.sentence) from None


def _door(request: Request) -> Door:
    return Door(cast("Control", request.app.state.control), request.state.visitor.identity)


TheDoor = Annotated[Door, Depends(_door)]
