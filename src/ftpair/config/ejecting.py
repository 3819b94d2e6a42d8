"""The block of ejection, and what of the plan is made of it. A default here equals that of `core.ejection`."""

from typing import Annotated

from pydantic import Field

from ftpair.config.blocks import Block
from ftpair.config.values import Seconds
from ftpair.core import ejection as plan


class Ejection(Block):
    """When a real server is taken out for what sessions suffered from it. Without this block none is."""

    consecutive_errors: int = Field(
        default=5, ge=1, le=1000, description="So many errors of a server in a row eject it.", examples=[5]
    )
    slowest_greeting_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = Field(
        default=0.0,
        description="A server that takes longer from connect to greeting and TLS has erred; 0: time does not count.",
        examples=[3],
    )
    ejection_s: Seconds = Field(
        default=30.0, description="Seconds that the first ejection lasts; each further one lasts longer.", examples=[30]
    )
    longest_ejection_s: Seconds = Field(
        default=300.0, description="Seconds that an ejection lasts at most.", examples=[300]
    )
    max_ejected_percent: int = Field(
        default=50,
        ge=1,
        le=100,
        description="Most servers of a pool that are ejected at one time, percent; never the last that serves.",
        examples=[50],
    )


def ejection_of(wanted: Ejection | None) -> plan.EjectionPolicy | None:
    """Return the plan's policy; None: no server is ejected."""
    return plan.EjectionPolicy(**wanted.model_dump()) if wanted else None
