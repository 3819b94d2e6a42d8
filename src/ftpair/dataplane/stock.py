"""What the relays of one loop lend each other: buffers, and pipes for splice(2)."""

import contextlib
import fcntl
import os

from ftpair.dataplane.watch import Watch

BUFFER_BYTES = 256 << 10
PIPE_BYTES = 1 << 20

Pipe = tuple[int, int]


class Stock:
    """Buffers and pipes; a relay holds one only while bytes wait in it."""

    def __init__(self, watch: Watch, most: int = 64) -> None:
        self.watch = watch
        self._most = most
        self._buffers: list[bytearray] = []
        self._pipes: list[Pipe] = []

    def take_buffer(self) -> bytearray:
        """Lend a buffer of BUFFER_BYTES."""
        return self._buffers.pop() if self._buffers else bytearray(BUFFER_BYTES)

    def give_buffer(self, buffer: bytearray) -> None:
        """Take it back."""
        if len(self._buffers) < self._most:
            self._buffers.append(buffer)

    def take_pipe(self) -> Pipe:
        """Lend an empty pipe. Raises OSError when descriptors have run out."""
        if self._pipes:
            return self._pipes.pop()
        pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # Over the user's soft limit (pipe-user-pages-soft) a smaller one works too.
            fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return pipe

    def give_pipe(self, pipe: Pipe, *, is_empty: bool) -> None:
        """Take it back; one with bytes of a cut transfer in it is closed."""
        if is_empty and len(self._pipes) < self._most:
            self._pipes.append(pipe)
        else:
            os.close(pipe[0])
            os.close(pipe[1])
