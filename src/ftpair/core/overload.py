"""When a worker has enough: what it must have left to let further sessions in; part of the plan."""

from typing import Literal

import msgspec

Shortage = Literal["descriptors", "memory", "loop-lag"]
"""What a worker is short of, in the words of `refusals_total`."""

SHORTAGES: dict[Shortage, str] = {
    "descriptors": "no descriptors are left for further sessions",
    "memory": "too little memory is available",
    "loop-lag": "it cannot keep up",
}
"""The same for people."""


class Overload(msgspec.Struct, frozen=True):
    """Below or above these a worker takes no new sessions; 0 switches either off."""

    memory_floor_bytes: int = 64 << 20
    """Available memory, of the machine or of the control group, whichever has less."""
    loop_lag_ceiling_s: float = 0.5
    """How long an event waits until the worker comes to it."""
