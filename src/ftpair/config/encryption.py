"""TLS as the configuration has it: the block towards clients, and the kinds of values of both legs."""

import ssl
import sys
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ftpair.config.blocks import Block
from ftpair.config.contexts import may_choose, may_name_curves, weak_ciphers
from ftpair.config.values import FilePath, Version
from ftpair.core.plan import AuthSsl, Ccc, ClearText, CloseNotify, Curve, DataProtection, Demand, NameRule


def _ciphers(text: str) -> str:
    named = [name for name in text.replace(",", ":").replace(" ", ":").split(":") if name]
    if any(name.startswith("TLS_") for name in named):
        raise ValueError("names a suite of TLS 1.3, which Python cannot choose: write ciphers of TLS 1.2 only")
    try:
        weak = weak_ciphers(text)
    except ssl.SSLError:
        raise ValueError("names no cipher that OpenSSL knows: try it with openssl ciphers -v 'LIST'") from None
    if weak:
        raise ValueError(f"allows {weak[0]}, which does not encrypt or does not authenticate: add :!aNULL:!eNULL")
    return text


def _curves(value: Any) -> Any:
    if isinstance(value, list) and len(value) > 1 and not may_name_curves():
        raise ValueError(
            "names more than one curve, which Python can from 3.15 on: write one, such as [P-256], or leave it out"
        )
    return value


def choosable(curves: list[Curve], may: Callable[[Curve], bool] = may_choose) -> list[Curve]:
    """Return curves that this Python can choose. Raises ValueError for others."""
    odd = next((curve for curve in curves if not may(curve)), None)
    if odd is not None:
        raise ValueError(
            f"names {odd}, which Python {sys.version.split()[0]} cannot choose: write P-256, P-384 or P-521, or leave "
            "it out for X25519, P-256 and P-384 together"
        )
    return curves


Ciphers = Annotated[str, AfterValidator(_ciphers), Field(min_length=1)]
Curves = Annotated[list[Curve], BeforeValidator(_curves), AfterValidator(choosable)]


class ClientCertificate(Block):
    """Certificates that clients prove themselves by."""

    ca: FilePath = Field(description="CA certificates that may have signed them, PEM.", examples=["tls/clients-ca.pem"])
    crl: FilePath | None = Field(
        default=None,
        description="Revocation lists of these CAs, PEM; who is on one is refused.",
        examples=["tls/clients.crl"],
    )
    demand: Demand = Field(
        default="optional",
        description="`require`: no TLS without one; `optional`: it is asked for.",
        examples=["require"],
    )
    user: NameRule = Field(
        default="none",
        description="The name in it that who brings one logs in by, and by no other; `none`: by any.",
        examples=["common-name"],
    )


class Tls(Block):
    """TLS towards clients. Without this block a service speaks clear text only."""

    certificate: str = Field(description="A name from `certificates`.", examples=["files"])
    certificates: list[str] = Field(
        default=[],
        description="Further names from `certificates`, for clients that ask for a name of theirs (SNI).",
        examples=[["other"]],
    )
    clear_text: ClearText = Field(
        default="refuse",
        description="A login without TLS on the explicit port: `refuse` answers 530, `drop` closes.",
        examples=["refuse"],
    )
    data_protection: DataProtection = Field(
        default="require",
        description="`require`: transfers only after PROT P; `allow`: PROT C too; `refuse`: PROT C only.",
        examples=["require"],
    )
    minimum_version: Version = Field(
        default="1.2", description="The oldest TLS version that is spoken.", examples=["1.2"]
    )
    close_notify: CloseNotify = Field(
        default="require",
        description="`require`: an upload that ends without close_notify is never complete; `ignore`: for old clients.",
        examples=["require"],
    )
    ciphers: Ciphers | None = Field(
        default=None,
        description="Ciphers of TLS 1.2, as OpenSSL writes them; Mozilla's intermediate ones, if not there.",
        examples=["ECDHE+AESGCM"],
    )
    curves: Curves = Field(
        default=[],
        description="Curve of the key exchange: `X25519`, `X448`, `P-256`, `P-384`, `P-521`; several from Python 3.15. "
        "X25519, P-256 and P-384, if not there.",
        examples=[["P-256"]],
    )
    auth_ssl: AuthSsl = Field(
        default="allow",
        description="AUTH SSL and AUTH TLS-P, which protect data connections at once; `refuse` answers 504.",
        examples=["refuse"],
    )
    ccc: Ccc = Field(
        default="refuse",
        description="CCC, by which a client takes TLS off its control connection after the login.",
        examples=["allow"],
    )
    client_certificate: ClientCertificate | None = Field(
        default=None,
        description="Certificates of clients; they are asked for none, if not there.",
        examples=[{"ca": "tls/clients-ca.pem"}],
    )
