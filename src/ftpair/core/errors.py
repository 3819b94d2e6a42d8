"""Errors that a person may read: each carries one sentence and what to do about it."""


class FtpairError(Exception):
    """What went wrong and the remedy, in one readable sentence; the root of the tree."""

    exit_status = 1

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SetupError(FtpairError):
    """The machine does not allow what the configuration asks for (port in use, no permission, no descriptors)."""


class NotFoundError(FtpairError):
    """A service, server or session of that name does not exist."""


class WrongRequestError(FtpairError):
    """Something was asked for in a way that means nothing."""

    exit_status = 2


class NotReachableError(FtpairError):
    """Nobody answers on the control socket of ftpair."""

    exit_status = 4


class BusyError(FtpairError):
    """Still running; the outcome is unknown."""

    exit_status = 6
