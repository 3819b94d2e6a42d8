"""The whole configuration file as a text to edit: what is wrong is listed with its lines, nothing typed is lost."""

from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import Applied, ConfigurationIs, GetConfiguration, SaveConfiguration
from ftpair.core.revisions import LONGEST_COMMENT
from ftpair.web.acting import gone_to
from ftpair.web.banner import shown
from ftpair.web.differences import Hunk, difference
from ftpair.web.pages import rendered

router = APIRouter(prefix="/revisions", dependencies=[may("admin")])


class Text(BaseModel):
    """What the editor sends."""

    content: str = ""
    comment: str = ""
    etag: str = ""
    """Of the text that the editing began with."""


@dataclass(frozen=True, slots=True)
class Editor:
    """The form: a text, and what was refused of it."""

    text: Text
    name: str
    refusal: RefusalError | None = None
    others: tuple[Hunk, ...] = field(default_factory=tuple)
    """What would be undone of somebody else's work, if this were saved."""

    def form(self) -> str:
        """Return it as HTML."""
        title = self.refusal.title if self.refusal else ""
        return rendered("editor_form.html", editor=self, refused=title)


@router.get("/edit")
async def edit(request: Request, door: TheDoor) -> HTMLResponse:
    """Show the file as it is now, to be edited."""
    file = await door.ask(GetConfiguration(), ConfigurationIs)
    editor = Editor(Text(content=file.content, etag=file.etag), file.name)
    return await shown(door, request, "editor.html", name=file.name, form=editor.form())


@router.post("/edit")
async def save(door: TheDoor, text: Annotated[Text, Form()]) -> HTMLResponse:
    """Write the file, and go to what waits to be applied; what is refused comes back with all that was typed."""
    text = text.model_copy(update={"content": text.content.replace("\r\n", "\n")})
    try:
        await door.ask(SaveConfiguration(text.content, text.etag, "", text.comment[:LONGEST_COMMENT]), Applied)
    except RefusalError as refusal:
        return HTMLResponse((await _refused(door, text, refusal)).form(), refusal.status)
    return gone_to("/revisions/waiting")


async def _refused(door: TheDoor, text: Text, refusal: RefusalError) -> Editor:
    """Return the form with what was refused; after a lost race, saving again means the file as it is now."""
    file = await door.ask(GetConfiguration(), ConfigurationIs)
    editor = Editor(text, file.name, refusal)
    if refusal.kind != "changed":
        return editor
    return replace(
        editor, text=text.model_copy(update={"etag": file.etag}), others=difference(text.content, file.content)
    )
