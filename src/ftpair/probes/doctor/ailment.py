"""What one ailment is: how bad it is, what clients make of it, and what helps."""

from dataclasses import dataclass

from ftpair.core.doctor import Severity

ANOTHER_AT_VIP = (
    "ftpair does not do so by this file: let the running one take it (`ftpair apply`), or find who else answers at the "
    "VIP (`ss -ltnp`)."
)


@dataclass(frozen=True, slots=True)
class Ailment:
    """One thing that can be wrong."""

    id: str
    severity: Severity
    means: str
    """What is wrong, in general."""
    why: str
    """What comes of it, with the texts that clients show."""
    remedy: str
    """What helps, whatever make the server is."""
    at_vip: str = ""
    """What helps where only the VIP shows it; empty: the same."""
