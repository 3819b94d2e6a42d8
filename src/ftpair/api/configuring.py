"""Routes of the configuration: its text, its revisions, and what brings one of them in."""

import difflib
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Response

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import (
    ApplyDone,
    ApplyWish,
    ConfigurationProblem,
    ConfigurationText,
    ConfigurationWish,
    Difference,
    Done,
    RollBackWish,
    Waiting,
)
from ftpair.api.problems import ASKING, RefusalError, documented
from ftpair.core.actions import (
    Applied,
    Apply,
    ConfigurationIs,
    Confirm,
    GetConfiguration,
    GetRevisions,
    GetWaiting,
    PatchConfiguration,
    Problem,
    RevisionsAre,
    RollBack,
    Said,
    SaveConfiguration,
    WaitingIs,
)
from ftpair.core.revisions import LONGEST_COMMENT, Revision

router = APIRouter(prefix="/api/v1", tags=["configuration"], responses=documented(*ASKING))

IfMatch = Annotated[str, Header(description="The entity tag of the text that is meant, or `*`.", max_length=200)]
Number = Annotated[int, Path(ge=1, lt=2**31, description="The number of a revision.")]
WHICH = "The number of a revision, `running`, or `file`."
_WITHOUT = "PUT needs If-Match with the entity tag that GET gave, so that nobody's change is overwritten unseen."


@router.post(
    "/apply",
    dependencies=[may("admin")],
    summary="Bring the configuration file in",
    responses=examples.ok(examples.APPLIED) | documented("invalid", "setup", "busy", "changed", "wrong-request"),
)
async def apply(door: TheDoor, wish: ApplyWish | None = None, if_match: IfMatch = "") -> ApplyDone:
    """Read the configuration file again and work by it; running sessions keep the plan they began with.

    A refused change changes nothing.
    """
    wish = wish or ApplyWish()
    order = Apply(wish.dry_run, wish.author, wish.comment, wish.confirm_s, if_match)
    return apply_done(await door.ask(order, Applied), is_dry_run=wish.dry_run)


@router.post(
    "/confirm",
    dependencies=[may("admin")],
    summary="Confirm an apply",
    responses=examples.ok(examples.CONFIRMED) | documented("not-found"),
)
async def confirm(door: TheDoor) -> Done:
    """Let the apply stay that waits to be confirmed."""
    return Done((await door.ask(Confirm(), Said)).sentence)


@router.get(
    "/configuration",
    dependencies=[may("viewer")],
    summary="The configuration file",
    responses=examples.ok(examples.CONFIGURATION),
)
async def configuration(door: TheDoor, response: Response) -> ConfigurationText:
    """Return what the file says, whether it was applied or not; the header `ETag` names this text."""
    found = await door.ask(GetConfiguration(), ConfigurationIs)
    response.headers["ETag"] = found.etag
    return _text(found)


@router.put(
    "/configuration",
    dependencies=[may("admin")],
    summary="Write the configuration file",
    responses=examples.ok(examples.APPLIED)
    | documented("invalid", "setup", "busy", "changed", "unconditional", "wrong-request"),
)
async def save_configuration(door: TheDoor, wish: ConfigurationWish, if_match: IfMatch = "") -> ApplyDone:
    """Write the file if it could be worked by; it runs from the next apply on, whose steps are answered."""
    if not if_match:
        raise RefusalError("unconditional", _WITHOUT)
    order = SaveConfiguration(wish.content, if_match, wish.author, wish.comment)
    return apply_done(await door.ask(order, Applied), is_dry_run=True)


@router.patch(
    "/configuration",
    dependencies=[may("admin")],
    summary="Change the configuration file in some places",
    responses=examples.ok(examples.APPLIED) | documented("invalid", "setup", "busy", "changed", "wrong-request"),
)
async def patch_configuration(
    door: TheDoor,
    patch: Annotated[
        dict[str, Any], Body(media_type="application/merge-patch+json", openapi_examples=examples.PATCHES)
    ],
    author: Annotated[str, Query(max_length=LONGEST_COMMENT)] = "api",
    comment: Annotated[str, Query(max_length=LONGEST_COMMENT)] = "",
    if_match: IfMatch = "",
) -> ApplyDone:
    """Merge a patch (RFC 7396) into the file: objects are merged, null removes, anything else replaces.

    Comments and everything else stay. It runs from the next apply on, whose steps are answered.
    """
    order = PatchConfiguration(json.dumps(patch), if_match, author, comment)
    return apply_done(await door.ask(order, Applied), is_dry_run=True)


