"""Make, change and copy a virtual service: the form, its YAML while one types, and what saving it leads to."""

import json
from dataclasses import dataclass, field, replace
from secrets import token_hex

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import KINDS, RefusalError
from ftpair.web import saving
from ftpair.web.acting import gone_to
from ftpair.web.banner import shown
from ftpair.web.dialogs import Sentences
from ftpair.web.differences import Hunk, difference
from ftpair.web.fields import PORTS, ports_meant
from ftpair.web.pages import rendered
from ftpair.web.placing import Verdict
from ftpair.web.saving import TOLD_ON_FORM, sent, who_was_faster
from ftpair.web.service_fields import GROUPS, Mode, basic, server_columns
from ftpair.web.service_form import (
    LABEL,
    Row,
    ServiceForm,
    form_of,
    placed_on,
    posted,
    spelled_out,
    yaml_of,
)
from ftpair.web.wanted import Wanted, wanted

router = APIRouter(dependencies=[may("admin")])


@dataclass(frozen=True, slots=True)
class Race:
    """Somebody else has changed the file since the form was opened."""

    sentence: str
    hunks: tuple[Hunk, ...]
    """What is otherwise in this service; empty: it is as it was."""


@dataclass(frozen=True, slots=True)
class Told:
    """What stands on the form beside what was typed."""

    verdict: Verdict = field(default_factory=Verdict)
    refusal: str = ""
    race: Race | None = None


@router.get("/services/new")
async def new(request: Request, door: TheDoor) -> HTMLResponse:
    """Show the form of a new service."""
    found = await wanted(door)
    return await _page(request, door, found, form_of("", {}, found.etag))


@router.get("/services/{name}/change")
async def change(request: Request, door: TheDoor, name: str) -> HTMLResponse:
    """Show the form of a service."""
    found = await wanted(door)
    return await _page(request, door, found, form_of(name, found.service(name), found.etag, was=name))


@router.get("/services/{name}/copy")
async def copy(request: Request, door: TheDoor, name: str) -> HTMLResponse:
    """Show the form of a new service that is like another."""
    found = await wanted(door)
    return await _page(request, door, found, form_of(f"{name}_copy", found.service(name), found.etag))


@router.post("/services/form")
async def redrawn(request: Request, door: TheDoor) -> HTMLResponse:
    """Show the form as it is typed, in the mode that was chosen meanwhile."""
    return HTMLResponse(_drawn(posted(await sent(request)), await wanted(door), Told()))


@router.get("/services/form/row")
async def row(mode: Mode) -> HTMLResponse:
    """Show one more line for a real server."""
    return HTMLResponse(
        rendered("server_row.html", row=Row(token_hex(4)), columns=server_columns(mode), at=Sentences())
    )


@router.post("/services/preview")
async def preview(request: Request) -> HTMLResponse:
    """Show the YAML of what is being made, and how its ports are understood."""
    form = posted(await sent(request))
    return HTMLResponse(rendered("preview.html", yaml=form.yaml, ports=understood(form.texts.get(PORTS, ""))))


@router.post("/services")
async def save(request: Request, door: TheDoor) -> HTMLResponse:
    """Write what was typed into the file, or say at each field what is wrong with it; nothing is applied."""
    form = posted(await sent(request))
    found = await wanted(door)
    if slips := _slips(form, found):
        return HTMLResponse(_drawn(form, found, Told(Verdict(slips))), 422)
    verb = "change" if form.was else "add"
    comment = form.comment or f"{verb} the virtual service {form.label}"
    try:
        await saving.save(door, form.of_file, form.etag, comment)
    except RefusalError as refusal:
        return await _refused(door, form, refusal)
    return gone_to(f"/services/{form.was or form.label}")


def understood(text: str) -> list[tuple[str, str]]:
    """Return what the line of ports means: pairs of a word and a port; none where it means nothing."""
    meant = ports_meant(text)
    return (
        [(key, str(meant[key])) for key in ("explicit", "implicit", "passive") if meant[key]]
        if isinstance(meant, dict)
        else []
    )


def _slips(form: ServiceForm, found: Wanted) -> dict[str, str]:
    """Return what no patch can express: labels that are missing, or there twice; and with them what else is missing."""
    slips = {}
    if not form.label:
        slips[LABEL] = "is missing: write a name such as FTP_VIP"
    elif not form.was and form.label in found.services:
        slips[LABEL] = "is the label of another virtual service: write another one"
    if slips:
        slips |= _missing(form)
    labels = [row.label for row in form.rows if not row.is_blank]
    for row in form.rows:
        if not row.is_blank and not row.label:
            slips[f"server.{row.id}.{LABEL}"] = "is missing: write a name such as FTP_SVR1"
        elif labels.count(row.label) > 1:
            slips[f"server.{row.id}.{LABEL}"] = "is there twice: write another one"
    return slips


def _missing(form: ServiceForm) -> dict[str, str]:
    """Return what else is needed and not there, so that nobody hears of it only when the label is right."""
    needed = [each for each in basic(form.mode) if each.is_required and len(each.where) == 1]
    fields = [each for each in needed if not form.texts.get(each.key)]
    slips = {each.key: f"is missing: write for example {each.example}" for each in fields}
    return slips if any(not row.is_blank for row in form.rows) else {**slips, "real_servers": "at least one is needed"}


async def _refused(door: Door, form: ServiceForm, refusal: RefusalError) -> HTMLResponse:
    if refusal.kind == "changed":
        return await _raced(door, form)
    if refusal.kind not in TOLD_ON_FORM:
        raise refusal
    told = Told(placed_on(form, refusal.problems), "" if refusal.problems else refusal.sentence)
    return HTMLResponse(_drawn(form, await wanted(door), told), refusal.status)


async def _raced(door: Door, form: ServiceForm) -> HTMLResponse:
    """Say who was faster; what was typed stays, and is saved on top of it if that is wanted."""
    found = await wanted(door)
    now = spelled_out(found.services.get(form.was, {})) if form.was else form.origin
    hunks = difference(yaml_of(form.was, form.origin), yaml_of(form.was, now))
    race = Race(await who_was_faster(door, found.etag), hunks)
    is_gone = bool(form.was) and form.was not in found.services
    on_top = replace(form, etag=found.etag, was="" if is_gone else form.was)
    return HTMLResponse(_drawn(on_top, found, Told(race=race)), KINDS["changed"][0])


async def _page(request: Request, door: Door, found: Wanted, form: ServiceForm) -> HTMLResponse:
    drawn = _drawn(form, found, Told())
    return await shown(door, request, "service_edit.html", form=form, drawn=drawn)


def _drawn(form: ServiceForm, found: Wanted, told: Told) -> str:
    return rendered(
        "service_form.html",
        form=form,
        told=told,
        at=Sentences(told.verdict.at),
        basic=basic(form.mode),
        groups=[(group, group.fields(form.mode)) for group in GROUPS],
        columns=server_columns(form.mode),
        certificates=found.certificates,
        origin=json.dumps(dict(form.origin)),
        ports=understood(form.texts.get(PORTS, "")),
    )
