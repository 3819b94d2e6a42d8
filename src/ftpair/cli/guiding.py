"""Guides and rules for a service of a configuration file, printed."""

from collections.abc import Iterable
from pathlib import Path

from ftpair.cli.show import say
from ftpair.config.check import check
from ftpair.config.slots import Slots
from ftpair.core.errors import WrongRequestError
from ftpair.core.plan import Plan
from ftpair.guides.firewall import FORMATS, rules
from ftpair.guides.guide import KINDS, guide, part
from ftpair.guides.wanted import wanted_of


def tell_guide(config: Path, place: tuple[str, str], kind_name: str, part_name: str) -> None:
    """Print a guide, or one part of it. Raises FtpairError."""
    kind = next((each for each in KINDS if each == kind_name), None)
    if kind is None:
        raise _unknown("kind of server", kind_name, KINDS)
    wanted = wanted_of(_plan(config), *place)
    _print(part(kind, wanted, part_name) if part_name else guide(kind, wanted))


def tell_firewall(config: Path, service: str, format_name: str) -> None:
    """Print rules. Raises FtpairError."""
    format_ = next((each for each in FORMATS if each == format_name), None)
    if format_ is None:
        raise _unknown("format", format_name, FORMATS)
    _print(rules(_plan(config).named(service), format_))


def _print(text: str) -> None:
    for line in text.splitlines():
        say(line)


def _plan(config: Path) -> Plan:
    return check(config, 0, Slots()).plan


def _unknown(what: str, given: str, known: Iterable[str]) -> WrongRequestError:
    return WrongRequestError(f"{given!r} is no {what}: write one of {', '.join(known)}")
