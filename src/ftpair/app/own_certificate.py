"""The web UI's own certificate: made at the first start, kept in the state folder, made anew before it expires."""

import datetime
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256

from ftpair.app.state_file import StateFile
from ftpair.certs.self_signed import make, own_names
from ftpair.config.certificates import NotPemError, examine, read_certificates
from ftpair.core.plan import Certificate

FILE = "web.pem"
"""Key and certificate."""
NAME = "its own"
RENEWED_BEFORE = datetime.timedelta(days=30)
_END_OF_KEY = b"-----END PRIVATE KEY-----\n"


def own_certificate(state: Path, address: str, warn: Callable[[str], None]) -> Certificate:
    """Return the certificate that is kept, or a new one if there is none, or if it soon expires."""
    file = StateFile(state / FILE, warn, "a new certificate is made", "the web UI has another certificate next time")
    kept = file.read(_decoded)
    if kept and is_fresh(kept):
        return kept
    addresses = dict.fromkeys(one for one in ("127.0.0.1", "::1", address) if one not in {"0.0.0.0", "::"})  # noqa: S104
    chain_pem, key_pem = make(own_names(), addresses, datetime.datetime.now(datetime.UTC))
    file.write(key_pem + chain_pem)
    return _certificate(chain_pem, key_pem)


def is_fresh(certificate: Certificate) -> bool:
    """Whether it is good for some time yet."""
    return certificate.not_after > (datetime.datetime.now(datetime.UTC) + RENEWED_BEFORE).timestamp()


def whole_fingerprint(certificate: Certificate) -> str:
    """Return the SHA-256 fingerprint as browsers show it: `AB:CD:...`, 32 bytes."""
    return read_certificates(certificate.chain_pem)[0].fingerprint(SHA256()).hex(":").upper()


def _decoded(content: bytes) -> Certificate:
    key_pem, end, chain_pem = content.partition(_END_OF_KEY)
    return _certificate(chain_pem, key_pem + end)


def _certificate(chain_pem: bytes, key_pem: bytes) -> Certificate:
    """Return both as one. Raises NotPemError (a ValueError) if they are no certificate and its key."""
    examined = examine(chain_pem, key_pem, datetime.datetime.now(datetime.UTC).timestamp())
    if not examined.not_after or any(place == "key" for place, _sentence in examined.problems):
        raise NotPemError("it holds no certificate with its key")
    return Certificate(NAME, chain_pem, key_pem, examined.not_after)
