"""The route that explains routes: where a session would go, and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import FindRoute, RouteIs
from ftpair.core.status import RouteStatus

router = APIRouter(prefix="/api/v1", tags=["routes"], dependencies=[may("viewer")], responses=documented(*ASKING))


class Traits:
    """What would be known of the client."""

    def __init__(
        self,
        user: Annotated[str, Query(description="The name that it logs in by.")] = "",
        client: Annotated[str, Query(alias="from", description="Its IP address.")] = "",
        host: Annotated[str, Query(description="What it names with HOST.")] = "",
        sni: Annotated[str, Query(description="The name that it asks for in its TLS handshake.")] = "",
    ) -> None:
        self.values = {"user": user, "client": client, "host": host, "sni": sni}


class CertificateTraits:
    """What would be known of its certificate."""

    def __init__(
        self,
        certificate: Annotated[str, Query(description="The common name in its certificate.")] = "",
        subject: Annotated[
            str, Query(alias="certificate_subject", description="The whole subject in it, as RFC 4514 has it.")
        ] = "",
        san: Annotated[
            str, Query(alias="certificate_san", description="Another name in it, such as email:ann@example.org.")
        ] = "",
    ) -> None:
        self.values = {"certificate": certificate, "certificate_subject": subject, "certificate_san": san}


@router.get(
    "/services/{service}/route",
    summary="Where a session would go",
    responses=examples.ok(examples.ROUTE) | documented("not-found", "wrong-request"),
)
async def find_route(
    door: TheDoor,
    service: str,
    traits: Annotated[Traits, Depends()],
    certificate: Annotated[CertificateTraits, Depends()],
) -> RouteStatus:
    """Explain the choice of a pool and a server without making a connection; nothing is changed."""
    return (await door.ask(FindRoute(service, **traits.values, **certificate.values), RouteIs)).route
