"""What the administrator wants of each real server, kept in a file, so that a drained server stays drained."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from ftpair.app.state_file import StateFile
from ftpair.core.drain import Drain
from ftpair.core.status import Admin

Server = tuple[str, str]
"""Names of service and server."""


class Wish(msgspec.Struct, frozen=True):
    """What is wanted of a server, and how it is drained if it is."""

    admin: Admin = Admin.ONLINE
    drain: Drain | None = None


class AdminFile:
    """The wishes of the administrator: `admin.json` in the state folder; they are followed even if not kept."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._file = StateFile(path, warn, "all servers begin online", "drain and halt end with this run")
        self._wishes = self._file.read(_decoded) or {}
        self._file.try_to_write()

    def of(self, server: Server) -> Wish:
        """Return what is wanted of a server."""
        return self._wishes.get(server, Wish())

    def set(self, server: Server, wish: Wish) -> None:
        """Remember what is wanted of a server."""
        self._store({**self._wishes, server: wish})

    def forget(self, is_meant: Callable[[Server], bool]) -> None:
        """Forget what was wanted of some servers."""
        self._store({server: wish for server, wish in self._wishes.items() if not is_meant(server)})

    def save_again(self) -> None:
        """Write what could not be written, if there is room by now."""
        self._file.write_again()

    def _store(self, wishes: dict[Server, Wish]) -> None:
        kept = {server: wish for server, wish in wishes.items() if wish.admin is not Admin.ONLINE}
        if kept != self._wishes:
            self._wishes = kept
            self._file.write(_encoded(kept))


def _decoded(content: bytes) -> dict[Server, Wish]:
    services = msgspec.json.decode(content, type=dict[str, dict[str, Admin | Drain]])
    return {(service, server): _wish(kept) for service, pool in services.items() for server, kept in pool.items()}


def _wish(kept: Admin | Drain) -> Wish:
    """Return what a word means, which is all that older files have, or the way of a drain."""
    if isinstance(kept, Drain):
        return Wish(Admin.DRAIN, kept)
    return Wish(kept, Drain() if kept is Admin.DRAIN else None)


def _encoded(wishes: dict[Server, Wish]) -> bytes:
    services: dict[str, dict[str, Any]] = {}
    for (service, server), wish in sorted(wishes.items()):
        kept = asdict(wish.drain) if wish.drain else wish.admin.value
        services.setdefault(service, {})[server] = kept
    return (json.dumps(services, indent=2) + "\n").encode()
