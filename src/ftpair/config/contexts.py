"""TLS contexts of both legs, the same for probes and sessions; building one is also how OpenSSL is asked beforehand."""

import os
import ssl
from pathlib import Path

from ftpair.core.plan import ClientTls, ServerTls, TlsVersion

_MINIMUM: dict[TlsVersion, ssl.TLSVersion] = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def server_context(tls: ClientTls) -> ssl.SSLContext:
    """Build a context of the client legs. Raises ssl.SSLError when OpenSSL refuses certificate or key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context, tls.minimum_version)
    load_chain(context, tls.certificate.chain_pem, tls.certificate.key_pem)
    return context


def client_context(tls: ServerTls) -> ssl.SSLContext:
    """Build a context of the legs towards a real server. Raises ssl.SSLError when OpenSSL refuses its CA file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context, tls.minimum_version)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca_pem:
        load_authorities(context, tls.ca_pem)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def load_chain(context: ssl.SSLContext, chain_pem: bytes, key_pem: bytes) -> None:
    """Give a context its certificate and key. Raises ssl.SSLError."""
    # OpenSSL reads chains from files only; a memory file keeps the key off the disk and out of reach of other users.
    descriptor = os.memfd_create("ftpair-certificate", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(chain_pem + b"\n" + key_pem)
        file.flush()
        context.load_cert_chain(Path(f"/proc/self/fd/{descriptor}"))


def load_authorities(context: ssl.SSLContext, ca_pem: bytes) -> None:
    """Let a context trust these CAs. Raises ssl.SSLError."""
    context.load_verify_locations(cadata=ca_pem.decode("ascii", "ignore"))


def words_of(error: ssl.SSLError) -> str:
    """Return OpenSSL's own words for what it refuses: `ee key too small`."""
    return (error.reason or str(error)).replace("_", " ").lower()


def _harden(context: ssl.SSLContext, minimum: TlsVersion) -> None:
    context.minimum_version = _MINIMUM[minimum]
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # A bare FIN must not look like a close_notify.
