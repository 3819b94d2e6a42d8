"""Watches files by inotify: no thread, no polling. Network file systems tell nothing of what others write."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from asyncinotify import Event, Inotify, Mask

from ftpair.certs.places import Names, places_of

SETTLE_S = 1.0
"""Key and chain are written one after the other: what follows so soon belongs to it."""
_COMES = Mask.CLOSE_WRITE | Mask.MOVED_TO | Mask.CREATE | Mask.ATTRIB
_GOES = Mask.DELETE | Mask.MOVED_FROM | Mask.DELETE_SELF | Mask.MOVE_SELF
_NEWS = _COMES | _GOES | Mask.EXCL_UNLINK


class Watching:
    """Files that are watched, wherever links lead. Raises OSError when the kernel gives no more watches."""

    def __init__(self, settle_s: float = SETTLE_S) -> None:
        self._settle_s = settle_s
        self._inotify = Inotify()
        self._files: tuple[Path, ...] = ()
        self._names: Names = {}

    def follow(self, files: Iterable[Path]) -> None:
        """Watch these files (absolute paths) from now on, and no others."""
        self._files = tuple(files)
        self._renew()

    async def changed(self) -> None:
        """Wait until one of the files may be another, and nothing more has come for a while."""
        while not self._concerns(await self._inotify.get()):
            pass
        with suppress(TimeoutError):
            await self._until_quiet()
        self._renew()

    async def _until_quiet(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._settle_s) as patience:
            while True:
                if self._concerns(await self._inotify.get()):
                    patience.reschedule(loop.time() + self._settle_s)

    def close(self) -> None:
        """Watch nothing any more."""
        self._inotify.close()

    def _concerns(self, event: Event) -> bool:
        """Tell news of our files from the traffic of a busy folder; a folder that goes is news, too."""
        if event.watch is None or event.name is None:
            return True
        return str(event.name) in self._names.get(event.watch.path, ())

    def _renew(self) -> None:
        """Watch what the links mean now."""
        self._names = places_of(self._files)
        for watch in self._inotify.watches:
            if watch.path not in self._names:
                with suppress(OSError):  # Its folder is gone, and the watch with it.
                    self._inotify.rm_watch(watch)
        for folder in self._names:
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # Gone since, or never to be seen.
                self._inotify.add_watch(folder, _NEWS)
