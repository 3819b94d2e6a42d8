"""Where the real parts stand; a part that is missing is an error of set-up, never a skip."""

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
TOOLS = REPOSITORY / ".tools"
UNPACKED = TOOLS / "root"
NODE = TOOLS / "node"
NODE_BROWSER = TOOLS / "node-browser"
CLIENT_SCRIPTS = REPOSITORY / "tests" / "interop" / "clients"


class MissingPartError(Exception):
    """A real part is not on this machine."""


def server(name: str) -> Path:
    """Return the path of an unpacked FTP server."""
    return present(UNPACKED / "usr" / "sbin" / name, name)


def server_tool(name: str) -> Path:
    """Return the path of a tool that came with an unpacked FTP server."""
    return present(UNPACKED / "usr" / "bin" / name, name)


def program(name: str) -> str:
    """Return the path of an installed program."""
    found = shutil.which(name)
    if found is None:
        raise _missing(name)
    return found


def node_modules() -> Path:
    """Return the folder in which Node finds the clients from npm."""
    return present(NODE / "node_modules" / "basic-ftp", "basic-ftp").parent


def axe() -> Path:
    """Return the script that examines a page for accessibility."""
    return present(NODE_BROWSER / "node_modules" / "axe-core" / "axe.min.js", "axe-core")


def present(path: Path, name: str) -> Path:
    """Return the path of a part if it is there."""
    if not path.exists():
        raise _missing(name)
    return path


def _missing(name: str) -> MissingPartError:
    return MissingPartError(f"{name} is not here: run tools/fetch (make test does) and try again")
