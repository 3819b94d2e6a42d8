"""Dialogs and buttons that bring a configuration in: apply, confirm, roll back. Each tells its steps before it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import Applied, Apply, ConfigurationIs, Confirm, GetConfiguration, RollBack, Said
from ftpair.core.revisions import LONGEST_COMMENT
from ftpair.web.acting import toast
from ftpair.web.pages import rendered
from ftpair.web.revisions import Number

router = APIRouter(prefix="/revisions", dependencies=[may("admin")])

USUAL_TRIAL_S = 120
SHORTEST_TRIAL_S, LONGEST_TRIAL_S = 10, 86_400


class Wish(BaseModel):
    """What the dialog sends, as it was typed."""

    comment: str = ""
    is_trial: bool = False
    trial_s: str = ""
    etag: str = ""
    """Of the file whose steps the dialog has told; empty: whatever the file says."""

    @property
    def confirm_s(self) -> float:
        """Return how long it is on trial; 0: it stays."""
        return float(self.trial_s) if self.is_trial else 0.0

    def problems(self) -> dict[str, str]:
        """Return what is wrong with it, by field."""
        found = {}
        if len(self.comment) > LONGEST_COMMENT:
            found["comment"] = f"Say it in {LONGEST_COMMENT} characters; these are {len(self.comment)}."
        if self.is_trial and not _is_trial(self.trial_s):
            found["trial_s"] = (
                f"Write a number of seconds from {SHORTEST_TRIAL_S} to {LONGEST_TRIAL_S}, which is a day."
            )
        return found


UNTOUCHED = Wish(trial_s=str(USUAL_TRIAL_S))
"""What a dialog begins with."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """What an apply, or the way back to a revision, would do; `number` 0: an apply of the file."""

    number: int
    foreseen: Applied | None
    refusal: RefusalError | None = None
    """Why it cannot be done, or was not."""
    wish: Wish = field(default_factory=Wish)
    problems: Mapping[str, str] = field(default_factory=dict)
    is_tried: bool = False

    def answer(self, status: int = 200) -> HTMLResponse:
        """Return it as what the browser shows."""
        path = f"/revisions/{self.number}/rollback" if self.number else "/revisions/apply"
        title = self.refusal.title if self.refusal else ""
        return HTMLResponse(rendered("apply_dialog.html", dialog=self, path=path, refused=title), status)


@router.get("/apply")
async def ask_before_apply(door: TheDoor) -> HTMLResponse:
    """Tell the steps of an apply, and ask whether they are meant."""
    return (await _foreseen(door, 0, UNTOUCHED)).answer()


@router.post("/apply")
async def apply(door: TheDoor, wish: Annotated[Wish, Form()]) -> HTMLResponse:
    """Apply the file whose steps were told."""
    return await _done(door, 0, wish)


@router.post("/confirm")
async def confirm(door: TheDoor) -> HTMLResponse:
    """Let the apply stay that is on trial."""
    return toast((await door.ask(Confirm(), Said)).sentence)


@router.get("/{number}/rollback")
async def ask_before_roll_back(door: TheDoor, number: Number) -> HTMLResponse:
    """Tell the steps of the way back, and ask whether they are meant."""
    return (await _foreseen(door, number, UNTOUCHED)).answer()


@router.post("/{number}/rollback")
async def roll_back(door: TheDoor, number: Number, wish: Annotated[Wish, Form()]) -> HTMLResponse:
    """Go back to a revision."""
    return await _done(door, number, wish)


async def _done(door: Door, number: int, wish: Wish) -> HTMLResponse:
    if problems := wish.problems():
        return (await _foreseen(door, number, wish, problems)).answer(422)
    try:
        applied = await door.ask(_order(number, wish), Applied)
    except RefusalError as refusal:
        now = await _foreseen(door, number, wish.model_copy(update={"etag": ""}))
        return replace(now, refusal=refusal, is_tried=True).answer(refusal.status)
    return toast(_sentence(number, applied))


async def _foreseen(door: Door, number: int, wish: Wish, problems: Mapping[str, str] | None = None) -> Dialog:
    """Return the dialog; where it cannot be done, it says why."""
    file = await door.ask(GetConfiguration(), ConfigurationIs)
    wish = wish.model_copy(update={"etag": wish.etag or file.etag})
    try:
        foreseen = await door.ask(_order(number, Wish(etag=wish.etag), dry_run=True), Applied)
    except RefusalError as refusal:
        return Dialog(number, None, refusal, wish)
    return Dialog(number, foreseen, None, wish, problems or {})


def _order(number: int, wish: Wish, *, dry_run: bool = False) -> Apply | RollBack:
    if number:
        return RollBack(number, "", wish.comment, wish.confirm_s, wish.etag, dry_run)
    return Apply(dry_run, "", wish.comment, wish.confirm_s, wish.etag)


def _sentence(number: int, applied: Applied) -> str:
    back = f", as revision {number} was" if number and number != applied.revision else ""
    trial = " on trial: confirm it, or it is taken back" if applied.confirm_until else ""
    return f"Revision {applied.revision} runs{back}{trial}."


def _is_trial(seconds: str) -> bool:
    return seconds.isascii() and seconds.isdigit() and SHORTEST_TRIAL_S <= int(seconds) <= LONGEST_TRIAL_S
