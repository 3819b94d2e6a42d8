"""How each child of the node is started: its module, what it inherits, and whom it runs as."""

from dataclasses import dataclass

from ftpair.app.tables import Tables
from ftpair.core.messages import FromProber, FromWorker
from ftpair.core.plan import Plan
from ftpair.core.requests import FromApi
from ftpair.dataplane.children import Recipe
from ftpair.dataplane.groups import Groups


@dataclass(frozen=True, slots=True)
class Shared:
    """What workers share with the supervisor: counts, tables, and OpenSSL's settings."""

    counts_fd: int
    tables: Tables
    groups: Groups


def worker(number: int, plan: Plan, shared: Shared) -> Recipe:
    """Return how a worker is started."""
    tables, groups = shared.tables, shared.groups
    place = ("--worker", str(number), "--workers", str(plan.workers))
    return Recipe(
        f"worker {number}",
        "ftpair.app.worker",
        FromWorker,
        ("--counts", str(shared.counts_fd), *place, *tables.arguments),
        (shared.counts_fd, *tables.fds, *groups.fds),
        plan.user,
        plan.capabilities,
        tables.environment | groups.environment,
    )


def prober(plan: Plan, groups: Groups) -> Recipe:
    """Return how the prober is started."""
    return Recipe(
        "prober",
        "ftpair.app.prober",
        FromProber,
        pass_fds=groups.fds,
        user=plan.user,
        environment=groups.environment,
    )


def api(plan: Plan, door: int) -> Recipe:
    """Return how the process of API and web UI is started; `door` is the descriptor of the control socket."""
    return Recipe("api", "ftpair.web", FromApi, ("--listen", str(door)), (door,), plan.api_user)
