"""How each child of the node is started: its module, what it inherits, and whom it runs as."""

from ftpair.app.tables import Tables
from ftpair.core.messages import FromProber, FromWorker
from ftpair.core.plan import Plan
from ftpair.core.requests import FromApi
from ftpair.dataplane.children import Recipe
from ftpair.dataplane.groups import Groups

WORKER = "ftpair.app.worker"


def worker(number: int, place: int, plan: Plan, tables: Tables, groups: Groups) -> Recipe:
    """Return how a worker is started; `place` is its own row of the tables."""
    numbers = {"worker": number, "workers": plan.workers, "place": place, "places": tables.counts.places_in_all}
    return Recipe(
        f"worker {number}",
        WORKER,
        FromWorker,
        (*(word for name, value in numbers.items() for word in (f"--{name}", str(value))), *tables.arguments),
        (*tables.fds, *groups.fds),
        plan.user,
        plan.capabilities,
        outlives=True,
        environment=tables.environment | groups.environment,
    )


def former_worker(number: int, pid: int) -> Recipe:
    """Return how a worker is watched that a former supervisor has started, and that is not started again."""
    return Recipe(f"former worker {number} ({pid})", WORKER, FromWorker, outlives=True)


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
