"""Health checks that ask for more than they are likely to get: warned of, never refused. Pure."""

from collections.abc import Iterator

from ftpair.config.checks import services
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.config.problems import Finding
from ftpair.core.plan import USES_DATA

_NOBODYS = frozenset({"anonymous", "ftp"})
"""Users whom servers let in without a password of their own."""
ENOUGH_S = 2.0
"""Time for up to four connections with their handshakes and some twenty replies."""


def demanding_checks(config: Config, _machine: Machine) -> Iterator[Finding]:
    """Yield a warning where a check over data connections has little time, or stores files as somebody who may not."""
    for where, service in services(config):
        health, place = service.health, (*where, "health")
        if health.check in USES_DATA and health.timeout_s < ENOUGH_S:
            sentence = f"{health.timeout_s:g} s is little for {health.check}, which makes data connections"
            yield Finding((*place, "timeout_s"), f"{sentence}: write {ENOUGH_S:g} or more")
        if health.check == "roundtrip" and health.user.lower() in _NOBODYS:
            sentence = f"{health.user} may not store files on most servers, and roundtrip does"
            yield Finding((*place, "user"), f"{sentence}: write a user who may, or check: list")
