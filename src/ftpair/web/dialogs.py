"""Forms in dialogs: some fields, what was typed into them, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fastapi.responses import HTMLResponse

from ftpair.api.asking import Door
from ftpair.api.problems import RefusalError
from ftpair.web.fields import Field
from ftpair.web.pages import rendered
from ftpair.web.placing import nearest, placed
from ftpair.web.saving import TOLD_ON_FORM, who_was_faster
from ftpair.web.wanted import wanted


class Sentences(dict[str, str]):
    """What is wrong, by control; nothing, where nothing is."""

    def __missing__(self, _control: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A form that is filled in."""

    title: str
    action: str
    """Where it is sent to."""
    place: str
    """The path of what it makes, as problems have it: `virtual_services.VIP.routes.0`."""
    fields: Sequence[Field]
    texts: Mapping[str, str]
    further: Sequence[Field] = ()
    """What is folded in."""
    hidden: Mapping[str, str] = field(default_factory=dict)
    """What it brings along: `etag`, and what its maker needs."""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What is proposed for a field, by its key."""
    at: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""

    def html(self, status: int = 200) -> HTMLResponse:
        """Return it as the content of the page's dialog."""
        return HTMLResponse(rendered("dialog_form.html", dialog=self, at=Sentences(self.at)), status)

    def refused_at(self, control: str, sentence: str) -> HTMLResponse:
        """Return it with what is wrong at one control."""
        return replace(self, at={control: sentence}).html(422)

    async def refused(self, door: Door, refusal: RefusalError) -> HTMLResponse:
        """Return it with what is wrong; raises what does not belong on a form."""
        if refusal.kind == "changed":
            etag = (await wanted(door)).etag
            sentence = f"{await who_was_faster(door, etag)} Nothing was saved: save again to save yours on top of it."
            return replace(self, alert=sentence, hidden={**self.hidden, "etag": etag}).html(refusal.status)
        if refusal.kind not in TOLD_ON_FORM:
            raise refusal
        return self._told(refusal).html(refusal.status)

    def _told(self, refusal: RefusalError) -> "Dialog":
        verdict = placed(refusal.problems, self._control)
        elsewhere = [f"{each.path}: {each.sentence}" for each in verdict.elsewhere]
        return replace(self, at=verdict.at, alert="; ".join(elsewhere) if refusal.problems else refusal.sentence)

    def _control(self, path: str) -> str | None:
        keys = {each.key for each in (*self.fields, *self.further)}
        if path == self.place:
            return "label" if "label" in keys else None
        return nearest(path.removeprefix(f"{self.place}."), keys) if path.startswith(f"{self.place}.") else None
