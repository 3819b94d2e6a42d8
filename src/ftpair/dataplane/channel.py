"""The channel between the supervisor and one child: frames of `core.messages` and descriptors over a socketpair.

A frame is a 4-byte big-endian length and a msgpack body. Descriptors ride on the first bytes of the frame that names
them (SCM_RIGHTS), so they arrive in the order in which the messages name them. Runs on asyncio and on uvloop.
"""

import array
import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, get_args

import msgspec

from ftpair.core.messages import BRINGING, Message

LARGEST_FRAME_BYTES = 64 * 1024 * 1024
LARGEST_FD_COUNT = 253
"""What one sendmsg(2) carries: SCM_MAX_FD of the kernel."""
READ_BYTES = 256 * 1024
FD_SPACE = socket.CMSG_SPACE(LARGEST_FD_COUNT * array.array("i").itemsize)
HEADER_BYTES = 4

OnMessage = Callable[[Any, tuple[int, ...]], None]
"""Takes a message and the descriptors that came with it; who takes them closes them."""


def socketpair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new channel."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


class _Outgoing:
    """A frame that could not be written at once, with copies of its descriptors."""

    __slots__ = ("data", "fds")

    def __init__(self, data: memoryview, fds: Sequence[int]) -> None:
        self.data = data
        self.fds = [os.dup(fd) for fd in fds]

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)


class Channel:
    """One end of a channel; made inside the running loop that it will use.

    `receives` is the union of messages that may arrive. Where none of them brings descriptors, the kernel is given no
    room for any, and one that comes all the same ends the channel. `on_closed` is called once, when the other end is
    gone or talks nonsense; never after an own `close`. With another version of ftpair at the other end, `is_tolerant`:
    what it says that nobody here knows is passed over.
    """

    def __init__(
        self,
        sock: socket.socket,
        receives: Any,
        on_message: OnMessage,
        on_closed: Callable[[], None],
        *,
        is_tolerant: bool = False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(receives)
        self._encoder = msgspec.msgpack.Encoder()
        self._fd_space = FD_SPACE if set(BRINGING) & {receives, *get_args(receives)} else 0
        self._is_tolerant = is_tolerant
        self._on_message = on_message
        self._on_closed = on_closed
        self._read = bytearray()
        self._read_fds: deque[int] = deque()
        self._outgoing: deque[_Outgoing] = deque()
        sock.setblocking(False)  # noqa: FBT003 - the name of the call says it.
        self._loop.add_reader(sock.fileno(), self._readable)

    @property
    def is_closed(self) -> bool:
        """Whether either end was closed."""
        return self._sock.fileno() < 0

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send a message and descriptors; never blocks. A closed channel swallows it, for `on_closed` says it all.

        The caller may close its descriptors as soon as this returns.
        """
        if self.is_closed:
            return
        body = self._encoder.encode(message)
        frame = memoryview(len(body).to_bytes(HEADER_BYTES, "big") + body)
        if not self._outgoing:
            frame, fds = self._write(frame, fds)
        if frame and not self.is_closed:
            self._outgoing.append(_Outgoing(frame, fds))
            self._loop.add_writer(self._sock.fileno(), self._writable)

    def close(self) -> None:
        """Close this end and everything that waited in it."""
        if self.is_closed:
            return
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        self._sock.close()
        for outgoing in self._outgoing:
            outgoing.close()
        self._outgoing.clear()
        while self._read_fds:
            os.close(self._read_fds.popleft())

    def detach(self) -> socket.socket:
        """Leave the socket, whose other end is waiting for an answer, to somebody else."""
        self._loop.remove_reader(self._sock.fileno())
        return socket.socket(fileno=self._sock.detach())

    def _lost(self) -> None:
        if not self.is_closed:
            self.close()
            self._on_closed()

    def _write(self, data: memoryview, fds: Sequence[int]) -> tuple[memoryview, Sequence[int]]:
        """Write what the socket takes; return what is left."""
        try:
            while data:
                data, fds = self._write_once(data, fds)
        except BlockingIOError:
            pass
        except OSError:  # The other end is gone; the caller of `send` hears it through `on_closed`, not by surprise.
            self._loop.call_soon(self._lost)
            return data[:0], ()
        return data, fds

    def _write_once(self, data: memoryview, fds: Sequence[int]) -> tuple[memoryview, Sequence[int]]:
        if not fds:
            return data[self._sock.send(data) :], fds
        # More descriptors than one call carries ride on single bytes in front: all of them come before the frame ends.
        first, rest = fds[:LARGEST_FD_COUNT], fds[LARGEST_FD_COUNT:]
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", first))]
        return data[self._sock.sendmsg([data[:1] if rest else data], ancillary) :], rest

    def _writable(self) -> None:
        while self._outgoing:
            head = self._outgoing[0]
            held = head.fds
            head.data, left = self._write(head.data, held)
            for fd in held[: len(held) - len(left)]:
                os.close(fd)
            head.fds = list(left)
            if head.data:
                return
            self._outgoing.popleft()
        self._loop.remove_writer(self._sock.fileno())

    def _readable(self) -> None:
        # All there is, up to the end: uvloop calls back only once about a socket that was reset.
        while not self.is_closed and self._read_once():
            pass

    def _read_once(self) -> bool:
        """Take what has come; return whether there may be more."""
        try:
            data, ancillary, flags, _address = self._sock.recvmsg(READ_BYTES, self._fd_space, socket.MSG_CMSG_CLOEXEC)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data, ancillary, flags = b"", [], 0
        for _level, _kind, raw in ancillary:
            self._read_fds.extend(array.array("i", raw[: len(raw) - len(raw) % 4]))
        if data and not flags & socket.MSG_CTRUNC:
            self._read += data
            self._deliver()
        else:
            self._lost()
        return True

    def _deliver(self) -> None:
        while not self.is_closed:
            try:
                body = self._next_frame()
                if body is None:
                    return
                message = self._decoded(body)
                if message is None:
                    continue
                fds = self._fds_of(message)
            except msgspec.MsgspecError:
                self._lost()
                return
            self._on_message(message, fds)

    def _decoded(self, body: bytes) -> Message | None:
        try:
            message: Message = self._decoder.decode(body)
        except msgspec.ValidationError:
            if not self._is_tolerant:
                raise
            return None
        return message

    def _next_frame(self) -> bytes | None:
        if len(self._read) < HEADER_BYTES:
            return None
        length = int.from_bytes(self._read[:HEADER_BYTES], "big")
        if length > LARGEST_FRAME_BYTES:
            raise msgspec.DecodeError(f"a frame of {length} bytes is larger than {LARGEST_FRAME_BYTES}")
        end = HEADER_BYTES + length
        if len(self._read) < end:
            return None
        body = bytes(self._read[HEADER_BYTES:end])
        del self._read[:end]
        return body

    def _fds_of(self, message: Message) -> tuple[int, ...]:
        wanted = message.fd_count
        if wanted > len(self._read_fds):
            raise msgspec.ValidationError(f"{wanted} descriptors were named, {len(self._read_fds)} came")
        return tuple(self._read_fds.popleft() for _ in range(wanted))
