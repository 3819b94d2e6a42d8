"""What doors ask of the doctor: an examination begun, looked at, ended."""

from dataclasses import replace

from ftpair.app import cuts
from ftpair.app.change import STOPPING
from ftpair.app.node import Node
from ftpair.config.certificates import NotPemError, read_certificates
from ftpair.core.actions import Refused, Said
from ftpair.core.doctor import Order
from ftpair.core.errors import BusyError, WrongRequestError
from ftpair.core.jobs import EndJob, GetJob, GetJobs, JobIs, JobsAre, StartDoctor
from ftpair.core.messages import Examine
from ftpair.core.plan import HealthPlan
from ftpair.probes.doctor.examining import steps_of


async def start_doctor(node: Node, action: StartDoctor) -> JobIs | Refused:
    """Begin to examine a service as it runs. Raises NotFoundError and WrongRequestError."""
    service = node.plan.named(action.service)
    order = _filled(action.order, service.health)
    if node.is_draining:
        return STOPPING
    try:
        return JobIs(node.jobs.start(Examine(cuts.for_examiner(node.plan, service), order), steps_of(service, order)))
    except BusyError as error:
        return Refused("busy", error.sentence)


async def get_jobs(node: Node, _action: GetJobs) -> JobsAre:
    """Return all jobs that are known."""
    return JobsAre(node.jobs.all())


async def get_job(node: Node, action: GetJob) -> JobIs:
    """Return one job. Raises NotFoundError."""
    return JobIs(node.jobs.of(action.job))


async def end_job(node: Node, action: EndJob) -> Said:
    """End one job. Raises NotFoundError."""
    return Said(node.jobs.end(action.job))


def _filled(order: Order, health: HealthPlan) -> Order:
    """Return an order that can be followed; without a user, that of the health checks logs in."""
    for name in order.unsayable:
        raise WrongRequestError(f"{name}: a line end cannot be said in FTP")
    if order.password and not order.user:
        raise WrongRequestError("password needs user: whose password is it?")
    if order.user and not order.password:
        raise WrongRequestError("user needs password: the doctor logs in by both")
    if order.ca_pem:
        _demand_authorities(order.ca_pem)
    return order if order.user else replace(order, user=health.user, password=health.password)


def _demand_authorities(pem: bytes) -> None:
    try:
        read_certificates(pem)
    except NotPemError as error:
        raise WrongRequestError(f"ca {error}") from None
