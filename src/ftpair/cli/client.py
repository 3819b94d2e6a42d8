"""HTTP over the unix socket of a running ftpair: paths to values, problems (RFC 9457) to errors with an exit status."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from ftpair.cli.failures import ChangedMeanwhileError, NotAllowedError, WrongUseError
from ftpair.config.problems import InvalidConfigError
from ftpair.core.actions import Problem
from ftpair.core.errors import BusyError, FtpairError, NotFoundError, NotReachableError

BASE = "http://ftpair/api/v1"
TIMEOUT_S = 70.0
"""Longer than the API waits for the supervisor, so that its answer always comes first."""

Value = TypeVar("Value")


class ProblemBody(msgspec.Struct, frozen=True):
    """The body of an error; unknown members are left aside."""

    title: str = ""
    detail: str = ""
    type: str = ""
    problems: tuple[Problem, ...] = ()


_ERRORS: dict[int, Callable[[str], FtpairError]] = {
    400: WrongUseError,
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    412: ChangedMeanwhileError,
    503: NotReachableError,
}


class Client:
    """One conversation with a running ftpair."""

    def __init__(self, socket: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._socket = socket
        transport = httpx.HTTPTransport(uds=os.fspath(socket))
        self._http = httpx.Client(transport=transport, base_url=BASE, timeout=timeout_s, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: tuple[str, ...], kind: type[Value], /, **query: str) -> Value:
        """Return what stands at the path; empty words of the query are left out."""
        given = {name: word for name, word in query.items() if word}
        return self._value(self._send("GET", path, NotReachableError, params=given), kind)

    def copy(self, path: tuple[str, ...], put: Callable[[str], object], /, **query: str) -> None:
        """Give a long text to `put`, piece by piece; raises NotReachableError if it is cut."""
        given = {name: word for name, word in query.items() if word}
        try:
            with self._http.stream("GET", "/".join(map(_segment, path)), params=given) as response:
                if not response.is_success:
                    response.read()
                    raise _error_of(response, NotReachableError)
                for text in response.iter_text():
                    put(text)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unconnected(error) from None
        except httpx.HTTPError as error:
            sentence = f"ftpair stopped in the middle of its answer ({_first_words(error)}): what came is not all."
            raise NotReachableError(sentence) from None

    def post(self, path: tuple[str, ...], kind: type[Value], body: Any = None, **query: str) -> Value:
        """Ask for a change."""
        return self._value(self._send("POST", path, BusyError, json=body, params=query), kind)

    def put(self, path: tuple[str, ...], kind: type[Value], body: Any, **query: str) -> Value:
        """Put something in the place of what stands at the path."""
        return self._value(self._send("PUT", path, BusyError, json=body, params=query), kind)

    def patch(self, path: tuple[str, ...], kind: type[Value], patch: Any, if_match: str, **query: str) -> Value:
        """Change a document in some places (RFC 7396), if it is still the one of this entity tag."""
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": if_match}
        content = msgspec.json.encode(patch)
        sent = self._send("PATCH", path, BusyError, content=content, headers=headers, params=query)
        return self._value(sent, kind)

    def change(self, path: tuple[str, ...], kind: type[Value], body: Any) -> Value:
        """Change what is given of a thing."""
        return self._value(self._send("PATCH", path, BusyError, json=body), kind)

    def delete(self, path: tuple[str, ...], kind: type[Value], **query: str) -> Value:
        """Ask for an end."""
        return self._value(self._send("DELETE", path, BusyError, params=query), kind)

    def _send(
        self, method: str, path: tuple[str, ...], silent: Callable[[str], FtpairError], **options: Any
    ) -> httpx.Response:
        try:
            response = self._http.request(method, "/".join(map(_segment, path)), **options)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unconnected(error) from None
        except httpx.HTTPError as error:
            raise silent(f"ftpair took the request but did not answer: {_first_words(error)}. {_ASK_LATER}") from None
        if response.is_success:
            return response
        raise _error_of(response, silent)

    def _unconnected(self, error: Exception) -> FtpairError:
        if _errno_of(error) in (errno.EACCES, errno.EPERM):
            owner = _owner(self._socket)
            return NotAllowedError(f"{self._socket} may only be used by its owner ({owner}): run this as root.")
        return NotReachableError(
            f"No ftpair answers at {self._socket}. "
            "Start it with `ftpair serve`, or name its socket with --socket or FTPAIR_SOCKET."
        )

    def _value(self, response: httpx.Response, kind: type[Value]) -> Value:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as error:
            sentence = f"What answers at {self._socket} is not understood ({error}). Is it another version of ftpair?"
            raise NotReachableError(sentence) from None


_ASK_LATER = "`ftpair status` tells how things stand."


def _error_of(response: httpx.Response, silent: Callable[[str], FtpairError]) -> FtpairError:
    problem = _problem(response)
    sentence = problem.detail or problem.title or f"ftpair answered {response.status_code}."
    if problem.problems:
        return InvalidConfigError(sentence, problem.problems)
    if response.status_code == 422:
        return InvalidConfigError(sentence, ())
    if response.status_code == 504:
        return silent(f"{sentence} {_ASK_LATER}")
    return _ERRORS.get(response.status_code, FtpairError)(sentence)


def _problem(response: httpx.Response) -> ProblemBody:
    try:
        return msgspec.json.decode(response.content, type=ProblemBody)
    except msgspec.MsgspecError:
        return ProblemBody()


def _owner(path: Path) -> str:
    for seen in (path, *path.parents):  # A folder that is closed hides what is in it; it belongs to the same user.
        with suppress(OSError, KeyError):
            return seen.owner()
    return "root"


def _errno_of(error: BaseException | None) -> int | None:
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__cause__ or error.__context__
    return None


def _segment(name: str) -> str:
    return quote(name, safe="", errors="replace")


def _first_words(error: Exception) -> str:
    return str(error) or type(error).__name__