@router.get(
    "/waiting",
    summary="What waits to be applied",
    responses=examples.ok(examples.WAITING),
    dependencies=[may("viewer")],
)
async def waiting(door: TheDoor) -> Waiting:
    """Return what an apply of the file would do, or what is wrong with it; cheap enough to be asked every second."""
    found = await door.ask(GetWaiting(), WaitingIs)
    return Waiting(found.is_changed, found.steps, _problems(found.problems), found.refusal, _problems(found.warnings))


@router.get(
    "/difference",
    dependencies=[may("viewer")],
    summary="Two configurations compared",
    responses=examples.ok(examples.DIFFERENCE) | documented("not-found", "wrong-request"),
)
async def difference(
    door: TheDoor,
    former: Annotated[str, Query(description=WHICH, max_length=20)] = "running",
    later: Annotated[str, Query(description=WHICH, max_length=20)] = "file",
) -> Difference:
    """Return what is otherwise in the later one; by default what an apply would bring in."""
    one, other = [await door.ask(GetConfiguration(which), ConfigurationIs) for which in (former, later)]
    lines = difflib.unified_diff(
        one.content.splitlines(), other.content.splitlines(), one.name, other.name, lineterm=""
    )
    return Difference(one.name, other.name, "\n".join(lines))


@router.get(
    "/revisions",
    dependencies=[may("viewer")],
    summary="The revisions, newest first",
    responses=examples.ok([examples.REVISION]) | documented("wrong-request"),
)
async def revisions(
    door: TheDoor,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    before: Annotated[int, Query(ge=0, lt=2**31, description="Only those of a lower number; 0: all.")] = 0,
) -> list[Revision]:
    """Return who changed the configuration when, and when it was worked by last (`applied`; 0: never)."""
    return list((await door.ask(GetRevisions(limit, before), RevisionsAre)).revisions)


@router.get(
    "/revisions/{number}",
    dependencies=[may("viewer")],
    summary="The text of a revision",
    responses=examples.ok(examples.CONFIGURATION) | documented("not-found", "wrong-request"),
)
async def revision(door: TheDoor, number: Number) -> ConfigurationText:
    """Return the configuration as it was."""
    return _text(await door.ask(GetConfiguration(str(number)), ConfigurationIs))


@router.post(
    "/revisions/{number}/rollback",
    dependencies=[may("admin")],
    summary="Go back to a revision",
    responses=examples.ok(examples.APPLIED)
    | documented("not-found", "invalid", "setup", "busy", "changed", "wrong-request"),
)
async def roll_back(
    door: TheDoor, number: Number, wish: RollBackWish | None = None, if_match: IfMatch = ""
) -> ApplyDone:
    """Make the file what it was then, and work by it, as a new revision; a text that it replaces is kept as one too."""
    wish = wish or RollBackWish()
    order = RollBack(number, wish.author, wish.comment, wish.confirm_s, if_match, wish.dry_run)
    return apply_done(await door.ask(order, Applied), is_dry_run=wish.dry_run)


def apply_done(applied: Applied, *, is_dry_run: bool) -> ApplyDone:
    """Return an apply, done or tried, as its body."""
    return ApplyDone(applied.revision, is_dry_run, applied.steps, _problems(applied.warnings), applied.confirm_until)


def _problems(found: Sequence[Problem]) -> tuple[ConfigurationProblem, ...]:
    return tuple(ConfigurationProblem(at.path, at.line, at.sentence) for at in found)


def _text(found: ConfigurationIs) -> ConfigurationText:
    return ConfigurationText(found.name, found.content, found.etag)
