"""Guides and rules by what the file says, whether it was applied or not: servers are made ready before."""

import asyncio

from ftpair.app.node import Node
from ftpair.config.check import check
from ftpair.config.load import read_config
from ftpair.config.problems import InvalidConfigError
from ftpair.config.slots import Slots
from ftpair.core.errors import SetupError, WrongRequestError
from ftpair.core.guides import FirewallIs, FirewallRules, GetFirewall, GetGuide, GuideIs, GuidePart, GuideText, Source
from ftpair.core.plan import Plan
from ftpair.guides.firewall import FORMATS, rules
from ftpair.guides.guide import KINDS, TITLES, Kind, part, parts_of
from ftpair.guides.wanted import wanted_of


async def get_guide(node: Node, action: GetGuide) -> GuideIs:
    """Return what is to be done on a server. Raises NotFoundError and WrongRequestError."""
    plan, source = await _wanted(node)
    wanted = wanted_of(plan, action.service, action.server)
    kind = _kind(node, action)
    parts = tuple(GuidePart(name, part(kind, wanted, name)) for name in parts_of(kind, wanted))
    return GuideIs(GuideText(action.service, action.server, kind, TITLES[kind], source, parts))


async def get_firewall(node: Node, action: GetFirewall) -> FirewallIs:
    """Return what a firewall must let in. Raises NotFoundError and WrongRequestError."""
    plan, source = await _wanted(node)
    format_ = next((each for each in FORMATS if each == action.format), None)
    if format_ is None:
        raise WrongRequestError(f"{action.format!r} is no format: write one of {', '.join(FORMATS)}")
    return FirewallIs(FirewallRules(action.service, format_, source, rules(plan.named(action.service), format_)))


async def _wanted(node: Node) -> tuple[Plan, Source]:
    """Return the plan of the file; the running one, if the file cannot be worked by."""
    try:
        content = await asyncio.to_thread(read_config, node.path)
        if content == node.checked.content:
            return node.plan, "file"
        return (await asyncio.to_thread(check, node.path, 0, Slots(), content=content)).plan, "file"
    except (InvalidConfigError, SetupError):
        return node.plan, "running"


def _kind(node: Node, action: GetGuide) -> Kind:
    wanted = action.kind or node.jobs.make_of(action.service, action.server)
    kind = next((each for each in KINDS if each == wanted), None)
    if kind:
        return kind
    said = f"{wanted!r} is no kind of server" if wanted else "the make of the server is not known (the doctor tells it)"
    raise WrongRequestError(f"{said}: write one of {', '.join(KINDS)}")
