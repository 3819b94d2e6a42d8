"""Failures of a command, each with its exit status; other rooms have their own, under `core.errors.FtpairError` too.

Exit status: 0 done · 1 failed, nothing changed · 2 wrong use · 3 configuration invalid · 4 not reachable ·
5 somebody else changed it first · 6 still running, outcome unknown · 7 not allowed · 8 deadline not met.
"""

from ftpair.core.errors import FtpairError


class WrongUseError(FtpairError):
    """The command line does not say what is wanted."""

    exit_status = 2


class ChangedMeanwhileError(FtpairError):
    """Somebody else changed it first."""

    exit_status = 5


class NotAllowedError(FtpairError):
    """Who asks may not do that."""

    exit_status = 7


class DeadlineError(FtpairError):
    """It was not so in the time that was given."""

    exit_status = 8
