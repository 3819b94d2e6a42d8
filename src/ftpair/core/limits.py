"""What one client may use of a service, and what happens to who guesses passwords; part of the plan."""

from typing import Literal

import msgspec

BannedBy = Literal["address", "user"]
"""What somebody is known by again."""


class Limits(msgspec.Struct, frozen=True):
    """The limits of one service; 0 is no limit. Rates may be used ahead for `burst_s` seconds."""

    sessions_per_address: int = 0
    sessions_per_user: int = 0
    connections_per_minute_per_address: int = 0
    handshakes_per_minute_per_address: int = 0
    logins_per_minute_per_address: int = 0
    logins_per_minute_per_user: int = 0
    burst_s: float = 60.0
    bytes_per_second_per_session: int = 0
    bytes_per_second_per_user: int = 0
    bytes_per_second_per_service: int = 0
    commands_per_second: float = 0.0
    line_bytes: int = 8192

    @property
    def has_bandwidth(self) -> bool:
        """Whether transfers are slowed."""
        return bool(
            self.bytes_per_second_per_session or self.bytes_per_second_per_user or self.bytes_per_second_per_service
        )

    @property
    def has_logins(self) -> bool:
        """Whether attempts to log in are counted."""
        return bool(self.logins_per_minute_per_address or self.logins_per_minute_per_user)


class BanPolicy(msgspec.Struct, frozen=True):
    """What wrong passwords lead to; durations in seconds."""

    failures: int = 5
    """So many within `within_s` are a ban."""
    within_s: float = 600.0
    for_s: float = 900.0
    delay_s: float = 1.0
    """The answer to the first wrong password waits so long, to each further one twice as long (up to 30 s)."""
    allow: tuple[str, ...] = ()
    """Networks whose clients are never banned and never delayed."""
    by: tuple[BannedBy, ...] = ("address", "user")


class Ban(msgspec.Struct, frozen=True):
    """Nobody from this address, or as this user, gets into this service for now."""

    service: str
    by: BannedBy
    subject: str
    """An IPv4 address, an IPv6 network of 64 bits, or a user in small letters."""
    until: float
    """Seconds since the epoch."""
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What there is one ban of."""
        return self.service, self.by, self.subject
