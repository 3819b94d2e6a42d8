"""What the administrator wants of each real server, kept in a file, so that a drained server stays drained."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from ftpair.app.state_file import StateFile
from ftpair.core.status import Admin

Server = tuple[str, str]
"""Names of service and server."""


class AdminFile:
    """The wishes of the administrator: `admin.json` in the state folder; they are followed even if not kept."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._file = StateFile(path, warn, "all servers begin online", "drain and halt end with this run")
        self._wishes = self._file.read(_decoded) or {}
        self._file.try_to_write()

    def of(self, server: Server) -> Admin:
        """Return what is wanted of a server."""
        return self._wishes.get(server, Admin.ONLINE)

    def set(self, server: Server, admin: Admin) -> None:
        """Remember what is wanted of a server."""
        self._store({**self._wishes, server: admin})

    def forget_all_but(self, servers: Collection[Server]) -> None:
        """Forget servers that are gone from the configuration."""
        self._store({server: admin for server, admin in self._wishes.items() if server in servers})

    def save_again(self) -> None:
        """Write what could not be written, if there is room by now."""
        self._file.write_again()

    def _store(self, wishes: dict[Server, Admin]) -> None:
        kept: dict[Server, Admin] = {server: admin for server, admin in wishes.items() if admin is not Admin.ONLINE}
        if kept != self._wishes:
            self._wishes = kept
            self._file.write(_encoded(kept))


def _decoded(content: bytes) -> dict[Server, Admin]:
    services = msgspec.json.decode(content, type=dict[str, dict[str, Admin]])
    return {(service, server): admin for service, pool in services.items() for server, admin in pool.items()}


def _encoded(wishes: dict[Server, Admin]) -> bytes:
    services: dict[str, dict[str, str]] = {}
    for (service, server), admin in sorted(wishes.items()):
        services.setdefault(service, {})[server] = admin.value
    return (json.dumps(services, indent=2) + "\n").encode()
