"""Traffic lights: what to think of a server or a service at a glance; the word stands beside the colour."""

from dataclasses import dataclass

from ftpair.core.certificates import CertificateEntry
from ftpair.core.status import Admin, Health, ServerStatus, ServiceStatus
from ftpair.core.units import counted

SOON_DAYS = 30
"""So long before its end a certificate wants attention."""


@dataclass(frozen=True, slots=True)
class Light:
    """A colour (a name of the style sheet), and the word that says the same to who does not see colours."""

    colour: str
    word: str


UP, DOWN, EJECTED = Light("green", "up"), Light("red", "down"), Light("red", "ejected")
UNKNOWN, HALTED = Light("yellow", "not probed yet"), Light("secondary", "halted")
DRAINING, DRAINED = Light("blue", "drains"), Light("secondary", "drained")
DEGRADED = Light("yellow", "serves, not with all servers")
BELOW = Light("orange", "serves, below its quorum")
SERVING, SILENT = Light("green", "serves"), Light("red", "cannot serve")


def light_of_server(server: ServerStatus) -> Light:
    """Return the light of a real server: what the administrator wants comes before what the probes found."""
    if server.admin is Admin.HALT:
        return HALTED
    if server.health is Health.DOWN:
        return EJECTED if server.is_ejected else DOWN
    if server.admin is Admin.DRAIN:
        return DRAINING if server.sessions or server.transfers else DRAINED
    return UP if server.health is Health.UP else UNKNOWN


def light_of_service(service: ServiceStatus) -> Light:
    """Return the light of a service: yellow where a server that should serve does not."""
    if not service.is_serving:
        return SILENT
    if not all(quorum.is_met for quorum in service.quorums):
        return BELOW
    lost = any(server.admin is Admin.ONLINE and server.health is Health.DOWN for server in service.servers)
    return DEGRADED if lost else SERVING


def light_of_certificate(entry: CertificateEntry) -> Light:
    """Return the light of a certificate: how long it is valid, or that it cannot be used."""
    if entry.facts is None or entry.problems:
        return Light("red", "cannot be used" if entry.facts is None or entry.facts.days_left >= 0 else "has expired")
    days = entry.facts.days_left
    colour = "green" if days >= SOON_DAYS and not entry.warnings else "yellow"
    return Light(colour, f"valid for {counted(days, 'day')}")
