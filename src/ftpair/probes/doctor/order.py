"""What the doctor is told: who logs in, what may be done there, and how patient he is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """How an examination is done; durations in seconds."""

    user: str = ""
    """Empty: nobody logs in, and nothing behind the login is examined."""
    password: str = ""
    directory: str = ""
    """What is listed, and where the probe file is stored; empty: where the login leads."""
    may_write: bool = False
    """Whether a probe file is stored, read back and deleted; without it no file is touched."""
    files: tuple[str, ...] = ()
    """Files that must be the same on every server."""
    wait_s: float = 0.0
    """How long a control connection is left idle, to see whether it is still there afterwards; 0: it is not tried."""
    step_s: float = 10.0
    """How long a connect, a handshake, a reply or a data connection may take."""
    ca_pem: bytes = b""
    """The CAs that clients of a VIP in FTP mode trust; empty: the system's. In TCP mode `server_ca` says it."""

    @property
    def may_log_in(self) -> bool:
        """Whether there is somebody to log in."""
        return bool(self.user)
