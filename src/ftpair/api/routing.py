"""The route that explains routes: where a session would go, and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ftpair.api import examples
from ftpair.api.asking import TheDoor
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import FindRoute, RouteIs
from ftpair.core.status import RouteStatus

router = APIRouter(prefix="/api/v1", tags=["routes"], responses=documented(*ASKING))


class Traits:
    """What would be known of the client."""

    def __init__(
        self,
        user: Annotated[str, Query(description="The name that it logs in by.")] = "",
        client: Annotated[str, Query(alias="from", description="Its IP address.")] = "",
        host: Annotated[str, Query(description="What it names with HOST.")] = "",
        sni: Annotated[str, Query(description="The name that it asks for in its TLS handshake.")] = "",
        certificate: Annotated[str, Query(description="The common name in its certificate.")] = "",
    ) -> None:
        self.values = {"user": user, "client": client, "host": host, "sni": sni, "certificate": certificate}


@router.get(
    "/services/{service}/route",
    summary="Where a session would go",
    responses=examples.ok(examples.ROUTE) | documented("not-found", "wrong-request"),
)
async def find_route(door: TheDoor, service: str, traits: Annotated[Traits, Depends()]) -> RouteStatus:
    """Explain the choice of a pool and a server without making a connection; nothing is changed."""
    return (await door.ask(FindRoute(service, **traits.values), RouteIs)).route
