"""How tightly a client's data connection is bound to its session; part of the plan."""

from typing import Literal

import msgspec

from ftpair.core import networks

DataPeer = Literal["same-address", "same-network", "any"]
"""Who may connect to a passive port: the client's own address, its network (/24, IPv6: /64), or anybody."""
DataSession = Literal["off", "prefer", "require"]
"""Whether the TLS of the data connection must have resumed that of its control connection."""


class Binding(msgspec.Struct, frozen=True):
    """What is asked of the data connections of one session; resolved once, when it begins."""

    peer: DataPeer = "same-address"
    session: DataSession = "off"


class BindingRule(msgspec.Struct, frozen=True):
    """How the clients of some networks are bound."""

    networks: tuple[str, ...]
    binding: Binding


class Bindings(msgspec.Struct, frozen=True):
    """What is asked of the clients of a service: the first rule that holds the client counts, else the default."""

    default: Binding = Binding()
    rules: tuple[BindingRule, ...] = ()

    def of(self, host: str) -> Binding:
        """Return how a client is bound."""
        return next((rule.binding for rule in self.rules if networks.contain(rule.networks, host)), self.default)

    @property
    def may_require(self) -> bool:
        """Whether some clients must prove themselves by resumption."""
        return any(each.session == "require" for each in (self.default, *(rule.binding for rule in self.rules)))
