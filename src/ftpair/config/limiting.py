"""The blocks of limits, bans and overload, and what of the plan is made of them.

A default here equals that of `core.limits` and `core.overload`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ftpair.config.blocks import Block
from ftpair.config.values import Networks, Seconds
from ftpair.core import limits as plan
from ftpair.core import overload
from ftpair.ftp.lines import LONGEST_LINE_BYTES

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Bandwidth = Annotated[int, Field(ge=0, le=1_000_000_000_000)]


def _different(by: list[plan.BannedBy]) -> list[plan.BannedBy]:
    if not by or len(set(by)) < len(by):
        raise ValueError("must name address, user or both, each once: write by: [address, user]")
    return by


class Limits(Block):
    """What one client may use; 0 is no limit. An IPv6 client counts as its network of 64 bits."""

    sessions_per_address: Count = Field(
        default=0, description="Most sessions at a time from one address; more get 421.", examples=[20]
    )
    sessions_per_user: Count = Field(
        default=0, description="Most sessions at a time that are logged in as one user; more get 421.", examples=[10]
    )
    connections_per_minute_per_address: Count = Field(
        default=0, description="New control connections per minute from one address; more get 421.", examples=[60]
    )
    handshakes_per_minute_per_address: Count = Field(
        default=0, description="TLS handshakes on control connections per minute from one address.", examples=[60]
    )
    logins_per_minute_per_address: Count = Field(
        default=0, description="Passwords per minute from one address; more get 530.", examples=[30]
    )
    logins_per_minute_per_user: Count = Field(
        default=0, description="Passwords per minute for one user; more get 530.", examples=[30]
    )
    burst_s: Seconds = Field(
        default=60.0, description="For how many seconds a rate per minute may be used ahead.", examples=[60]
    )
    bytes_per_second_per_session: Bandwidth = Field(
        default=0, description="Bandwidth of the transfers of one session, bytes per second.", examples=[10000000]
    )
    bytes_per_second_per_user: Bandwidth = Field(
        default=0, description="Bandwidth of all transfers of one user, bytes per second.", examples=[20000000]
    )
    bytes_per_second_per_service: Bandwidth = Field(
        default=0, description="Bandwidth of all transfers of the service, bytes per second.", examples=[100000000]
    )
    commands_per_second: float = Field(
        default=0.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="Commands per second of one session; beyond it the session is slowed.",
        examples=[50],
    )
    line_bytes: int = Field(
        default=LONGEST_LINE_BYTES,
        ge=256,
        le=65536,
        description="Longest command line, bytes; a longer one ends the session.",
        examples=[8192],
    )


class Bans(Block):
    """What wrong passwords lead to. Without this block nobody is banned."""

    failures: int = Field(
        default=5, ge=1, le=1000, description="So many wrong passwords within `within_s` are a ban.", examples=[5]
    )
    within_s: Seconds = Field(
        default=600.0, description="Seconds after which a wrong password is forgotten.", examples=[600]
    )
    for_s: Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)] = Field(
        default=900.0, description="Seconds that a ban lasts.", examples=[900]
    )
    delay_s: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] = Field(
        default=1.0,
        description="Seconds that the first refusal waits; each further one waits twice as long, up to 30.",
        examples=[1],
    )
    allow: Networks = Field(
        default_factory=list,
        description="Networks whose clients are never banned or delayed.",
        examples=[["10.0.0.0/8"]],
    )
    by: Annotated[list[Literal["address", "user"]], AfterValidator(_different)] = Field(
        default=["address", "user"],
        description="What wrong passwords are counted by, and banned.",
        examples=[["address", "user"]],
    )


class Overload(Block):
    """When a worker takes no new sessions, so that those that are here go on; 0 switches either off."""

    memory_floor_bytes: Annotated[int, Field(ge=0, le=1 << 50)] = Field(
        default=64 << 20,
        description="Memory, of the machine or of the control group, below which new sessions get 421.",
        examples=[67108864],
    )
    loop_lag_ceiling_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = Field(
        default=0.5,
        description="How long a command may wait for the worker; beyond it, three seconds in a row, "
        "new sessions get 421.",
        examples=[0.5],
    )


def overload_of(wanted: Overload) -> overload.Overload:
    """Return what the plan says of overload."""
    return overload.Overload(**wanted.model_dump())


def limits_of(wanted: Limits) -> plan.Limits:
    """Return the plan's limits."""
    return plan.Limits(**wanted.model_dump())


def bans_of(wanted: Bans | None) -> plan.BanPolicy | None:
    """Return the plan's policy; None: nobody is banned."""
    if wanted is None:
        return None
    return plan.BanPolicy(**wanted.model_dump(exclude={"allow", "by"}), allow=tuple(wanted.allow), by=tuple(wanted.by))
