"""How data connections are bound to their sessions: the rules by network, and what contradicts itself in them. Pure."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from pydantic import Field

from ftpair.config.blocks import Block, Timeouts
from ftpair.config.by_network import never_reached
from ftpair.config.encryption import Tls
from ftpair.config.problems import Finding, Where
from ftpair.config.values import DataSessionChoice, Networks
from ftpair.core import binding as plan
from ftpair.core.binding import DataPeer, DataSession

TICKET_LIFE_S = 7200.0
"""OpenSSL takes no session back that is older, and a data connection gets no ticket of its own."""


class DataBinding(Block):
    """How the clients of some networks are bound. The first rule that holds the client counts."""

    from_: Networks = Field(
        alias="from", min_length=1, description="Networks that the client comes from.", examples=[["10.0.0.0/8"]]
    )
    data_peer: DataPeer | None = Field(
        default=None, description="Who may connect; as the service has it, if not there.", examples=["same-network"]
    )
    data_session: DataSessionChoice | None = Field(
        default=None, description="What TLS must prove; as the service has it, if not there.", examples=["off"]
    )


class Bound(Protocol):
    """What the service says about its data connections."""

    @property
    def data_peer(self) -> DataPeer:
        """Who may connect."""

    @property
    def data_session(self) -> DataSession:
        """What TLS must prove."""

    @property
    def data_binding(self) -> list[DataBinding]:
        """The rules by network."""

    @property
    def tls(self) -> Tls | None:
        """TLS of the client legs."""

    @property
    def timeouts(self) -> Timeouts:
        """The clocks."""


def bindings_of(service: Bound) -> plan.Bindings:
    """Return the plan's bindings; a rule takes from the service what it does not say."""
    return plan.Bindings(
        plan.Binding(service.data_peer, service.data_session),
        tuple(plan.BindingRule(tuple(rule.from_), _bound(service, rule)) for rule in service.data_binding),
    )


def _bound(service: Bound, rule: DataBinding) -> plan.Binding:
    return plan.Binding(rule.data_peer or service.data_peer, rule.data_session or service.data_session)


def unbindable(where: Where, service: Bound) -> Iterator[Finding]:
    """Yield what can never be as the service at a place wants it."""
    for place, session in _sessions(where, service):
        yield from _without_tls(where, place, service, session)
    for number, rule in enumerate(service.data_binding):
        if rule.data_peer is None and rule.data_session is None:
            sentence = "changes nothing: add data_peer or data_session to it, or remove it"
            yield Finding((*where, "data_binding", number), sentence)
    yield from never_reached((*where, "data_binding"), service.data_binding)


def _sessions(where: Where, service: Bound) -> Iterator[tuple[Where, DataSession]]:
    yield (*where, "data_session"), service.data_session
    for number, rule in enumerate(service.data_binding):
        if rule.data_session:
            yield (*where, "data_binding", number, "data_session"), rule.data_session


def _without_tls(where: Where, place: Where, service: Bound, session: DataSession) -> Iterator[Finding]:
    if session != "off" and service.tls is None:
        sentence = f"{session} needs TLS to resume: add tls: {{certificate: NAME}} to the service, or write off"
        yield Finding(place, sentence, depends=((*where, "tls"),))
    if session == "require" and service.tls is not None and service.tls.data_protection == "refuse":
        sentence = "require needs TLS on data connections, and data_protection: refuse forbids it: write off, or allow"
        yield Finding(place, f"{sentence} there", depends=((*where, "tls", "data_protection"),))


def loosely_bound(where: Where, service: Bound) -> Iterator[Finding]:
    """Yield what will hurt: ports that anybody may use, tickets that grow old."""
    bindings = bindings_of(service)
    of_places = {(*where, "data_peer"): bindings.default}
    of_places |= {(*where, "data_binding", number): rule.binding for number, rule in enumerate(bindings.rules)}
    for place, bound in of_places.items():
        if bound.peer == "any" and bound.session != "require":
            sentence = "any lets whoever finds the port have the data: write data_session: require, or same-network"
            yield Finding(place, sentence)
    life_s = service.timeouts.session_timeout_s
    if bindings.may_require and not 0 < life_s <= TICKET_LIFE_S:
        sentence = (
            f"a client can prove itself by resumption for {TICKET_LIFE_S:g} s from its login on, then its transfers"
        )
        remedy = f"fail: write {TICKET_LIFE_S:g} or less, so that it logs in anew"
        yield Finding((*where, "timeouts", "session_timeout_s"), f"{sentence} {remedy}")


def _rules(bindings: plan.Bindings) -> str:
    return "; ".join(
        f"{', '.join(rule.networks)}: {rule.binding.peer}, {rule.binding.session}" for rule in bindings.rules
    )


BINDING_WORDS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("data_peer", lambda bindings: bindings.default.peer),
    ("data_session", lambda bindings: bindings.default.session),
    ("data_binding", _rules),
)
"""How a step speaks of bindings."""
