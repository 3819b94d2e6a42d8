"""What the administrator wants of each real server, kept in a file, so that a drained server stays drained."""

import json
import os
from collections.abc import Callable, Collection
from pathlib import Path

from ftpair.core.status import Admin

Server = tuple[str, str]
"""Names of service and server."""


class AdminFile:
    """The wishes of the administrator: `admin.json` in the state folder, written whole or not at all.

    Wishes are followed even if they cannot be kept: that is one warning, given to `warn` as a sentence.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path, self._warn = path, warn
        self._has_warned = False
        self._wishes = self._read()
        self._try_to_write()

    def of(self, server: Server) -> Admin:
        """Return what is wanted of a server."""
        return self._wishes.get(server, Admin.ONLINE)

    def set(self, server: Server, admin: Admin) -> None:
        """Remember what is wanted of a server."""
        self._store({**self._wishes, server: admin})

    def forget_all_but(self, servers: Collection[Server]) -> None:
        """Forget servers that are gone from the configuration."""
        self._store({server: admin for server, admin in self._wishes.items() if server in servers})

    def _store(self, wishes: dict[Server, Admin]) -> None:
        kept: dict[Server, Admin] = {server: admin for server, admin in wishes.items() if admin is not Admin.ONLINE}
        if kept != self._wishes:
            self._wishes = kept
            self._write()

    def _read(self) -> dict[Server, Admin]:
        try:
            services = json.loads(self._path.read_bytes())
            return {
                (service, server): Admin(admin) for service, pool in services.items() for server, admin in pool.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            self._warn(f"{self._path} cannot be read ({error}): all servers begin online")
            return {}

    def _write(self) -> None:
        services: dict[str, dict[str, str]] = {}
        for (service, server), admin in sorted(self._wishes.items()):
            services.setdefault(service, {})[server] = admin.value
        try:
            draft = self._draft()
            with draft.open("w", encoding="utf-8") as file:
                file.write(json.dumps(services, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            self._warn_once(error)

    def _try_to_write(self) -> None:
        """Warn at once if wishes cannot be kept: later the administrator counts on it."""
        try:
            draft = self._draft()
            draft.touch()
            draft.unlink()
        except OSError as error:
            self._warn_once(error)

    def _draft(self) -> Path:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._path.with_suffix(".new")

    def _warn_once(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn(f"{self._path} cannot be written ({error.strerror}): drain and halt end with this run")
