"""What to do on real servers and firewalls, as doors ask for it."""

from dataclasses import dataclass
from typing import Literal

from ftpair.core.actions import Look, Result

Source = Literal["file", "running"]
"""By which configuration: the file's, or what runs where the file cannot be worked by."""


@dataclass(frozen=True, slots=True)
class GuidePart:
    """The steps in words (`steps`), or a file to be written where it belongs; ready to be copied."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class GuideText:
    """What is to be done on one real server."""

    service: str
    server: str
    kind: str
    title: str
    source: Source
    parts: tuple[GuidePart, ...]


@dataclass(frozen=True, slots=True)
class FirewallRules:
    """What a firewall in front of a service must let in."""

    service: str
    format: str
    source: Source
    text: str


class GetGuide(Look, frozen=True, tag=True):
    """Answered by `GuideIs`."""

    service: str
    server: str
    kind: str = ""
    """The make of the server; empty: as the doctor has found it."""


class GetFirewall(Look, frozen=True, tag=True):
    """Answered by `FirewallIs`."""

    service: str
    format: str


class GuideIs(Result, frozen=True, tag=True):
    """The answer to `GetGuide`."""

    guide: GuideText


class FirewallIs(Result, frozen=True, tag=True):
    """The answer to `GetFirewall`."""

    rules: FirewallRules
