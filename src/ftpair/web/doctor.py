"""The doctor: examinations that run and that ran, how far one is, and what was found with its remedies."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import Said
from ftpair.core.doctor import SEVERITIES, Diagnosis
from ftpair.core.jobs import EndJob, GetJob, GetJobs, Job, JobIs, JobsAre, StartDoctor
from ftpair.core.units import counted
from ftpair.web.acting import toast
from ftpair.web.banner import shown
from ftpair.web.doctor_form import Wish, at_field
from ftpair.web.news import News, part
from ftpair.web.pages import may_operate, rendered

router = APIRouter(prefix="/doctor")
WORDS = {"running": "at work", "done": "done", "failed": "broken off", "ended": "ended"}
"""What is said of a job."""


@router.get("", dependencies=[may("viewer")])
async def doctor(
    request: Request,
    door: TheDoor,
    service: Annotated[list[str], Query(max_length=1000)] = [],  # noqa: B006
) -> HTMLResponse:
    """Show the form and the examinations; `service` is chosen already."""
    names = [each.name for each in (await door.status()).services]
    wish = Wish(services=service or (names if len(names) == 1 else []))
    return await shown(
        door,
        request,
        "doctor.html",
        names=names,
        form=_form(names, wish),
        part=await _list(door, names),
        may_operate=may_operate(request),
    )


@router.post("", dependencies=[may("operator")])
async def begin(door: TheDoor, wish: Annotated[Wish, Form()]) -> Response:
    """Begin an examination of each service that was chosen, and go where they can be watched."""
    names = [each.name for each in (await door.status()).services]
    if problems := wish.problems():
        return HTMLResponse(_form(names, wish, problems), 422)
    begun, refused = await _begun(door, wish)
    if refused:
        fields = {at_field(each.sentence): each.sentence for each in refused.values() if at_field(each.sentence)}
        others = [f"{name}: {each.sentence}" for name, each in refused.items() if not at_field(each.sentence)]
        status = max(each.status for each in refused.values())
        return HTMLResponse(_form(names, wish, fields, others), 422 if fields else status)
    there = f"/doctor/{begun[0].id}" if len(begun) == 1 else "/doctor"
    return Response(status_code=204, headers={"HX-Redirect": there})


@router.get("/{job}", dependencies=[may("viewer")])
async def examination(request: Request, door: TheDoor, job: str) -> HTMLResponse:
    """Show how far an examination is, and what was found."""
    found = (await door.ask(GetJob(job), JobIs)).job
    return await shown(door, request, "examination.html", job=found, part=_examination(found, request))


@router.delete("/{job}", dependencies=[may("operator")])
async def end(door: TheDoor, job: str) -> HTMLResponse:
    """End an examination that runs."""
    return toast((await door.ask(EndJob(job), Said)).sentence)


async def look(door: Door, _request: Request) -> Iterable[News]:
    """Return the examinations as they are now."""
    return (part("jobs", await _list(door, [each.name for each in (await door.status()).services])),)


async def look_at_examination(door: Door, request: Request) -> Iterable[News]:
    """Return how far an examination is; one that is no longer kept leaves the page as it is."""
    try:
        job = (await door.ask(GetJob(request.query_params.get("job", "")), JobIs)).job
    except RefusalError as refusal:
        if refusal.kind != "not-found":
            raise
        return ()
    return (part("examination", _examination(job, request)),)


async def last_examinations(door: Door) -> Mapping[str, Job]:
    """Return the last examination of each service that the doctor came to the end of."""
    jobs = (await door.ask(GetJobs(), JobsAre)).jobs
    return {job.service: job for job in reversed(jobs) if job.diagnosis}


def verdict(diagnosis: Diagnosis) -> str:
    """Return what the doctor says in few words: `1 error, 2 warnings`."""
    counts = Counter(finding.severity for finding in diagnosis.findings)
    return ", ".join(counted(counts[each], each) for each in SEVERITIES if counts[each]) or "all is well"


async def _begun(door: Door, wish: Wish) -> tuple[list[Job], dict[str, RefusalError]]:
    """Begin what was chosen; return what works, and what was refused by its service."""
    begun, refused = [], {}
    for service in dict.fromkeys(wish.services):
        try:
            begun.append((await door.ask(StartDoctor(service, wish.order()), JobIs)).job)
        except RefusalError as refusal:
            refused[service] = refusal
    return begun, refused


def _form(
    names: Sequence[str], wish: Wish, problems: Mapping[str, str] | None = None, refusals: Sequence[str] = ()
) -> str:
    found = problems or {}
    first = next(iter(found), "")
    return rendered("doctor_form.html", names=names, wish=wish, problems=found, first=first, refusals=refusals)


async def _list(door: Door, names: Sequence[str]) -> str:
    jobs = (await door.ask(GetJobs(), JobsAre)).jobs
    return rendered("doctor_jobs.html", jobs=jobs, words=WORDS, verdict=verdict, has_services=bool(names))


def _examination(job: Job, request: Request) -> str:
    return rendered(
        "examination_part.html",
        job=job,
        words=WORDS,
        verdict=verdict,
        severities=SEVERITIES,
        may_operate=may_operate(request),
    )
