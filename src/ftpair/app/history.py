"""The configuration file and its past: what a start finds, what is saved without being applied, and the way back."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import structlog

from ftpair.app.change import apply, demand_match, foresee, prepare, refuse_unconfirmed
from ftpair.app.node import Node
from ftpair.app.revisions import FILE, Revisions
from ftpair.config.load import draft, read_config
from ftpair.config.machine import this_machine
from ftpair.config.patch import patched
from ftpair.config.problems import InvalidConfigError
from ftpair.config.save import replace_file
from ftpair.core.actions import (
    Applied,
    Apply,
    ConfigurationIs,
    Confirm,
    GetConfiguration,
    PatchConfiguration,
    Refused,
    RollBack,
    Said,
    SaveConfiguration,
)
from ftpair.core.errors import FtpairError, SetupError, WrongRequestError
from ftpair.core.revisions import etag_of

log = structlog.get_logger("ftpair")

FOUND = "found in the file"


def begin(path: Path, warn: Callable[[str], None]) -> int:
    """Take back what nobody confirmed before the last end; return the number of the revision that the file is.

    Raises InvalidConfigError if the file cannot be read, SetupError if it cannot be written.
    """
    content = read_config(path)
    made = draft(content, this_machine())
    if made.findings:  # Such a text was never applied, and the check that follows says what is wrong with it.
        return 1
    state = Path(made.config.paths.state)
    revisions = Revisions(state / FILE, warn)
    try:
        content = _taken_back(revisions, path, content, warn)
        return revisions.number_for(content, 0)
    finally:
        revisions.close()


def _taken_back(revisions: Revisions, path: Path, content: bytes, warn: Callable[[str], None]) -> bytes:
    waiting = revisions.unconfirmed()
    if waiting is None:
        return content
    try:
        tried, former = revisions.content(waiting.revision), revisions.content(waiting.former)
        if content != tried:
            warn(f"revision {waiting.revision} was never confirmed, but the file has been changed since: it holds")
            return content
        write_config(path, former)
        number = revisions.number_for(former, waiting.revision)
        revisions.keep(number, former, "ftpair", f"revision {waiting.revision} was never confirmed")
        warn(f"revision {waiting.revision} was never confirmed: the file is as in revision {waiting.former} again")
        return former
    finally:
        revisions.await_confirmation(None)


async def get_configuration(node: Node, action: GetConfiguration) -> ConfigurationIs:
    """Return a text: `file`, `running`, or the number of a revision. Raises NotFoundError and WrongRequestError."""
    which = action.which
    if which == "file":
        name, content = str(node.path), await asyncio.to_thread(read_config, node.path)
    elif which == "running":
        name, content = f"revision {node.plan.revision}, running", node.checked.content
    elif which.isascii() and which.isdigit() and len(which) < 10:
        name, content = f"revision {int(which)}", node.revisions.content(int(which))
    else:
        raise WrongRequestError(f"{which!r} is no revision: write its number, or file, or running")
    return ConfigurationIs(name, content.decode("utf-8", "replace"), etag_of(content))


async def confirm(node: Node, _action: Confirm) -> Said | Refused:
    """Let the apply stay that waits to be confirmed."""
    waiting = node.confirmation.waiting
    if waiting is None:
        return Refused("not-found", "nothing waits to be confirmed")
    node.confirmation.end()
    sentence = f"revision {waiting.revision} is confirmed and stays"
    log.info(sentence)
    return Said(sentence)


async def save(node: Node, order: SaveConfiguration | PatchConfiguration) -> Applied | Refused:
    """Write the file if it could be worked by; return what an apply would do."""
    try:
        found = await asyncio.to_thread(read_config, node.path)
        if refusal := demand_match(order.if_match, found):
            return refusal
        content = await asyncio.to_thread(_wanted, order, found)
        change = await prepare(node, content)
        keep_found(node, found)
        number = node.revisions.number_for(content, node.revision)
        await asyncio.to_thread(write_config, node.path, content)
    except InvalidConfigError as error:
        return Refused("invalid", error.sentence, error.problems)
    except FtpairError as error:
        return Refused("setup", error.sentence)
    node.revisions.keep(number, content, order.author, order.comment)
    return Applied(number, change.steps, change.checked.warnings)


def _wanted(order: SaveConfiguration | PatchConfiguration, found: bytes) -> bytes:
    """Return the text that is to be written."""
    if isinstance(order, SaveConfiguration):
        return order.content.encode()
    return patched(found, json.loads(order.patch), this_machine())


async def roll_back(node: Node, order: RollBack) -> Applied | Refused:
    """Make the file what a revision was and work by it; if that cannot be, it stays as it is. Raises NotFoundError."""
    wanted = node.revisions.content(order.number)
    if order.dry_run:
        return await _foreseen(node, wanted)
    if order.confirm_s and (refusal := refuse_unconfirmed(node)):
        return refusal
    try:
        found = await asyncio.to_thread(read_config, node.path)
        if refusal := demand_match(order.if_match, found):
            return refusal
        keep_found(node, found)
        await asyncio.to_thread(write_config, node.path, wanted)
    except FtpairError as error:
        return Refused("setup", error.sentence)
    comment = f"back to revision {order.number}" + (f": {order.comment}" if order.comment else "")
    way_back = Apply(author=order.author, comment=comment, confirm_s=order.confirm_s)
    answer = await apply(node, way_back, is_way_back=True)
    if isinstance(answer, Refused):
        await asyncio.to_thread(write_config, node.path, found)
    elif not order.confirm_s:
        node.confirmation.end()
    return answer


async def _foreseen(node: Node, content: bytes) -> Applied | Refused:
    try:
        return await foresee(node, content, is_way_back=True)
    except InvalidConfigError as error:
        return Refused("invalid", error.sentence, error.problems)
    except SetupError as error:
        return Refused("setup", error.sentence)


def keep_found(node: Node, found: bytes) -> None:
    """Keep a text that somebody wrote into the file and nobody has applied yet, before it is replaced."""
    latest = node.revisions.latest()
    if found != node.checked.content and (latest is None or node.revisions.content(latest.number) != found):
        node.revisions.keep(node.revisions.number_for(found, node.revision), found, "file", FOUND)


def write_config(path: Path, content: bytes) -> None:
    """Make the configuration file say this. Raises SetupError."""
    try:
        replace_file(path, content)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        remedy = "the user that ftpair runs as must be allowed to write it and its folder"
        raise SetupError(f"{path} cannot be written ({why}): {remedy}; nothing was changed") from None
