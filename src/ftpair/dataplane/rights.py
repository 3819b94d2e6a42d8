"""Which capabilities a child keeps when it becomes another user: those that the plan needs, and no other.

`setpriv` (util-linux, on every Debian) does it between fork and exec: Python cannot set capabilities by itself.
"""

import os
import pwd
import shutil

from ftpair.config.machine import held_capabilities
from ftpair.core.errors import SetupError


def wrapper(entry: pwd.struct_passwd | None, capabilities: tuple[str, ...]) -> list[str]:
    """Return the command in front of a child's that leaves it no other capability; empty where none is needed.

    `entry` is the user that root turns into, None if the child stays who we are. Raises SetupError.
    """
    kept = ",".join(("-all", *(f"+{name}" for name in capabilities)))
    if entry is not None and capabilities:
        user = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", f"--bounding-set={kept}"]
        return [_setpriv(), *user, f"--inh-caps={kept}", f"--ambient-caps={kept}", "--"]
    if os.geteuid() and held_capabilities("CapAmb"):  # Given by a unit's AmbientCapabilities, which all would inherit.
        return [_setpriv(), f"--inh-caps={kept}", f"--ambient-caps={kept}", "--"]
    return []


def _setpriv() -> str:
    found = shutil.which("setpriv")
    if found is None:
        raise SetupError("setpriv is not installed, and only it keeps capabilities: apt-get install util-linux")
    return found
