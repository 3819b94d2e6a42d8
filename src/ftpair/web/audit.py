"""The audit trail: who changed what and when, and who was refused, what happened; filtered by the URL, page by page."""

from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.core.account_actions import AuditIs, GetAudit
from ftpair.core.accounts import AuditRow, Outcome
from ftpair.web.banner import shown

router = APIRouter(prefix="/audit", dependencies=[may("admin")])

AT_ONCE = 50
OUTCOMES = get_args(Outcome)
Word = Annotated[str, Field(max_length=200)]


class Search(BaseModel):
    """The form, as it stands in the URL."""

    user: Word = ""
    action: Word = ""
    outcome: Word = ""
    before: Annotated[int, Field(ge=0, lt=2**53)] = 0

    def words(self) -> dict[str, str]:
        """Return what is filled in, but for the page."""
        return {name: word for name, word in self.model_dump(exclude={"before"}).items() if word}


@router.get("")
async def audit(request: Request, door: TheDoor, search: Annotated[Search, Query()]) -> HTMLResponse:
    """Show what the form asks for, the newest first."""
    # One more than is shown tells whether there is a further page.
    wanted = GetAudit(AT_ONCE + 1, search.before, search.user, search.action, search.outcome)
    found = (await door.ask(wanted, AuditIs)).entries
    return await shown(
        door,
        request,
        "audit.html",
        search=search,
        rows=found[:AT_ONCE],
        outcomes=OUTCOMES,
        newest=f"/audit?{urlencode(search.words())}",
        older=_older(search, found),
    )


def _older(search: Search, found: tuple[AuditRow, ...]) -> str:
    """Return where the next page is; empty: there is none."""
    if len(found) <= AT_ONCE:
        return ""
    return f"/audit?{urlencode(search.words() | {'before': str(found[AT_ONCE - 1].number)})}"
