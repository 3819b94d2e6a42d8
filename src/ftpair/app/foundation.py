"""What must stand before a node can, and how its last apply went. Data only."""

from dataclasses import dataclass, field
from pathlib import Path

from ftpair.app.adoption import Inheritance
from ftpair.config.blocks import Paths
from ftpair.config.check import Checked
from ftpair.config.slots import Slots
from ftpair.core.plan import Plan
from ftpair.dataplane.listeners import Listeners


@dataclass(frozen=True, slots=True)
class LastApply:
    """How the last apply went."""

    sentence: str
    is_successful: bool = True


@dataclass(frozen=True, slots=True)
class Foundation:
    """What must stand before a node can: read, bound and opened by the supervisor."""

    path: Path
    plan: Plan
    slots: Slots
    listeners: Listeners
    door: int
    """The descriptor of the control socket."""
    paths: Paths
    checked: Checked
    """The configuration of the plan, and what was read for it."""
    inheritance: Inheritance = field(default_factory=Inheritance)
    """What a former supervisor has left."""
