"""What a table that lives is searched for, filtered and sorted by, as the URL says. The browser does the work."""

from dataclasses import dataclass

from ftpair.core.status import NodeStatus


@dataclass(frozen=True, slots=True)
class Sieve:
    """What stands behind the `?`; `sort` is a column, with a `-` before it from the largest on."""

    q: str = ""
    service: str = ""
    server: str = ""
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by."""

    services: tuple[str, ...]
    servers: tuple[str, ...]


def choices(node: NodeStatus, service: str = "", server: str = "") -> Choices:
    """Return the names of services and servers; those that a URL names too, for they may have been removed."""
    every = (*node.services, *node.removed_services)
    services = [one.name for one in every]
    servers = [each.name for one in every for each in (*one.servers, *one.removed_servers)]
    return Choices(_names(services, service), _names(servers, server))


def _names(known: list[str], wanted: str) -> tuple[str, ...]:
    """Return each name once, in the order of the configuration."""
    return tuple(dict.fromkeys(name for name in (*known, wanted) if name))
