"""Routes of the doctor: an examination is a job that is begun, watched and ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ftpair.api import doctor_examples, examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Done
from ftpair.api.doctor_bodies import DoctorWish
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import Said
from ftpair.core.doctor import Order
from ftpair.core.jobs import EndJob, GetJob, GetJobs, Job, JobIs, JobsAre, StartDoctor

router = APIRouter(prefix="/api/v1", tags=["doctor"], responses=documented(*ASKING))


@router.post(
    "/doctor",
    dependencies=[may("operator")],
    status_code=202,
    summary="Examine a service",
    responses=doctor_examples.BEGUN | documented("not-found", "busy", "wrong-request"),
)
async def start_doctor(door: TheDoor, wish: DoctorWish, response: Response) -> Job:
    """Begin an examination of a service as it runs; `Location` is where to look how far it is.

    One at a time per service. No file on a server is touched without `write`.
    """
    job = (await door.ask(StartDoctor(wish.service, _order(wish)), JobIs)).job
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return job


@router.get(
    "/jobs",
    dependencies=[may("viewer")],
    summary="The doctor's last jobs",
    responses=examples.ok([doctor_examples.DONE]),
)
async def jobs(
    door: TheDoor, service: Annotated[str, Query(description="Only of this virtual service.")] = ""
) -> list[Job]:
    """Return the jobs that run and the last ones that ran, the newest first."""
    return [job for job in (await door.ask(GetJobs(), JobsAre)).jobs if service in ("", job.service)]


@router.get(
    "/jobs/{job}",
    dependencies=[may("viewer")],
    summary="One job",
    responses=examples.ok(doctor_examples.DONE) | documented("not-found"),
)
async def one_job(door: TheDoor, job: str) -> Job:
    """Return how far a job is, and what the doctor says once it is done."""
    return (await door.ask(GetJob(job), JobIs)).job


@router.delete(
    "/jobs/{job}",
    dependencies=[may("operator")],
    summary="End a job",
    responses=examples.ok(doctor_examples.ENDED) | documented("not-found"),
)
async def end_job(door: TheDoor, job: str) -> Done:
    """End an examination that runs; what it had stored on a server may be left there."""
    return Done((await door.ask(EndJob(job), Said)).sentence)


def _order(wish: DoctorWish) -> Order:
    return Order(
        user=wish.user,
        password=wish.password,
        directory=wish.directory,
        may_write=wish.write,
        files=wish.files,
        wait_s=wish.wait_s,
        step_s=wish.timeout_s,
        ca_pem=wish.ca.encode(),
    )
