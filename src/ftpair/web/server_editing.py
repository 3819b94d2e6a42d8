"""Real servers of a service: added, changed and deleted in dialogs."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.merge_patch import merged, nested
from ftpair.core.routing import DEFAULT_POOL
from ftpair.core.units import counted
from ftpair.web.acting import gone_to
from ftpair.web.dialogs import Dialog
from ftpair.web.fields import Field
from ftpair.web.filled import changes, difference, joined, texts_of
from ftpair.web.pages import rendered
from ftpair.web.saving import save, sent
from ftpair.web.service_fields import server_columns, server_fields
from ftpair.web.service_form import mode_of, origin_of
from ftpair.web.wanted import Values, pools_of, servers_of, wanted

router = APIRouter(dependencies=[may("admin")])

LABEL = Field(
    ("label",),
    "text",
    "Its name in lists, logs and metrics: letters, digits, dots, dashes, underscores.",
    "",
    "FTP_SVR1",
    is_required=True,
)
POOL = Field(
    ("pool",), "text", "Where routes lead to. A name that there is not makes a new pool.", DEFAULT_POOL, "partners"
)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a real server stands: its pool and its label; without a label, nowhere yet."""

    pool: str = DEFAULT_POOL
    label: str = ""


@router.get("/services/{service}/servers/new")
async def new(door: TheDoor, service: str) -> HTMLResponse:
    """Show the form of a new server."""
    found = await wanted(door)
    return _dialog(service, found.service(service), Seat(), {}, {"etag": found.etag}).html()


@router.get("/services/{service}/servers/{server}/change")
async def change(door: TheDoor, service: str, server: str) -> HTMLResponse:
    """Show the form of a server."""
    found = await wanted(door)
    block = found.service(service)
    seat = _seat(service, block, server)
    its = _of_pool(block, seat.pool)[server]
    texts = texts_of(its, server_fields(mode_of(block))) | {"label": server, "pool": seat.pool}
    return _dialog(service, block, seat, texts, {"etag": found.etag, "origin": json.dumps(its)}).html()


@router.post("/services/{service}/servers")
async def keep(request: Request, door: TheDoor, service: str) -> HTMLResponse:
    """Write a server into the file, or say at each field what is wrong with it."""
    texts = await sent(request)
    block = (await wanted(door)).service(service)
    former = Seat(texts.get("was_pool", DEFAULT_POOL), texts.get("was", ""))
    seat = Seat(texts.get("pool", "").strip() or DEFAULT_POOL, texts.get("label", "").strip())
    hidden = {key: texts.get(key, "") for key in ("etag", "origin")}
    dialog = _dialog(service, block, former, texts, hidden, seat)
    if slip := _slip(block, former, seat):
        return dialog.refused_at("label", slip)
    verb = "change" if former.label else "add"
    patch = {"virtual_services": {service: _patch(block, former, seat, texts)}}
    try:
        await save(door, patch, texts.get("etag", ""), f"{verb} the real server {seat.label} of {service}")
    except RefusalError as refusal:
        return await dialog.refused(door, refusal)
    return gone_to(f"/services/{service}")


@router.get("/services/{service}/servers/{server}/delete")
async def ask_before_delete(door: TheDoor, service: str, server: str) -> HTMLResponse:
    """Say what will become of a server and its sessions, and ask whether that is meant."""
    found = await wanted(door)
    _seat(service, found.service(service), server)
    running = [each for each in (await door.status()).services if each.name == service]
    sessions = next((each.sessions for one in running for each in one.servers if each.name == server), 0)
    sentence = f"It gets no new sessions from the next apply on; {counted(sessions, 'session')} of it now"
    sentence += " stays until it ends by itself." if sessions == 1 else " stay until they end by themselves."
    return HTMLResponse(
        rendered(
            "delete_dialog.html",
            what=f"real server {server}",
            sentence=sentence if sessions else "It has no sessions now. From the next apply on it gets none.",
            action=f"/services/{service}/servers/{server}/delete",
            etag=found.etag,
        )
    )


@router.post("/services/{service}/servers/{server}/delete")
async def delete(request: Request, door: TheDoor, service: str, server: str) -> HTMLResponse:
    """Take a server out of the file."""
    block = (await wanted(door)).service(service)
    patch = {"virtual_services": {service: _gone(block, _seat(service, block, server))}}
    await save(door, patch, (await sent(request)).get("etag", ""), f"delete the real server {server} of {service}")
    return gone_to(f"/services/{service}")


def _dialog(  # noqa: PLR0913, PLR0917 - a form is what it is for, where it began, and what is typed.
    service: str, block: Values, former: Seat, texts: dict[str, str], hidden: dict[str, str], seat: Seat | None = None
) -> Dialog:
    mode = mode_of(block)
    columns = server_columns(mode)
    at = seat or former
    return Dialog(
        title=f"Change {former.label}" if former.label else f"Add a real server to {service}",
        action=f"/services/{service}/servers",
        place=".".join(("virtual_services", service, *_place(at.pool), at.label)),
        fields=(LABEL, *columns, *((POOL,) if mode == "ftp" else ())),
        texts=texts,
        further=[each for each in server_fields(mode) if each not in columns],
        hidden={**hidden, "was": former.label, "was_pool": former.pool},
        choices={"pool": (DEFAULT_POOL, *pools_of(block))},
    )


def _patch(block: Values, former: Seat, seat: Seat, texts: dict[str, str]) -> dict[str, Any]:
    """Return the patch of the service."""
    fields = server_fields(mode_of(block))
    origin = origin_of(texts.get("origin", ""))
    patch = changes(origin, fields, texts)
    if seat == former:
        return nested(_place(seat.pool), {seat.label: difference(origin, merged(origin, patch))})
    added = nested(_place(seat.pool), {seat.label: merged(origin, patch)})
    return joined(_gone(block, former), added) if former.label else added


def _gone(block: Values, seat: Seat) -> dict[str, Any]:
    """Return the patch that takes a server away; a further pool goes with the last of its servers."""
    if seat.pool != DEFAULT_POOL and len(_of_pool(block, seat.pool)) == 1:
        return {"pools": {seat.pool: None}}
    return nested(_place(seat.pool), {seat.label: None})


def _place(pool: str) -> tuple[str, ...]:
    return ("real_servers",) if pool == DEFAULT_POOL else ("pools", pool, "real_servers")


def _of_pool(block: Values, pool: str) -> dict[str, Values]:
    return servers_of(block if pool == DEFAULT_POOL else pools_of(block).get(pool, {}))


def _seat(service: str, block: Values, server: str) -> Seat:
    """Return where a server stands. Raises RefusalError."""
    for pool in (DEFAULT_POOL, *pools_of(block)):
        if server in _of_pool(block, pool):
            return Seat(pool, server)
    raise RefusalError("not-found", f"The file has no real server {server!r} in {service}.")


def _slip(block: Values, former: Seat, seat: Seat) -> str:
    """Return what is wrong with a label, and no patch can express; empty: nothing."""
    if not seat.label:
        return "is missing: write a name such as FTP_SVR1"
    taken = [label for pool in (DEFAULT_POOL, *pools_of(block)) for label in _of_pool(block, pool)]
    if seat.label != former.label and seat.label in taken:
        return "is the label of another real server: write another one"
    return ""
