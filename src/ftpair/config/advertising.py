"""Which address clients are told in replies to PASV: the rules by network, and the plan's made of them. Pure."""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from ftpair.config.blocks import Block
from ftpair.config.values import DIALLED, AdvertisedChoice, Networks
from ftpair.core import advertising as plan


class AdvertisedByNetwork(Block):
    """The address that the clients of some networks are told. The first rule that holds the client counts."""

    from_: Networks = Field(
        alias="from", min_length=1, description="Networks that the client comes from.", examples=[["10.0.0.0/8"]]
    )
    address: AdvertisedChoice = Field(
        description="IPv4 address in replies to PASV; `dialled`: the one that the client dialled.", examples=["dialled"]
    )


def advertised_of(default: str | None, rules: list[AdvertisedByNetwork]) -> plan.Advertised:
    """Return the plan's part of a service's `advertised_address` and its rules."""
    return plan.Advertised(default or "", tuple(map(_rule, rules)))


def _rule(rule: AdvertisedByNetwork) -> plan.AdvertisedRule:
    return plan.AdvertisedRule(tuple(rule.from_), "" if rule.address == DIALLED else rule.address)


def _rules(advertised: plan.Advertised) -> str:
    return "; ".join(f"{', '.join(rule.networks)}: {rule.address or DIALLED}" for rule in advertised.rules)


ADVERTISED_WORDS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("advertised address", lambda advertised: advertised.default),
    ("advertised by network", _rules),
)
"""How a step speaks of it."""
