"""The action that makes way for another version of ftpair."""

from ftpair.core.actions import Action


class Upgrade(Action, frozen=True, tag=True):
    """Become the ftpair that is installed now, and end no session; answered by `Said`."""

    dry_run: bool = False
    """Only tell what would happen."""
