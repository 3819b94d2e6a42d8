"""Routes of certificates: listed, examined, kept, taken out. A private key goes in here and never comes out."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query
from msgspec.structs import replace

from ftpair.api import certificate_examples, examples
from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.bodies import Done
from ftpair.api.certificate_bodies import CertificateDone, CertificateWish
from ftpair.api.problems import ASKING, Kind, RefusalError, documented
from ftpair.core.actions import Said
from ftpair.core.certificates import (
    CertificateEntry,
    CertificateIs,
    CertificatesAre,
    DeleteCertificate,
    GetCertificates,
    SaveCertificate,
)
from ftpair.core.revisions import LONGEST_COMMENT

router = APIRouter(prefix="/api/v1/certificates", tags=["certificates"], responses=documented(*ASKING))

Wish = Annotated[CertificateWish, Body(openapi_examples=certificate_examples.WISHES)]
DryRun = Annotated[bool, Query(description="Only say what is wrong with it.")]
IfMatch = Annotated[str, Header(description="The entity tag of the configuration's text.", max_length=200)]
Words = Annotated[str, Query(max_length=LONGEST_COMMENT)]
NameInPath = Annotated[str, Path(description="The name by which services use it.")]
REFUSALS: tuple[Kind, ...] = ("invalid", "setup", "busy", "conflict", "changed", "wrong-request")


@router.get(
    "",
    dependencies=[may("viewer")],
    summary="The certificates",
    responses=examples.ok([certificate_examples.CERTIFICATE]) | documented("invalid"),
)
async def certificates(door: TheDoor) -> tuple[CertificateEntry, ...]:
    """Return the certificates of the configuration file, who uses them, and what is wrong with them."""
    return (await door.ask(GetCertificates(), CertificatesAre)).certificates


@router.get(
    "/{name}",
    dependencies=[may("viewer")],
    summary="One certificate",
    responses=examples.ok(certificate_examples.CERTIFICATE) | documented("not-found", "invalid"),
)
async def one_certificate(door: TheDoor, name: NameInPath) -> CertificateEntry:
    """Return one certificate of the configuration file."""
    known = (await door.ask(GetCertificates(), CertificatesAre)).certificates
    found = next((each for each in known if each.name == name), None)
    if found is None:
        there = ", ".join(each.name for each in known) or "none"
        raise RefusalError("not-found", f"There is no certificate {name}; there is {there}.")
    return found


@router.post(
    "/{name}",
    dependencies=[may("admin")],
    summary="Add a certificate",
    responses=examples.ok(certificate_examples.SAVED) | documented(*REFUSALS),
)
async def add_certificate(
    door: TheDoor, name: NameInPath, wish: Wish, dry_run: DryRun = False, if_match: IfMatch = ""
) -> CertificateDone:
    """Keep a certificate and its key beside the configuration file and enter them there, if they can be used.

    It serves nobody before a service names it and an apply brings that in.
    """
    return await _saved(door, _order(name, wish, if_match, dry_run=dry_run))


@router.put(
    "/{name}",
    dependencies=[may("admin")],
    summary="Add or replace a certificate",
    responses=examples.ok(certificate_examples.SAVED) | documented(*REFUSALS),
)
async def replace_certificate(
    door: TheDoor, name: NameInPath, wish: Wish, dry_run: DryRun = False, if_match: IfMatch = ""
) -> CertificateDone:
    """Put another certificate in the place of one; where it runs already, the next handshake uses the new one."""
    return await _saved(door, replace(_order(name, wish, if_match, dry_run=dry_run), may_replace=True))


@router.delete(
    "/{name}",
    dependencies=[may("admin")],
    summary="Remove a certificate",
    responses=examples.ok(certificate_examples.DELETED) | documented("not-found", *REFUSALS),
)
async def delete_certificate(
    door: TheDoor, name: NameInPath, author: Words = "api", comment: Words = "", if_match: IfMatch = ""
) -> Done:
    """Take a certificate that no service uses out of the file; its files stay, so that a roll back finds them."""
    return Done((await door.ask(DeleteCertificate(name, if_match, author, comment), Said)).sentence)


def _order(name: str, wish: CertificateWish, if_match: str, *, dry_run: bool) -> SaveCertificate:
    return SaveCertificate(
        name=name,
        chain_pem=wish.certificate.encode(),
        key_pem=wish.key.encode(),
        hosts=wish.hosts,
        dry_run=dry_run,
        if_match=if_match,
        author=wish.author,
        comment=wish.comment,
    )


async def _saved(door: Door, order: SaveCertificate) -> CertificateDone:
    done = await door.ask(order, CertificateIs)
    return CertificateDone(done.sentence, order.dry_run, done.revision, done.certificate)
