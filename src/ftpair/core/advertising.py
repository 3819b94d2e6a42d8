"""Which address the replies to PASV name; part of the plan."""

import msgspec

from ftpair.core import networks


class AdvertisedRule(msgspec.Struct, frozen=True):
    """What the clients of some networks are told."""

    networks: tuple[str, ...]
    address: str
    """IPv4; empty means the address that the client dialled."""


class Advertised(msgspec.Struct, frozen=True):
    """What the clients of a service are told: the first rule that holds the client counts, else the default."""

    default: str = ""
    """IPv4; empty means the address that the client dialled."""
    rules: tuple[AdvertisedRule, ...] = ()

    def to(self, host: str) -> str:
        """Return the address that a client is told; empty for the one that it dialled."""
        for rule in self.rules:
            if networks.contain(rule.networks, host):
                return rule.address
        return self.default
