"""Routes: the rules of each service in their order, the pools that they lead to, and where a session would go."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.api.routing import Traits
from ftpair.core.actions import FindRoute, RouteIs
from ftpair.core.merge_patch import merged
from ftpair.core.routing import DEFAULT_POOL
from ftpair.core.status import RouteStatus
from ftpair.web.acting import gone_to
from ftpair.web.banner import shown
from ftpair.web.dialogs import Dialog
from ftpair.web.fields import Field, fields
from ftpair.web.filled import changes, texts_of
from ftpair.web.pages import may_change, rendered
from ftpair.web.saving import save, sent
from ftpair.web.service_fields import place
from ftpair.web.service_form import mode_of, origin_of
from ftpair.web.wanted import Values, Wanted, pools_of, servers_of, wanted

router = APIRouter()
changing = APIRouter(prefix="/routes/{service}", dependencies=[may("admin")])

RULE: tuple[Field, ...] = fields((*place("ftp"), "routes", "0"), "*")
FIRST = ("pool", "user", "from", "host", "sni", "percent")


@dataclass(frozen=True, slots=True)
class Routed:
    """A service with its rules: of each the conditions in words, and its pool."""

    name: str
    rules: tuple[tuple[list[tuple[str, str]], str], ...]
    pools: dict[str, tuple[str, ...]]
    """The names of the servers of each pool."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a session would go, or why nobody can say."""

    route: RouteStatus | None = None
    refusal: str = ""


@router.get("/routes", dependencies=[may("viewer")])
async def listed(
    request: Request,
    door: TheDoor,
    traits: Annotated[Traits, Depends()],
    service: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Show the rules of all services, and where the session that was asked for would go."""
    found = await wanted(door)
    return await shown(
        door,
        request,
        "routes.html",
        etag=found.etag,
        services=[_routed(name, block) for name, block in found.services.items() if mode_of(block) == "ftp"],
        running=[each.name for each in (await door.status()).services if each.mode == "ftp"],
        asked=traits.values,
        service=service,
        answer=await _answer(door, service, traits.values) if service else None,
        may_change=may_change(request),
    )


def _routed(name: str, block: Values) -> Routed:
    rules = [(_conditions(rule), str(rule.get("pool", ""))) for rule in _rules(block)]
    pools = {DEFAULT_POOL: tuple(servers_of(block))}
    pools |= {pool: tuple(servers_of(each)) for pool, each in pools_of(block).items()}
    return Routed(name, tuple(rules), pools)


def _conditions(rule: Values) -> list[tuple[str, str]]:
    texts = texts_of(rule, RULE)
    return [(each.label, texts[each.key]) for each in RULE if each.key != "pool" and texts[each.key]]


async def _answer(door: Door, service: str, traits: dict[str, str]) -> Answer:
    try:
        return Answer((await door.ask(FindRoute(service, **traits), RouteIs)).route)
    except RefusalError as refusal:
        if refusal.kind not in {"wrong-request", "not-found"}:
            raise
        return Answer(refusal=refusal.sentence)


@changing.get("/new")
async def new(door: TheDoor, service: str) -> HTMLResponse:
    """Show the form of a new rule; it comes last."""
    found = await wanted(door)
    return _dialog(service, found.service(service), {}, {"etag": found.etag, "origin": ""}).html()


@changing.get("/{number}/change")
async def change(door: TheDoor, service: str, number: int) -> HTMLResponse:
    """Show the form of a rule; `number` from 1."""
    found = await wanted(door)
    rule = _numbered(found, service, number)
    hidden = {"etag": found.etag, "origin": json.dumps(rule)}
    return _dialog(service, found.service(service), texts_of(rule, RULE), hidden).html()


@changing.post("")
async def keep(request: Request, door: TheDoor, service: str) -> HTMLResponse:
    """Write a rule into the file, or say at each field what is wrong with it."""
    texts = await sent(request)
    block = (await wanted(door)).service(service)
    dialog = _dialog(service, block, texts, {key: texts.get(key, "") for key in ("etag", "origin")})
    rules, origin = _rules(block), origin_of(texts.get("origin", ""))
    if origin and origin not in rules:
        return replace(dialog, alert="Somebody else has changed this rule, or deleted it: look at the page anew.").html(
            412
        )
    at = rules.index(origin) if origin else len(rules)
    rules[at : at + 1] = [merged(origin, changes(origin, RULE, texts))]
    try:
        await save(door, _patch(service, rules), texts.get("etag", ""), f"rule {at + 1} of {service}")
    except RefusalError as refusal:
        return await replace(dialog, place=f"virtual_services.{service}.routes.{at}").refused(door, refusal)
    return gone_to("/routes")


@changing.get("/{number}/delete")
async def ask_before_delete(door: TheDoor, service: str, number: int) -> HTMLResponse:
    """Say what deleting a rule means."""
    found = await wanted(door)
    _numbered(found, service, number)
    return HTMLResponse(
        rendered(
            "delete_dialog.html",
            what=f"rule {number} of {service}",
            sentence="From the next apply on, new sessions go by the rules after it. Running ones stay where they are.",
            action=f"/routes/{service}/{number}/delete",
            etag=found.etag,
        )
    )


@changing.post("/{number}/delete")
async def delete(request: Request, door: TheDoor, service: str, number: int) -> HTMLResponse:
    """Take a rule out of the file."""
    return await _reordered(request, door, (service, number), lambda rules: rules.pop(number - 1))


@changing.post("/{number}/{way}")
async def move(request: Request, door: TheDoor, service: str, number: int, way: Literal["up", "down"]) -> HTMLResponse:
    """Let a rule change places with the one before or after it."""

    def moved(rules: list[Values]) -> None:
        other = max(0, number - 2) if way == "up" else number
        rules.insert(other, rules.pop(number - 1))

    return await _reordered(request, door, (service, number), moved)


async def _reordered(
    request: Request, door: Door, rule: tuple[str, int], change_of: Callable[[list[Values]], Any]
) -> HTMLResponse:
    service, number = rule
    found = await wanted(door)
    _numbered(found, service, number)
    rules = _rules(found.service(service))
    change_of(rules)
    etag = (await sent(request)).get("etag", "") or found.etag
    await save(door, _patch(service, rules), etag, f"the order of the rules of {service}")
    return gone_to("/routes")


def _dialog(service: str, block: Values, texts: dict[str, str], hidden: dict[str, str]) -> Dialog:
    first = sorted((each for each in RULE if each.key in FIRST), key=lambda each: FIRST.index(each.key))
    return Dialog(
        title=f"Change a rule of {service}" if hidden["origin"] else f"Add a rule to {service}",
        action=f"/routes/{service}",
        place="",
        fields=first,
        texts=texts,
        further=[each for each in RULE if each.key not in FIRST],
        hidden=hidden,
        choices={"pool": (*pools_of(block), DEFAULT_POOL)},
    )


def _numbered(found: Wanted, service: str, number: int) -> Values:
    rules = _rules(found.service(service))
    if not 1 <= number <= len(rules):
        raise RefusalError("not-found", f"{service} has no rule {number}: load the page anew.")
    return rules[number - 1]


def _rules(block: Values) -> list[Values]:
    rules = block.get("routes")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _patch(service: str, rules: list[Values]) -> dict[str, Any]:
    return {"virtual_services": {service: {"routes": rules or None}}}
