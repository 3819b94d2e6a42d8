"""Names as ftpair takes them, made of what other files call things. Pure."""

import itertools
import re
from collections.abc import Container

_LONGEST = 64


def name_of(text: str) -> str:
    """Return the text as a name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:_LONGEST] or "FTP"


def fresh_name(text: str, taken: Container[str]) -> str:
    """Return the text as a name that nobody has yet: with a number behind it if need be."""
    name = name_of(text)
    numbered = (f"{name[: _LONGEST - 5]}-{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain((name,), numbered) if each not in taken)
