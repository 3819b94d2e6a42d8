"""Password files in cheap hashes: what is tested is FTP, not the hash."""

import functools
import subprocess

from tests.interop.lab import parts


@functools.cache
def cheap_hash(password: str) -> str:
    """Return the md5-crypt hash of a password, which `crypt(3)` checks in under a millisecond."""
    command = [parts.program("openssl"), "passwd", "-1", "-salt", "interop", "-stdin"]
    return subprocess.run(command, input=password, text=True, capture_output=True, check=True).stdout.strip()
