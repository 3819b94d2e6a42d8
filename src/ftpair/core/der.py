"""Just enough of DER (X.690) to find the user principal names of a certificate, which `ssl` does not tell."""

from collections.abc import Iterator

_ALTERNATIVE_NAME = b"\x55\x1d\x11"
"""2.5.29.17 (RFC 5280, 4.2.1.6)."""
_PRINCIPAL_NAME = b"\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"
"""1.3.6.1.4.1.311.20.2.3, as Active Directory writes it."""
_UTF8 = 0x0C
_OTHER_NAME = 0xA0
_EXTENSIONS = 0xA3


def user_principal_names(certificate: bytes) -> tuple[str, ...]:
    """Return them in their order; broken ones, and those that are no UTF-8, are none."""
    return tuple(name for names in _alternative_names(certificate) for name in _principals(names))


def _alternative_names(certificate: bytes) -> Iterator[bytes]:
    signed = _first(_first(certificate))
    extensions = next((content for tag, content in _values(signed) if tag == _EXTENSIONS), b"")
    for _tag, extension in _values(_first(extensions)):
        parts = [content for _tag, content in _values(extension)]  # Its kind, perhaps `critical`, what it says.
        if parts[:1] == [_ALTERNATIVE_NAME]:
            yield _first(parts[-1])


def _principals(names: bytes) -> Iterator[str]:
    for tag, content in _values(names):
        if tag == _OTHER_NAME and _first(content) == _PRINCIPAL_NAME:
            *_kind, value = [content for _tag, content in _values(content)]
            for kind, text in _values(value):
                if kind == _UTF8 and (name := _utf8(text)):
                    yield name


def _utf8(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return ""


def _first(data: bytes) -> bytes:
    return next((content for _tag, content in _values(data)), b"")


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each value; from one on that is longer than the rest, nothing."""
    at = 0
    while at + 2 <= len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + length > len(data):
            return
        yield tag, data[at : at + length]
        at += length
