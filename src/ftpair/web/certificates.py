"""Certificates: the list with who uses each and how long, upload, and removal. A key goes in and never comes out."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import Said
from ftpair.core.certificates import (
    CertificateEntry,
    CertificateIs,
    CertificatesAre,
    DeleteCertificate,
    GetCertificates,
    SaveCertificate,
)
from ftpair.web.acting import gone_to
from ftpair.web.banner import shown
from ftpair.web.dialogs import Sentences
from ftpair.web.lights import light_of_certificate
from ftpair.web.pages import may_change, rendered
from ftpair.web.saving import TOLD_ON_FORM, sent
from ftpair.web.wanted import wanted

router = APIRouter()


@router.get("/certificates", dependencies=[may("viewer")])
async def listed(request: Request, door: TheDoor) -> HTMLResponse:
    """List the certificates of the file."""
    try:
        known, refusal = await _known(door), ""
    except RefusalError as error:
        if error.kind != "invalid":
            raise
        known, refusal = (), error.sentence
    return await shown(
        door,
        request,
        "certificates.html",
        certificates=[(each, light_of_certificate(each)) for each in known],
        refusal=refusal,
        may_change=may_change(request),
    )


async def _known(door: Door) -> tuple[CertificateEntry, ...]:
    return (await door.ask(GetCertificates(), CertificatesAre)).certificates


@router.get("/certificates/upload", dependencies=[may("admin")])
async def upload(door: TheDoor, name: str = "") -> HTMLResponse:
    """Show the form of a new certificate, or of one that takes the place of another."""
    return HTMLResponse(rendered("certificate_dialog.html", name=name, etag=(await wanted(door)).etag))


@router.post("/certificates", dependencies=[may("admin")])
async def keep(request: Request, door: TheDoor) -> HTMLResponse:
    """Examine a certificate and its key and keep them; what is wrong is told at the fields, where all stays typed."""
    texts = await sent(request)
    name = texts.get("name", "").strip()
    order = SaveCertificate(
        name=name,
        chain_pem=await _pem(request, "certificate"),
        key_pem=await _pem(request, "key"),
        may_replace="replaces" in texts,
        if_match=texts.get("etag", ""),
        comment=texts.get("comment", ""),
    )
    try:
        await door.ask(order, CertificateIs)
    except RefusalError as refusal:
        return _refused(refusal)
    return gone_to("/certificates")


async def _pem(request: Request, name: str) -> bytes:
    """Return what was pasted into a field, or the file that was chosen beside it."""
    form = await request.form()
    chosen, pasted = form.get(f"{name}_file"), form.get(name)
    content = await chosen.read() if isinstance(chosen, UploadFile) else b""
    return content or str(pasted or "").encode()


def _refused(refusal: RefusalError) -> HTMLResponse:
    """Tell what is wrong and nothing else: the key that was typed stays in the browser."""
    if refusal.kind not in (*TOLD_ON_FORM, "changed"):
        raise refusal
    at = {each.path: _pasted(each.sentence) for each in refusal.problems if each.path in {"certificate", "key"}}
    if refusal.kind == "wrong-request":
        at = {"name": refusal.sentence}
    alert = "" if at else refusal.sentence
    html = rendered("certificate_verdict.html", at=Sentences(at), alert=alert)
    return HTMLResponse(html, refusal.status)


@router.get("/certificates/{name}/delete", dependencies=[may("admin")])
async def ask_before_delete(door: TheDoor, name: str) -> HTMLResponse:
    """Say what deleting means, or why it cannot be."""
    entry = next((each for each in await _known(door) if each.name == name), None)
    if entry is None:
        raise RefusalError("not-found", f"There is no certificate {name!r}.")
    users = ", ".join(entry.used_by)
    if users:
        raise RefusalError("conflict", f"{name} is used by {users}: let it use another one first.")
    return HTMLResponse(
        rendered(
            "delete_dialog.html",
            what=f"certificate {name}",
            sentence=f"No service uses it. {entry.certificate} and {entry.key} stay on the disk, for a roll back.",
            action=f"/certificates/{name}/delete",
            etag=(await wanted(door)).etag,
        )
    )


@router.post("/certificates/{name}/delete", dependencies=[may("admin")])
async def delete(request: Request, door: TheDoor, name: str) -> HTMLResponse:
    """Take a certificate out of the file."""
    await door.ask(DeleteCertificate(name, (await sent(request)).get("etag", "")), Said)
    return gone_to("/certificates")


def _pasted(sentence: str) -> str:
    """Return a sentence for the dialog, where PEM is pasted or chosen and no path is written."""
    return sentence.replace("write the path of a PEM file with one", "paste one, or choose its file")
