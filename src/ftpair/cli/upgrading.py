"""Asks ftpair to become what is installed, and waits until that answers."""

import time
from pathlib import Path

from ftpair.cli.acting import Said, tell
from ftpair.cli.client import Client
from ftpair.cli.failures import DeadlineError
from ftpair.cli.show import talk
from ftpair.core.errors import NotReachableError
from ftpair.core.status import NodeStatus

PATIENCE_S = 90.0
LOOK_EVERY_S = 0.2


def upgrade(socket: Path, is_trial: bool, as_json: bool, patience_s: float = PATIENCE_S) -> None:
    """Upgrade and tell how it went. Raises DeadlineError when nobody answers after it."""
    with Client(socket) as client:
        before = client.get(("status",), NodeStatus).started
        said = client.post(("upgrade",), Said, dry_run=str(is_trial).lower())
    if not is_trial:
        talk(said.sentence)
        said = Said(_outcome(socket, before, patience_s))
    tell(said, as_json)


def _outcome(socket: Path, before: float, patience_s: float) -> str:
    """Return what the new supervisor says of it."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            with Client(socket) as client:
                now = client.get(("status",), NodeStatus)
        except NotReachableError:
            time.sleep(LOOK_EVERY_S)
            continue
        if now.started != before and now.is_ready and now.last_apply.startswith("upgraded"):
            return now.last_apply
        time.sleep(LOOK_EVERY_S)
    raise DeadlineError("The new supervisor does not answer; sessions go on. The log says why: journalctl -u ftpair")
