"""Routes for monitors: is it alive, is it ready (asked by anybody, now and later), what are its figures."""

from dataclasses import asdict

from fastapi import APIRouter, Response

from ftpair.api import examples
from ftpair.api.access import ANYBODY, may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Alive, NodeHealth, ServiceHealth
from ftpair.api.problems import ASKING, RefusalError, documented
from ftpair.core.actions import GetMetrics, Metrics
from ftpair.core.status import NodeStatus
from ftpair.observe.exposition import render

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter(tags=["health"], dependencies=[ANYBODY])
figures = APIRouter(tags=["health"], dependencies=[may("viewer")])


@router.head("/livez", include_in_schema=False)
@router.get(
    "/livez",
    summary="Does the loop beat",
    responses=examples.ok({"status": "ok"}) | documented("not-ready", "internal"),
)
async def livez(door: TheDoor) -> Alive:
    """Answer 200 if the supervisor's loop beats."""
    await _node(door)
    return Alive("ok")


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz", summary="May clients come", responses=examples.ok({"status": "ok"}) | documented("not-ready", "internal")
)
async def readyz(door: TheDoor) -> Alive:
    """Answer 200 if at least one service can serve and the node is not draining."""
    reason = why_not_ready(await _node(door))
    if reason:
        raise RefusalError("not-ready", reason)
    return Alive("ok")


@router.head("/healthz", include_in_schema=False)
@router.get(
    "/healthz", summary="With details", responses=examples.ok(examples.HEALTH) | documented("not-ready", "internal")
)
async def healthz(door: TheDoor) -> NodeHealth:
    """Answer as `readyz` does, with services and workers in both cases."""
    node = await _node(door)
    reason = why_not_ready(node)
    if reason:
        details = asdict(_details(node))
        del details["status"]
        raise RefusalError("not-ready", reason, **details)
    return _details(node)


@figures.head("/metrics", include_in_schema=False)
@figures.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses=examples.ok(examples.METRICS, "text/plain") | documented(*ASKING),
)
async def metrics(door: TheDoor) -> Response:
    """Return all figures, summed over the workers, as Prometheus text."""
    found = await door.ask(GetMetrics(), Metrics)
    return Response(render(found.counters, found.gauges), media_type=EXPOSITION)


def why_not_ready(node: NodeStatus) -> str:
    """Return the reason why no client may come; empty when clients may."""
    if node.is_draining:
        return "The node is draining."
    if not any(service.is_serving for service in node.services):
        return "No service can serve. " + " ".join(f"{one.name}: {one.reason}." for one in node.services)
    return "" if node.is_ready else "The workers are not ready yet."


async def _node(door: TheDoor) -> NodeStatus:
    try:
        return await door.status()
    except RefusalError as refusal:
        raise RefusalError("not-ready", refusal.sentence) from None


def _details(node: NodeStatus) -> NodeHealth:
    services = tuple(ServiceHealth(one.name, one.is_serving, one.reason) for one in node.services)
    return NodeHealth("ok", node.version, node.revision, node.is_draining, services, node.workers)
