"""What waits to be applied: what an apply of the file would do. Looked up anew only after a change."""

import asyncio

from ftpair.app.change import prepare
from ftpair.app.node import Node
from ftpair.config.load import read_config
from ftpair.config.problems import InvalidConfigError
from ftpair.core.actions import WaitingIs
from ftpair.core.errors import SetupError

NOTHING = WaitingIs()
_Seen = tuple[int, int, int, int]
"""Of the file: inode, time of its last change in ns, size; and the revision that runs."""


class Waiting:
    """Compares the file with what runs."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen: _Seen | None = None
        self._found = NOTHING
        self._turn = asyncio.Lock()

    async def look(self) -> WaitingIs:
        """Return what an apply would do now, or what is wrong with the file."""
        async with self._turn:  # Every open page asks each second: one of them compares, and all are told.
            seen = self._look_at_file()
            if seen is None or seen != self._seen:
                self._found = await self._compared()
                self._seen = seen
            return self._found

    def _look_at_file(self) -> _Seen | None:
        try:
            status = self._node.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size, self._node.plan.revision

    async def _compared(self) -> WaitingIs:
        try:
            content = await asyncio.to_thread(read_config, self._node.path)
            if content == self._node.checked.content:
                return NOTHING
            change = await prepare(self._node, content)
        except InvalidConfigError as error:
            return WaitingIs(is_changed=True, problems=error.problems)
        except SetupError as error:
            return WaitingIs(is_changed=True, refusal=error.sentence)
        return WaitingIs(is_changed=True, steps=change.steps, warnings=change.checked.warnings)
