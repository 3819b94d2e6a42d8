"""Routes that show: status, services, servers, sessions, transfers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.problems import ASKING, RefusalError, documented
from ftpair.core.actions import ClientsAre, GetClients
from ftpair.core.clientele import ClientRow
from ftpair.core.status import NodeStatus, ServerStatus, ServiceStatus, SessionRow, TransferRow

router = APIRouter(prefix="/api/v1", tags=["status"], dependencies=[may("viewer")], responses=documented(*ASKING))


class Wanted:
    """Which rows a client asks for; an empty word asks for all."""

    def __init__(
        self,
        service: Annotated[str, Query(description="Only of this virtual service.")] = "",
        server: Annotated[str, Query(description="Only on this real server.")] = "",
        user: Annotated[str, Query(description="Only of this user.")] = "",
    ) -> None:
        self._words = {"service": service, "server": server, "user": user}

    def has(self, row: SessionRow | TransferRow) -> bool:
        """Tell whether the row was asked for."""
        return all(word in ("", getattr(row, name)) for name, word in self._words.items())


Rows = Annotated[Wanted, Depends()]


@router.get("/status", summary="The whole node", responses=examples.ok(examples.NODE))
async def status(door: TheDoor) -> NodeStatus:
    """Return the node, its services, their real servers and the workers."""
    return await door.status()


@router.get("/services", summary="All virtual services", responses=examples.ok([examples.SERVICE]))
async def services(door: TheDoor) -> tuple[ServiceStatus, ...]:
    """Return the virtual services in the order of the configuration."""
    return (await door.status()).services


@router.get(
    "/services/{service}",
    summary="One virtual service",
    responses=examples.ok(examples.SERVICE) | documented("not-found"),
)
async def one_service(door: TheDoor, service: str) -> ServiceStatus:
    """Return one virtual service and its real servers; a removed one too, while sessions stay on it."""
    return _named_service(await door.status(), service)


@router.get(
    "/services/{service}/servers/{server}",
    summary="One real server",
    responses=examples.ok(examples.SERVER) | documented("not-found"),
)
async def one_server(door: TheDoor, service: str, server: str) -> ServerStatus:
    """Return one real server: what the administrator wants of it, what the probes found, and its figures."""
    found = _named_service(await door.status(), service)
    for one in found.servers:
        if one.name == server:
            return one
    raise RefusalError("not-found", f"Service {service} has no real server {server}; it has {_names(found.servers)}.")


@router.get("/sessions", summary="Live sessions", responses=examples.ok([examples.SESSION]))
async def sessions(door: TheDoor, wanted: Rows) -> list[SessionRow]:
    """Return the live sessions of all workers."""
    return [row for row in (await door.table()).sessions if wanted.has(row)]


@router.get("/transfers", summary="Running transfers", responses=examples.ok([examples.TRANSFER]))
async def transfers(door: TheDoor, wanted: Rows) -> list[TransferRow]:
    """Return the running transfers of all workers."""
    return [row for row in (await door.table()).transfers if wanted.has(row)]


@router.get("/clients", summary="Clients and TLS resumption", responses=examples.ok([examples.CLIENT]))
async def clients(
    door: TheDoor, service: Annotated[str, Query(description="Only of this virtual service.")] = ""
) -> list[ClientRow]:
    """Return the clients seen lately: whether their data connections resumed TLS, and what `require` would do."""
    rows = (await door.ask(GetClients(), ClientsAre)).clients
    return [row for row in rows if service in ("", row.service)]


def _named_service(node: NodeStatus, name: str) -> ServiceStatus:
    for service in (*node.services, *node.removed_services):
        if service.name == name:
            return service
    raise RefusalError("not-found", f"There is no virtual service {name}; there is {_names(node.services)}.")


def _names(named: tuple[ServiceStatus, ...] | tuple[ServerStatus, ...]) -> str:
    return ", ".join(one.name for one in named) or "none"
