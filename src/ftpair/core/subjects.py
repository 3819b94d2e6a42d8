"""Subjects of certificates as text (RFC 4514): `CN=alice,OU=Ops,O=Example,C=DE`, the most specific part first."""

import re
from collections.abc import Sequence

Relative = Sequence[tuple[str, str]]
"""The attributes of one part of a subject, as `ssl` gives them: nearly always one."""

_SHORT = {
    "commonName": "CN",
    "surname": "SN",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "givenName": "GN",
    "domainComponent": "DC",
    "userId": "UID",
    "jurisdictionLocalityName": "jurisdictionL",
    "jurisdictionStateOrProvinceName": "jurisdictionST",
    "jurisdictionCountryName": "jurisdictionC",
}
"""What OpenSSL calls them in short; it has no other name for the rest."""
_PARTING = frozenset('"+,;<>\\')
_CONTROL = {number: f"\\{number:02X}" for number in (*range(0x20), 0x7F)}
_ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in _PARTING}) | _CONTROL
_IN_HEX = str.maketrans({sign: f"\\{ord(sign):02X}" for sign in _PARTING}) | _CONTROL

_ESCAPED = re.compile(r'(?:\\[0-9A-Fa-f]{2})+|\\.|["<>;]', re.DOTALL)
_KEYWORD = re.compile(r"(?:^|(?<=[,+]))[A-Za-z][A-Za-z0-9-]*(?==)")


def text_of(subject: Sequence[Relative]) -> str:
    """Return a subject, given as `ssl` gives it, as OpenSSL writes it with `-nameopt RFC2253,-esc_msb,utf8`."""
    return ",".join(
        "+".join(f"{_SHORT.get(key, key)}={_escaped(value)}" for key, value in reversed(relative))
        for relative in reversed(subject)
    )


def _escaped(value: str) -> str:
    text = value.translate(_ESCAPES)
    if text[:1] in ("#", " "):
        text = f"\\{text}"
    return f"{text[:-1]}\\ " if text.endswith(" ") and len(value) > 1 else text


def canonical(text: str) -> str:
    """Return the one text for all that say the same; patterns of subjects may be given, too.

    A comma or a plus sign within a value is always in hexadecimal digits, so that no pattern takes it for the end of a
    part: `*,OU=Ops` does not fit who is called `x,OU=Ops`.
    """
    return _KEYWORD.sub(lambda found: found[0].upper(), _ESCAPED.sub(_in_hex, text))


def _in_hex(found: re.Match[str]) -> str:
    token = found[0]
    if len(token) < 3:
        return token[-1].translate(_IN_HEX)
    try:
        return bytes.fromhex(token.replace("\\", "")).decode().translate(_IN_HEX)
    except UnicodeDecodeError:
        return token.upper()
