"""A look-alike of the FTP service of Windows (IIS), built on pyftpdlib; it lists as MS-DOS or as UNIX."""

import json
import sys
from pathlib import Path
from typing import Literal

from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.real_server import Site, TlsVersion

_SCRIPT = Path(__file__).with_name("iis_like_server.py")


class IisLike:
    """The look-alike with one user."""

    name = "IIS look-alike"
    demands_resumption = False
    resumes: frozenset[TlsVersion] = frozenset({"1.2", "1.3"})

    def __init__(self, listing: Literal["dos", "unix"] = "dos") -> None:
        self._listing = listing

    def credentials(self, site: Site) -> tuple[str, str]:
        """Return the user."""
        return site.user, site.password

    def daemon(self, site: Site) -> Daemon:
        """Write the settings and return the process."""
        settings = {
            "address": site.address,
            "port": CONTROL_PORT,
            "passive": [site.passive[0], site.passive[1] + 1],
            "advertised": site.advertised,
            "tls": site.tls,
            "version": site.version,
            "certificate": str(site.identity.both),
            "user": site.user,
            "password": site.password,
            "home": str(site.home),
            "log": str(site.log),
            "listing": self._listing,
            "habits": dict(line.split("=", 1) for line in site.settings),
        }
        path = site.folder / "settings.json"
        path.write_text(json.dumps(settings))
        return Daemon([sys.executable, "-P", _SCRIPT, path], site.folder / "output")
