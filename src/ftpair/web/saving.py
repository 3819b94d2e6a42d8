"""How pages write the configuration file, and who was faster if somebody was."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from ftpair.api.asking import Door
from ftpair.core.actions import (
    Applied,
    ConfigurationIs,
    GetConfiguration,
    GetRevisions,
    PatchConfiguration,
    RevisionsAre,
)
from ftpair.core.units import moment

TOLD_ON_FORM = ("invalid", "setup", "busy", "wrong-request", "not-found", "conflict")
"""What is told on the form, where nothing that was typed is lost."""


async def save(door: Door, patch: Mapping[str, Any], etag: str, comment: str) -> None:
    """Patch the file, if it is still the one of the tag; nothing is applied. Raises RefusalError."""
    await door.ask(PatchConfiguration(json.dumps(patch), etag, comment=comment), Applied)


async def who_was_faster(door: Door, etag: str) -> str:
    """Say who made the file what it is now."""
    revisions = (await door.ask(GetRevisions(limit=1), RevisionsAre)).revisions
    latest = revisions[0] if revisions else None
    if latest is None or (await door.ask(GetConfiguration(str(latest.number)), ConfigurationIs)).etag != etag:
        return "The file was changed by hand."
    comment = f": {latest.comment}" if latest.comment else ""
    return f"{latest.author} saved revision {latest.number} at {moment(latest.made)}{comment}."


async def sent(request: Request) -> dict[str, str]:
    """Return what a form has sent, but for files."""
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
