"""The configuration file as pages see it: what it says, as plain values, and the entity tag of its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ftpair.api.asking import Door
from ftpair.api.problems import RefusalError
from ftpair.config.problems import Finding
from ftpair.config.source import read_source
from ftpair.core.actions import ConfigurationIs, GetConfiguration

Values = Mapping[str, Any]
"""A block of keys, as it is written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the file says, whether it was applied or not."""

    data: Values
    etag: str
    findings: tuple[Finding, ...] = ()
    """What is wrong with the text itself."""

    @property
    def services(self) -> dict[str, Values]:
        """The virtual services, by name."""
        return _blocks(self.data.get("virtual_services"))

    @property
    def certificates(self) -> tuple[str, ...]:
        """The names of the certificates."""
        return tuple(_blocks(self.data.get("certificates")))

    def service(self, name: str) -> Values:
        """Return the block of a service. Raises RefusalError."""
        try:
            return self.services[name]
        except KeyError:
            known = ", ".join(self.services) or "none"
            raise RefusalError("not-found", f"The file has no virtual service {name!r}; there are: {known}.") from None


def read(found: ConfigurationIs) -> Wanted:
    """Return what a text says."""
    source = read_source(found.content.encode())
    return Wanted(source.data, found.etag, source.findings)


async def wanted(door: Door) -> Wanted:
    """Return what the file says now."""
    return read(await door.ask(GetConfiguration(), ConfigurationIs))


def servers_of(service: Values) -> dict[str, Values]:
    """Return the real servers of a service's own pool, by name."""
    return _blocks(service.get("real_servers"))


def pools_of(service: Values) -> dict[str, Values]:
    """Return the further pools of a service, by name."""
    return _blocks(service.get("pools"))


def _blocks(value: Any) -> dict[str, Values]:
    """Return the blocks by name that a value holds; what is no block is left out, and told where it is judged."""
    return {name: each for name, each in value.items() if isinstance(each, dict)} if isinstance(value, dict) else {}
