"""Certificates as people see and exchange them, and what doors ask about them. No key ever comes out of here."""

from dataclasses import dataclass
from typing import Literal

from ftpair.core.actions import Action, Look, Result

Place = Literal["certificate", "key"]


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a chain says of itself; points in time in seconds since the epoch."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    """The host names and IP addresses that it is valid for."""
    not_before: float
    not_after: float
    days_left: int
    """Whole days; negative when it has expired."""
    fingerprint: str
    """SHA-256, in pairs of hexadecimal digits."""
    key: str
    """The kind of its key: `RSA`, `EC`, `Ed25519`."""
    bits: int
    chain: int
    """How many certificates there are, its own included."""


@dataclass(frozen=True, slots=True)
class CertificateRemark:
    """What is wrong with a certificate or its key, or soon will be, and what to do."""

    place: Place
    sentence: str


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """One certificate of the configuration file, or one that is to become one."""

    name: str
    certificate: str
    """The path of its chain, as the file has it; empty: it is not in the file."""
    key: str
    """The path of its key."""
    facts: CertificateFacts | None
    """None: it cannot be read."""
    used_by: tuple[str, ...] = ()
    """The virtual services that use it, by the file; `web` is the web UI."""
    is_running: bool = False
    """Whether what runs has this very chain."""
    problems: tuple[CertificateRemark, ...] = ()
    """Why it cannot be used."""
    warnings: tuple[CertificateRemark, ...] = ()


class GetCertificates(Look, frozen=True, tag=True):
    """Answered by `CertificatesAre`."""


class SaveCertificate(Action, frozen=True, tag=True):
    """Examine a certificate and its key, and keep them; answered by `CertificateIs`."""

    name: str
    chain_pem: bytes
    key_pem: bytes
    hosts: tuple[str, ...] = ()
    """What clients dial, and it must therefore be valid for."""
    may_replace: bool = False
    dry_run: bool = False
    """Only say what is wrong with it."""
    if_match: str = ""
    author: str = ""
    comment: str = ""

    def __repr__(self) -> str:
        return f"SaveCertificate({self.name!r})"  # A key is in no log.


class DeleteCertificate(Action, frozen=True, tag=True):
    """Take a certificate out of the file; answered by `Said`."""

    name: str
    if_match: str = ""
    author: str = ""
    comment: str = ""


class CertificatesAre(Result, frozen=True, tag=True):
    """The certificates of the file, in its order."""

    certificates: tuple[CertificateEntry, ...]


class CertificateIs(Result, frozen=True, tag=True):
    """What was kept, or with `dry_run` would be, or could not be."""

    certificate: CertificateEntry
    sentence: str
    revision: int = 0
    """The number of the new text of the file; 0: the file is as it was."""
