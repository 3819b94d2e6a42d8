"""What is asked of the doctor, as a body."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

_Text = Annotated[str, Field(max_length=1000)]


@dataclass(frozen=True, slots=True)
class DoctorWish:
    """What to examine and how; the keys are the options of `ftpair doctor`, durations in seconds."""

    service: _Text
    user: _Text = ""
    """Who logs in; empty: the user of the service's health checks."""
    password: str = field(default="", repr=False)
    directory: _Text = ""
    """What is listed, and where a probe file is stored."""
    write: bool = False
    """Store, read back, compare and delete a probe file."""
    files: Annotated[tuple[_Text, ...], Field(max_length=100)] = ()
    """Files that all servers should have alike."""
    wait_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0.0
    """See whether an idle session lives so long; 0: it is not tried."""
    timeout_s: Annotated[float, Field(ge=0.1, le=600, allow_inf_nan=False)] = 10.0
    """How long a single step may take."""
    ca: Annotated[str, Field(max_length=1_000_000)] = ""
    """CAs that clients of the VIP trust (FTP mode), PEM."""
