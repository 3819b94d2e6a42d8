"""HAProxy's runtime API: one command over a unix socket, one answer. Every failure is one sentence."""

import asyncio

from ftpair.core.errors import FtpairError

PATIENCE_S = 3.0
LONGEST_ANSWER_BYTES = 64 << 20


class SilentError(FtpairError):
    """HAProxy does not answer on its socket."""

    def __init__(self, sentence: str, *, is_gone: bool = False) -> None:
        super().__init__(sentence)
        self.is_gone = is_gone
        """Nobody listens there: it does not run, rather than being slow."""


async def ask(path: str, *commands: str, patience_s: float = PATIENCE_S) -> str:
    """Return what HAProxy answers to commands, without the empty lines around it. Raises SilentError."""
    try:
        async with asyncio.timeout(patience_s):
            return await _ask(path, "; ".join(commands))
    except (OSError, TimeoutError) as error:
        why = "does not answer" if isinstance(error, TimeoutError) else (error.strerror or "failed").lower()
        is_gone = isinstance(error, FileNotFoundError | ConnectionRefusedError)
        raise SilentError(f"HAProxy's socket {path} {_WORDS.get(why, why)}", is_gone=is_gone) from None


_WORDS = {
    "no such file or directory": "does not exist: is HAProxy running, and does its file say stats socket there?",
    "connection refused": "is left over: HAProxy is not running",
    "permission denied": "may not be used by this user: run ftpair as root, or as the owner of the socket",
    "does not answer": "does not answer: HAProxy is stopped, or busy beyond measure",
}


async def _ask(path: str, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(command.encode() + b"\n")
        writer.write_eof()  # The socket of the master stays open otherwise.
        return (await reader.read(LONGEST_ANSWER_BYTES)).decode("utf-8", "replace").strip()
    finally:
        writer.close()
