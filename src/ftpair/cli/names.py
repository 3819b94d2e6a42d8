"""Names of services, real servers and sessions: found on the running ftpair, and completed in the shell."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ftpair.cli.failures import WrongUseError
from ftpair.core.errors import FtpairError, NotFoundError
from ftpair.core.status import ServiceStatus, SessionRow

if TYPE_CHECKING:
    from ftpair.cli.client import Client

DEFAULT_SOCKET = Path("/run/ftpair/ftpair.sock")
SOCKET_VARIABLE = "FTPAIR_SOCKET"
COMPLETION_TIMEOUT_S = 1.0


def find_server(client: "Client", words: list[str]) -> tuple[str, str]:
    """Return (service, server) of `SERVICE SERVER`, or of `SERVER` alone where its name is unique."""
    if len(words) > 2:
        raise WrongUseError(f"Name one real server: SERVICE SERVER, or SERVER alone; not {' '.join(words)}.")
    if len(words) == 2:
        return words[0], words[1]
    return _its_service(_services(client), words[0]), words[0]


def require_known(client: "Client", service: str, server: str) -> None:
    """Raise NotFoundError if there is no such service, or it (without one: any) has no such real server."""
    if service:
        services: tuple[ServiceStatus, ...] = (client.get(("services", service), ServiceStatus),)
    else:
        services = _services(client) if server else ()
    servers = dict.fromkeys(other.name for one in services for other in one.servers)
    if server and server not in servers:
        whose = f"Service {service} has" if service else "There is"
        raise NotFoundError(f"{whose} no real server {server}; there is {', '.join(servers) or 'none'}.")


def complete_service(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a service."""
    return _begin_with(incomplete, lambda client: [service.name for service in _services(client)], context)


def complete_server(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a service or server; after a service's name its servers."""
    said = context.params.get("names") or []

    def names(client: "Client") -> list[str]:
        services = [service for service in _services(client) if not said or service.name == said[0]]
        servers = [server.name for service in services for server in service.servers]
        return servers if said else [*(service.name for service in services), *servers]

    return _begin_with(incomplete, names, context)


def complete_session(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a live session."""
    return _begin_with(incomplete, _sessions, context)


def _its_service(services: tuple[ServiceStatus, ...], name: str) -> str:
    having = [service.name for service in services if any(server.name == name for server in service.servers)]
    if not having:
        raise _unknown(services, name)
    if len(having) > 1:
        raise WrongUseError(f"Services {', '.join(having)} have a server {name} each; say which: {having[0]} {name}.")
    return having[0]


def _unknown(services: tuple[ServiceStatus, ...], name: str) -> FtpairError:
    for service in services:
        if service.name == name:
            servers = ", ".join(server.name for server in service.servers)
            return WrongUseError(f"{name} is a service; name one of its servers: {servers}.")
    known = [(service.name, server.name) for service in services for server in service.servers]
    near = [server for _, server in known if server.casefold() == name.casefold()]
    said = f"Did you mean {near[0]}?" if near else f"There is: {', '.join(map(' '.join, known)) or 'none'}."
    return NotFoundError(f"No service has a real server {name}. {said}")


def _services(client: "Client") -> tuple[ServiceStatus, ...]:
    return client.get(("services",), tuple[ServiceStatus, ...])


def _sessions(client: "Client") -> list[str]:
    return [row.id for row in client.get(("sessions",), list[SessionRow])]


def _begin_with(incomplete: str, names: Callable[["Client"], list[str]], context: typer.Context) -> list[str]:
    from ftpair.cli.client import Client  # noqa: PLC0415 - httpx doubles the time of a start.

    socket = Path(context.params.get("socket") or os.environ.get(SOCKET_VARIABLE) or DEFAULT_SOCKET)
    try:
        with Client(socket, COMPLETION_TIMEOUT_S) as client:
            return sorted({name for name in names(client) if name.startswith(incomplete)})
    except FtpairError:
        return []  # A shell that completes must not talk.
