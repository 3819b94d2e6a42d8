"""Bodies of the routes of certificates."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from ftpair.api.bodies import Words
from ftpair.core.certificates import CertificateEntry


@dataclass(frozen=True, slots=True)
class CertificateWish:
    """A certificate and its key, PEM; neither is shown again but for what the certificate says of itself."""

    certificate: Annotated[str, Field(min_length=1, max_length=500_000)]
    """The server's own certificate first, then each issuer's."""
    key: Annotated[str, Field(max_length=100_000, repr=False)] = field(default="", repr=False)
    """Without a passphrase; empty: it stands in `certificate`."""
    hosts: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=100)] = ()
    """What clients dial, if it shall be seen that the certificate is valid for it."""
    author: Words = "api"
    comment: Words = ""


@dataclass(frozen=True, slots=True)
class CertificateDone:
    """What was kept, or with `dry_run` would be; `certificate` has what is wrong with it."""

    sentence: str
    dry_run: bool
    revision: int
    """The number of the new text of the file; 0: the file is as it was."""
    certificate: CertificateEntry
