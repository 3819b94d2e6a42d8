"""What HAProxy reads and where its sockets lie: a folder of ours, its file, and the states of servers over a reload."""

from contextlib import suppress
from pathlib import Path

from ftpair.config.save import replace_file
from ftpair.core.plan import HaproxyPlan
from ftpair.haproxy.foreign import Foreign
from ftpair.haproxy.master import Master
from ftpair.haproxy.runtime import SilentError

STATES = "servers.state"


def prepare(how: HaproxyPlan) -> None:
    """Make the folder. It stays ours: a user that HAProxy changes to finds its sockets there, and may write nothing."""
    folder = Path(how.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o711 if how.user else 0o700)
    if not (folder / STATES).exists():
        write(folder / STATES, "1\n")


async def keep_states(how: HaproxyPlan, master: Master | Foreign) -> None:
    """Write down which servers are drained, down or stopped, if HAProxy runs: new processes begin with that."""
    with suppress(SilentError):
        write(Path(how.folder, STATES), await master.ask("show servers state") + "\n")


def write(path: Path, text: str) -> None:
    """Replace a file in one step. Raises OSError."""
    replace_file(path, text.encode())
