"""TLS contexts of both legs, the same for probes and sessions; building one is also how OpenSSL is asked beforehand."""

import os
import ssl
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ftpair.config.authorities import system_authorities
from ftpair.core.plan import Certificate, ClientCertificates, ClientTls, Curve, ServerTls, TlsVersion

_MINIMUM: dict[TlsVersion, ssl.TLSVersion] = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_OPENSSL_NAMES: dict[Curve, str] = {
    "X25519": "X25519",
    "X448": "X448",
    "P-256": "prime256v1",
    "P-384": "secp384r1",
    "P-521": "secp521r1",
}
INTERMEDIATE = frozenset(
    f"ECDHE-{key}-{cipher}"
    for key in ("ECDSA", "RSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
)
"""TLS 1.2 in Mozilla's intermediate profile (5.7); its DHE needs parameters, which nobody gives us."""


def server_context(tls: ClientTls, certificate: Certificate | None = None) -> ssl.SSLContext:
    """Build a context of the client legs, by default with the default certificate.

    Raises ssl.SSLError when OpenSSL refuses certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context, tls)
    if not tls.ciphers:
        narrow(context, INTERMEDIATE)
    load_chain(context, certificate or tls.certificate)
    if tls.client_certificate is not None:
        _ask_for_certificates(context, tls.client_certificate)
    return context


def client_context(tls: ServerTls, authorities: Callable[[], bytes] = system_authorities) -> ssl.SSLContext:
    """Build a context of the legs towards a real server, by default with the machine's CAs.

    Raises ssl.SSLError when OpenSSL refuses a file of it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context, tls)
    context.set_alpn_protocols(["ftp"])
    if tls.certificate is not None:
        load_chain(context, tls.certificate)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    trusted = tls.ca_pem or authorities()
    if trusted:
        load_authorities(context, trusted)
    load_revocations(context, tls.crl_pem)
    return context


def load_chain(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Give a context its certificate and key. Raises ssl.SSLError."""
    _from_memory(certificate.chain_pem + b"\n" + certificate.key_pem, context.load_cert_chain)


def load_authorities(context: ssl.SSLContext, ca_pem: bytes) -> None:
    """Let a context trust these CAs. Raises ssl.SSLError."""
    context.load_verify_locations(cadata=ca_pem.decode("ascii", "ignore"))


def load_revocations(context: ssl.SSLContext, crl_pem: bytes) -> None:
    """Let a context refuse chains of which one is on these lists, or one's CA has none; an empty text asks no list.

    Raises ssl.SSLError.
    """
    if crl_pem:
        _from_memory(crl_pem, context.load_verify_locations)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def narrow(context: ssl.SSLContext, ciphers: Collection[str]) -> None:
    """Leave a context those of its ciphers of TLS 1.2 that are among these; all, if none is: a policy stands above."""
    kept = [each["name"] for each in context.get_ciphers() if each["name"] in ciphers]
    if kept:
        context.set_ciphers(":".join(kept))


def may_name_curves() -> bool:
    """Return whether Python can give a context more than one curve."""
    return hasattr(ssl.SSLContext, "set_groups")


def may_choose(curve: Curve, context: ssl.SSLContext | None = None) -> bool:
    """Return whether Python can give a context this curve alone; Debian 12's 3.11.2 knows neither X25519 nor X448."""
    try:
        set_curves(context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), (curve,))
    except ssl.SSLError:
        return False
    return True


def weak_ciphers(ciphers: str) -> list[str]:
    """Return those of a list that leave encryption or authentication out. Raises ssl.SSLError if it names none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    described = {each["name"]: each["description"] for each in context.get_ciphers()}
    return [name for name, words in described.items() if "Enc=None" in words or "Au=None" in words]


def words_of(error: ssl.SSLError) -> str:
    """Return OpenSSL's own words for what it refuses: `ee key too small`."""
    return (error.reason or str(error)).replace("_", " ").lower()


def _ask_for_certificates(context: ssl.SSLContext, wanted: ClientCertificates) -> None:
    context.verify_mode = ssl.CERT_REQUIRED if wanted.demand == "require" else ssl.CERT_OPTIONAL
    load_authorities(context, wanted.ca_pem)
    load_revocations(context, wanted.crl_pem)


def _from_memory(pem: bytes, load: Callable[[Path], object]) -> None:
    """Let OpenSSL load what it reads from files only: a memory file keeps it off the disk and from other users."""
    descriptor = os.memfd_create("ftpair-tls", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        load(Path(f"/proc/self/fd/{descriptor}"))


def _harden(context: ssl.SSLContext, tls: ClientTls | ServerTls) -> None:
    context.minimum_version = _MINIMUM[tls.minimum_version]
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # A bare FIN must not look like a close_notify.
    if tls.ciphers:
        context.set_ciphers(tls.ciphers)
    if tls.curves:
        set_curves(context, tls.curves)


def set_curves(context: ssl.SSLContext, curves: Sequence[Curve]) -> None:
    """Let a context exchange keys by these curves alone; before Python 3.15 there can be but one."""
    names = [_OPENSSL_NAMES[curve] for curve in curves]
    set_groups: Callable[[str], None] | None = getattr(context, "set_groups", None)
    if set_groups is not None:
        set_groups(":".join(names))
    else:
        context.set_ecdh_curve(*names)
