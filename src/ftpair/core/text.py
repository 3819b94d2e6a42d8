"""Text that came from outside, made fit to be read: users and files may be named anything (ESC, bidi, `[red]`)."""


def safe(text: str) -> str:
    r"""Return the text with all that does not print (controls, bidi, surrogates) as `\x1b`, `\u202e` and so on."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
