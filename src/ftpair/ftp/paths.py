"""The path in a reply to PWD or MKD (RFC 959, appendix II)."""

import re

_QUOTED = re.compile(rb'"((?:[^"]|"")+)"')


def parse_path_reply(raw: bytes) -> bytes | None:
    """Return the path that a 257 names; None where there is none, or none that fits into one line of a command."""
    found = _QUOTED.search(raw)
    if found is None or re.search(rb"[\r\n\0]", found[1]):
        return None
    return found[1].replace(b'""', b'"')
