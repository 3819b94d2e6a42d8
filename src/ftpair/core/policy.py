"""Which commands a service offers, resolved: what the plan says of each verb and each sub-command of SITE."""

import msgspec


class CommandPolicy(msgspec.Struct, frozen=True):
    """What a service refuses, each with the reply that the client gets."""

    refusals: dict[str, str] = {}
    """By verb, every other name of it included; `other` stands for all verbs that no row of the table names."""
    site: dict[str, str] = {}
    """By sub-command of SITE; one with an empty reply goes on to the server."""
    site_others: str = ""
    """The reply to every other sub-command of SITE; empty: it goes on to the server."""
    is_read_only: bool = False
    """Whether MDTM may only ask: with a time in front of the name it sets that time in some servers."""
