"""The machine's own CA certificates, read once: processes that may open no file later have them by then."""

import re
import ssl
from functools import lru_cache
from pathlib import Path

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_HASHED = "[0-9a-f]" * 8 + ".[0-9]*"
"""How OpenSSL names what it looks for in a folder (openssl-rehash(1))."""


@lru_cache(maxsize=1)
def system_authorities() -> bytes:
    """Return what OpenSSL trusts by default on this machine, PEM, as it was when this process first asked."""
    paths = ssl.get_default_verify_paths()
    return authorities_in(Path(paths.cafile) if paths.cafile else None, Path(paths.capath) if paths.capath else None)


def authorities_in(file: Path | None, folder: Path | None) -> bytes:
    """Return the certificates of a bundle and of a folder of hashed names, each once; unreadable ones are left out."""
    files = [file] if file else []
    files += sorted(folder.glob(_HASHED)) if folder else []
    found = dict.fromkeys(block for each in files for block in _PEM.findall(_text(each)))
    return "\n".join(found).encode("ascii")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="ignore")
    except OSError:  # A link to nowhere, as a package that was removed leaves it.
        return ""
