"""Which pool a session goes to, and whether it goes back to the server that a former one had."""

from typing import Literal

import msgspec

DEFAULT_POOL = "default"
"""The pool of the service's own `real_servers`."""

Affinity = Literal["none", "source", "user"]


class Route(msgspec.Struct, frozen=True):
    """One rule: if all that it asks for holds, the session goes to its pool. What is empty is not asked for."""

    pool: str
    user: str = ""
    """A name, or a pattern with `*` and `?`; so are `host`, `sni` and what is asked of the certificate."""
    user_regex: str = ""
    """A regular expression for the whole name (`ftpair.balance.pattern`)."""
    networks: tuple[str, ...] = ()
    host: str = ""
    """What HOST named, in small letters."""
    sni: str = ""
    """The name that the client asked for in its TLS handshake, in small letters."""
    certificate: str = ""
    """The common name in the client's certificate."""
    certificate_subject: str = ""
    """Its whole subject, as `CertificateNames` has it."""
    certificate_san: str = ""
    """One of its other names, likewise."""
    percent: float = 100.0
    """How many of the users that fit; always the same ones."""

    def __str__(self) -> str:
        """Return what it asks for, as people read it: `user k*, from 10.0.0.0/8, 5 %`."""
        words = {
            "user": self.user,
            "user_regex": self.user_regex,
            "from": " or ".join(self.networks),
            "host": self.host,
            "sni": self.sni,
            "certificate": self.certificate,
            "certificate_subject": self.certificate_subject,
            "certificate_san": self.certificate_san,
        }
        asked = [f"{word} {value}" for word, value in words.items() if value]
        asked += [f"{self.percent:g} %"] if self.percent < 100 else []
        return ", ".join(asked) or "everybody"
