"""Errors as `application/problem+json` (RFC 9457): one table of kinds, and the handlers that make a body of each."""

import logging
import os
from collections.abc import Sequence
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftpair.api.bodies import ProblemDetails
from ftpair.core.actions import Problem

Kind = Literal[
    "not-found",
    "invalid",
    "setup",
    "busy",
    "conflict",
    "changed",
    "unconditional",
    "internal",
    "no-answer",
    "not-ready",
    "stopping",
    "too-many",
    "wrong-request",
    "not-identified",
    "not-allowed",
    "too-often",
]

KINDS: dict[Kind, tuple[int, str]] = {
    "not-found": (404, "No such thing"),
    "invalid": (422, "The configuration is invalid; nothing was changed"),
    "setup": (409, "The machine does not allow it; nothing was changed"),
    "busy": (409, "What runs must end first; nothing was changed"),
    "conflict": (409, "It does not go with what is there; nothing was changed"),
    "changed": (412, "Somebody else changed it first; nothing was changed"),
    "unconditional": (428, "If-Match is missing; nothing was changed"),
    "internal": (500, "A fault of ftpair"),
    "no-answer": (504, "The supervisor does not answer"),
    "not-ready": (503, "Not ready"),
    "stopping": (503, "ftpair is stopping"),
    "too-many": (503, "Too many listen already"),
    "wrong-request": (400, "The request is wrong"),
    "not-identified": (401, "Nobody knows who asks"),
    "not-allowed": (403, "Not allowed; nothing was changed"),
    "too-often": (429, "Too many attempts"),
}
MEDIA_TYPE = "application/problem+json"
HEADERS: dict[Kind, dict[str, str]] = {"not-identified": {"WWW-Authenticate": "Bearer"}}
ASKING: tuple[Kind, ...] = ("not-identified", "not-allowed", "internal", "stopping", "no-answer")
"""What any route may answer with that asks the supervisor, for somebody."""
log = logging.getLogger("ftpair.api")


class RefusalError(Exception):
    """What the door answers instead of a result; `kind` is a row of `KINDS`."""

    def __init__(self, kind: Kind, sentence: str, problems: Sequence[Problem] = (), **members: Any) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind
        self.sentence = sentence
        self.problems = problems
        self.members = members
        """Extension members of the body (RFC 9457, 3.2)."""

    @property
    def status(self) -> int:
        """The status of the response."""
        return KINDS[self.kind][0]

    @property
    def title(self) -> str:
        """What kind of refusal it is, for people."""
        return KINDS[self.kind][1]


def answer(refusal: RefusalError) -> JSONResponse:
    """Return the problem as a response."""
    body = _body(refusal.kind, refusal.title, refusal.status, refusal.sentence) | refusal.members
    if refusal.kind == "invalid":
        body["problems"] = [{"path": at.path, "line": at.line, "sentence": at.sentence} for at in refusal.problems]
    return JSONResponse(body, refusal.status, HEADERS.get(refusal.kind), MEDIA_TYPE)


def documented(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors that a route may answer with; kinds may share a status."""
    statuses = dict.fromkeys(KINDS[kind][0] for kind in kinds)
    return {status: _documentation([kind for kind in kinds if KINDS[kind][0] == status]) for status in statuses}


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem, and let OpenAPI say so."""
    described = app.openapi
    app.openapi = lambda: _corrected(described())  # type: ignore[method-assign]  # As FastAPI's manual has it.
    for kind in (RefusalError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_to)
    app.add_middleware(FaultGuard)


class FaultGuard:
    """Turns a fault of ftpair into a problem; the traceback goes to the log, and only with FTPAIR_DEBUG=1."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_begun = False

        async def noticing_send(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticing_send)
        except Exception as fault:  # The door's last line: whatever went wrong, the peer gets a sentence.
            log.error(  # noqa: TRY400 - a traceback is shown only to who asks for it.
                "fault while answering %r: %s: %s",
                scope.get("path"),
                type(fault).__name__,
                fault,
                exc_info=bool(os.environ.get("FTPAIR_DEBUG")),
            )
            if not is_begun and scope["type"] == "http":
                await answer(_fault())(scope, receive, send)


def _fault() -> RefusalError:
    return RefusalError("internal", "A fault of ftpair, not of the request; its log says more.")


def _body(kind: str, title: str, status: int, detail: str) -> dict[str, Any]:
    return {"type": f"urn:ftpair:problem:{kind}", "title": title, "status": status, "detail": detail}


def _documentation(kinds: Sequence[Kind]) -> dict[str, Any]:
    titles = "; or: ".join(KINDS[kind][1] for kind in kinds)
    examples = {kind: {"summary": KINDS[kind][1], "value": _example(kind)} for kind in kinds}
    return {"model": ProblemDetails, "description": titles, "content": {MEDIA_TYPE: {"examples": examples}}}


def _example(kind: Kind) -> dict[str, Any]:
    status, title = KINDS[kind]
    example = _body(kind, title, status, "A sentence that says what is wrong and what to do.")
    if kind == "invalid":
        example["problems"] = [{"path": "virtual_services.VIP.ports", "line": 7, "sentence": "What to write instead."}]
    return example


def _corrected(description: dict[str, Any]) -> dict[str, Any]:
    """Take out what FastAPI makes up: a 422 of its own where we answer 400, and problems as `application/json`."""
    for operation in (one for path in description["paths"].values() for one in path.values()):
        answers = operation["responses"]
        for status, content in [(status, answer.get("content", {})) for status, answer in answers.items()]:
            if MEDIA_TYPE in content:
                content[MEDIA_TYPE] |= content.pop("application/json", {})
            elif status == "422":
                del answers[status]
    for name in ("HTTPValidationError", "ValidationError"):
        description["components"]["schemas"].pop(name, None)
    return description


async def answer_to(request: Request, error: Exception) -> JSONResponse:
    """Return the problem for an error that a request has led to: a refusal, a wrong request, or HTTP's own."""
    match error:
        case RefusalError():
            return answer(error)
        case RequestValidationError():
            return answer(RefusalError("wrong-request", places(error)))
        case HTTPException():
            return _of_http(request, error)
        case _:
            raise error


def places(error: RequestValidationError) -> str:
    """Return where a request is wrong, and what is."""
    found = [f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in error.errors()]
    return "; ".join(found) + "."


def _of_http(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 404:
        return answer(RefusalError("not-found", f"There is nothing at {request.url.path}."))
    detail = f"{error.detail}: {request.method} {request.url.path}."
    body = _body("about-http", str(error.detail), error.status_code, detail) | {"type": "about:blank"}
    return JSONResponse(body, error.status_code, dict(error.headers or {}), MEDIA_TYPE)
