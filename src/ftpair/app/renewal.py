"""Certificates that change on the disk are used by the next handshake: no restart, and no apply of anything else."""

import asyncio
import time
from pathlib import Path

import structlog

from ftpair.app.change import renew
from ftpair.app.node import Node
from ftpair.certs.watching import SETTLE_S, Watching
from ftpair.config.problems import describe, describe_warnings
from ftpair.config.trust import trust_files

log = structlog.get_logger("ftpair")

DAY_S = 86400.0


class Renewal:
    """Watches the files of the configuration that runs, and reads them anew when one changes, and once a day."""

    def __init__(self, node: Node, turn: asyncio.Lock, day_s: float = DAY_S, settle_s: float = SETTLE_S) -> None:
        """Begin; `turn` is held by everything that changes the plan."""
        self._node, self._turn, self._day_s, self._settle_s = node, turn, day_s, settle_s
        self._said: dict[str, float] = {}
        """When each sentence was last said."""

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            watching = Watching(self._settle_s)
            self._follow(watching)
        except OSError as error:
            why = error.strerror or str(error)
            log.warning("files are not watched: renewed certificates need `ftpair apply`", reason=why)
            return
        self._node.on_keep = lambda: self._follow(watching)
        try:
            while True:
                await self._news(watching)
                await self._renew()
        finally:
            self._node.on_keep = lambda: None
            watching.close()

    def _follow(self, watching: Watching) -> None:
        folder = self._node.path.parent
        watching.follow(Path(folder / name).absolute() for name in trust_files(self._node.checked.config))

    async def _news(self, watching: Watching) -> None:
        """Wait for a change, but not longer than a day: what expires shall be said again."""
        try:
            async with asyncio.timeout(self._day_s):
                await watching.changed()
        except TimeoutError:
            pass

    async def _renew(self) -> None:
        async with self._turn:
            if self._node.is_draining:
                return
            try:
                fresh = await renew(self._node)
            except Exception:  # A bug here must not end the supervisor, on which all sessions depend.
                log.exception("certificates could not be read anew")
                return
        stays = [f"{describe(problem)}; the former one is used on" for problem in fresh.problems]
        self._say((*stays, *describe_warnings(fresh.checked.warnings)))

    def _say(self, sentences: tuple[str, ...]) -> None:
        """Say each thing once a day, and anew when it was otherwise in between."""
        now = time.monotonic()
        said = {sentence: self._said[sentence] for sentence in sentences if sentence in self._said}
        self._said = {sentence: at for sentence, at in said.items() if now - at < self._day_s}
        for sentence in sentences:
            if sentence not in self._said:
                self._said[sentence] = now
                log.warning(sentence)
