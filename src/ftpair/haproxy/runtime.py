"""HAProxy's runtime API: one command over a unix socket, one answer. Every failure is one sentence.

An answer is whole or none: whoever took a part for the whole would miss connections, rows and clients.
"""

import asyncio
from asyncio import StreamReader, Timeout

from ftpair.core.errors import FtpairError

PATIENCE_S = 3.0
"""So long HAProxy may say nothing, before its answer and within it."""
LONGEST_ANSWER_S = 30.0
LONGEST_ANSWER_BYTES = 128 << 20
"""`show sess all` has 1,280 bytes per connection (HAProxy 2.6): 49 MiB for 20,000 sessions with a transfer each."""
_PIECE_BYTES = 1 << 16


class SilentError(FtpairError):
    """HAProxy does not answer on its socket."""

    def __init__(self, sentence: str, *, is_gone: bool = False) -> None:
        super().__init__(sentence)
        self.is_gone = is_gone
        """Nobody is there: the process does not run, rather than being slow."""


async def ask(path: str, *commands: str, patience_s: float = PATIENCE_S, longest_s: float = LONGEST_ANSWER_S) -> str:
    """Return what HAProxy answers to commands, all of it, without the empty lines around it. Raises SilentError."""
    try:
        async with asyncio.timeout(patience_s) as deadline:
            answer = await _ask(path, "; ".join(commands), deadline, patience_s, longest_s)
    except (OSError, TimeoutError) as error:
        why = "does not answer" if isinstance(error, TimeoutError) else (error.strerror or "failed").lower()
        is_gone = isinstance(error, FileNotFoundError | ConnectionRefusedError)
        raise SilentError(f"HAProxy's socket {path} {_WORDS.get(why, why)}", is_gone=is_gone) from None
    return _whole(path, answer).decode("utf-8", "replace").strip()


_WORDS = {
    "no such file or directory": "does not exist: is HAProxy running, and does its file say stats socket there?",
    "connection refused": "is left over: HAProxy is not running",
    "permission denied": "may not be used by this user: run ftpair as root, or as the owner of the socket",
    "does not answer": "does not answer: HAProxy is stopped, or busy beyond measure",
}


_NO_SUCH_PROCESS = (b"Can't find the target", b"Can't connect to the target")
"""How a master says it of a worker."""


async def _ask(path: str, command: str, deadline: Timeout, patience_s: float, longest_s: float) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(command.encode() + b"\n")
        writer.write_eof()  # The socket of the master stays open otherwise.
        return await _read(reader, deadline, patience_s, longest_s)
    finally:
        writer.close()


async def _read(reader: StreamReader, deadline: Timeout, patience_s: float, longest_s: float) -> bytes:
    """Read to the end, or a piece more than the longest answer; HAProxy writes long ones in many pieces."""
    now = asyncio.get_running_loop().time
    latest = now() + longest_s
    answer = bytearray()
    while len(answer) <= LONGEST_ANSWER_BYTES and (piece := await reader.read(_PIECE_BYTES)):
        answer += piece
        deadline.reschedule(min(now() + patience_s, latest))
    return bytes(answer)


def _whole(path: str, answer: bytes) -> bytes:
    """Return an answer if it is whole: an empty line ends it. Raises SilentError."""
    if answer.startswith(_NO_SUCH_PROCESS):
        raise SilentError(f"HAProxy's socket {path} does not reach the process that was asked: it ended", is_gone=True)
    if len(answer) > LONGEST_ANSWER_BYTES:
        longest = f"{LONGEST_ANSWER_BYTES >> 20} MiB"
        raise SilentError(f"HAProxy's socket {path} answers more than {longest}: it has too many connections to list")
    if answer != b"\n" and not answer.endswith(b"\n\n"):
        raise SilentError(f"HAProxy's socket {path} broke off its answer: the process that was asked ended, or is busy")
    return answer
