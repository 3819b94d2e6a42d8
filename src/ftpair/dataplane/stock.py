"""What the relays of one loop share: buffers, pipes for splice(2), and the time of the loop."""

import contextlib
import fcntl
import os

from ftpair.dataplane.watch import Watch

BUFFER_BYTES = 256 << 10
PIPE_BYTES = 1 << 20
ROUND_BYTES = 8 << 20
"""What all relays together move in about one round of the loop: a command waits no longer than that takes."""
LONGEST_TURN_BYTES = 4 << 20
SHORTEST_TURN_BYTES = 64 << 10

Pipe = tuple[int, int]


class Stock:
    """Buffers and pipes, which a relay holds only while bytes wait in them, and how much it moves in its turn.

    The more relays there are, the shorter the turns: long ones save CPU, short ones give a thousand transfers the same.
    """

    def __init__(self, watch: Watch, most: int = 64) -> None:
        self.watch = watch
        self.turn_bytes = LONGEST_TURN_BYTES
        self._relays = 0
        self._most = most
        self._buffers: list[bytearray] = []
        self._pipes: list[Pipe] = []

    def join(self) -> None:
        """Count a relay in."""
        self._count(self._relays + 1)

    def leave(self) -> None:
        """Count it out."""
        self._count(self._relays - 1)

    def _count(self, relays: int) -> None:
        self._relays = relays
        share = ROUND_BYTES // (relays or 1)
        self.turn_bytes = max(SHORTEST_TURN_BYTES, min(LONGEST_TURN_BYTES, share))

    @property
    def is_crowded(self) -> bool:
        """Whether there are so many relays that turns are as short as they get."""
        return self.turn_bytes == SHORTEST_TURN_BYTES

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
