"""Text that came from outside, made fit for a terminal: users and files may be named anything (ESC, bidi, `[red]`)."""

import unicodedata


def safe(text: str) -> str:
    r"""Return the text with all that does not print (controls, bidi, surrogates) as `\x1b`, `\u202e` and so on."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(map(_columns_of, text))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def _columns_of(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
