"""How wide text is on a terminal."""

import unicodedata


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(map(_columns_of, text))


def _columns_of(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
