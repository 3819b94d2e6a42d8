"""Rules by the network of the client: the first one that holds it counts, so a later one may be in vain. Pure."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ftpair.config.problems import Finding, Where
from ftpair.core.networks import lies_in


class Ruled(Protocol):
    """A rule for the clients of some networks."""

    @property
    def from_(self) -> list[str]:
        """The networks."""


def never_reached(where: Where, rules: Sequence[Ruled]) -> Iterator[Finding]:
    """Yield the networks that an earlier rule of the list at a place takes away from a later one."""
    former: list[str] = []
    for number, rule in enumerate(rules):
        for place, network in enumerate(rule.from_):
            wider = next((each for each in former if lies_in(network, each)), None)
            if wider:
                sentence = f"{network} lies in {wider}, of a rule before it, which counts first: put the narrower first"
                yield Finding((*where, number, "from", place), sentence)
        former += rule.from_
