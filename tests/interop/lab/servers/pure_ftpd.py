"""Pure-FTPd, with TLS on both connections; as Debian builds it, it resumes sessions of TLS 1.2 and demands nothing."""

import subprocess
from pathlib import Path

from tests.interop.lab import parts
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.credentials import cheap_hash
from tests.interop.lab.servers.real_server import UID, Site, TlsVersion, limit_tls_version


class PureFtpd:
    """Pure-FTPd with one virtual user."""

    name = "Pure-FTPd"
    demands_resumption = False
    resumes: frozenset[TlsVersion] = frozenset({"1.2"})

    def credentials(self, site: Site) -> tuple[str, str]:
        """Return the virtual user."""
        return site.user, site.password

    def daemon(self, site: Site) -> Daemon:
        """Compile the user database and return the process; Pure-FTPd has no configuration file."""
        listening = ["-S", f"{site.address},{CONTROL_PORT}", "-p", "{}:{}".format(*site.passive), "-4", "-H"]
        listening += ["-P", site.advertised] if site.advertised else []
        users = ["-l", f"puredb:{user_database(site)}", "-E", "-A", "-c", "500", "-C", "500"]
        logs = ["-d", "-f", "none", "-O", f"w3c:{site.folder}/transfers", "-g", f"{site.folder}/pid"]
        # -Y 3 refuses clear control and data connections.
        tls = ["-Y", "3", "-2", str(site.identity.both)] if site.tls != "clear" else ["-Y", "0"]
        command = [parts.server("pure-ftpd"), *listening, *users, *logs, *tls, *site.settings]
        return Daemon(command, site.folder / "output", limit_tls_version(site))


def user_database(site: Site) -> Path:
    """Compile a user database for a site; return its path."""
    text, compiled = site.folder / "passwd", site.folder / "users.pdb"
    text.write_text(f"{site.user}:{cheap_hash(site.password)}:{UID}:{UID}::{site.home}/./::::::::::::\n")
    subprocess.run([parts.server_tool("pure-pw"), "mkdb", compiled, "-f", text], check=True, capture_output=True)
    return compiled
