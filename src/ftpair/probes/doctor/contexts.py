"""TLS as the doctor speaks it: one version exactly, an old one, or with a close look at the certificate."""

import ssl
import warnings
from functools import lru_cache

import msgspec

from ftpair.config.contexts import client_context
from ftpair.core.plan import ServerTls, TlsVersion

_VERSIONS: dict[TlsVersion, ssl.TLSVersion] = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def of_version(version: TlsVersion) -> ssl.SSLContext:
    """Return a context that speaks this version alone and takes any certificate; sessions never leave a context."""
    context = client_context(ServerTls(verify=False))
    context.minimum_version = context.maximum_version = _VERSIONS[version]
    return context


@lru_cache(maxsize=16)
def verifying(tls: ServerTls) -> ssl.SSLContext:
    """Return a context that takes only chains of trusted CAs, for any name. Raises ssl.SSLError."""
    context = client_context(msgspec.structs.replace(tls, verify=True))
    context.check_hostname = False
    return context


def older_than(version: TlsVersion) -> ssl.SSLContext:
    """Return a context that speaks only versions before this one, down to TLS 1.0, and takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # What TLS 1.0 signs by is beneath any higher level.
    with warnings.catch_warnings():  # That these versions are old is why they are asked for.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1 if version == "1.2" else ssl.TLSVersion.TLSv1_2
    return context
