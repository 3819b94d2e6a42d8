"""What a session waits for: its named states, and which clock runs in each."""

from enum import Enum
from functools import lru_cache

from ftpair.core.plan import Clocks

CUT_WAIT_S = 10.0
"""How long a server may take to answer a transfer whose data connection is cut."""
TURN_S = 0.2
"""How long a password waits before it asks again for its turn; clocks are looked at once a second."""
ABORT_GRACE_S = 2.0
"""How long a second reply after ABOR may take when the first was a 2xx: some servers send only that one."""

RESCUE_S = 30.0
"""How long a rescue may take in all: clients wait that long for a reply."""
RESCUE_STEP_S = 10.0
"""How long another server may take for one reply of it: a login may ask a directory."""


class State(Enum):
    """What a session waits for."""

    OPENING = "opening"
    READY = "ready"
    SECURING_CLIENT = "securing the client"
    CLEARING_CLIENT = "clearing the client"
    CHOOSING = "choosing a server"
    DIALING = "dialing"
    AWAITING_GREETING = "awaiting the greeting"
    AWAITING_AUTH = "awaiting the reply to AUTH"
    SECURING_SERVER = "securing the server"
    REPLAYING = "replaying"
    AWAITING_REPLY = "awaiting a reply"
    AWAITING_TURN = "awaiting a turn to log in"
    DELAYING = "delaying an answer"
    PROTECTING = "protecting data"
    TAKING_PORT = "taking a port"
    TAKING_SERVER_PORT = "taking a port for the server"
    AWAITING_PASSIVE = "awaiting the reply to PASV"
    AWAITING_ACTIVE = "awaiting the reply to PORT"
    AWAITING_START = "awaiting the start of a transfer"
    TRANSFERRING = "transferring"
    HOLDING = "holding the final reply"
    AWAITING_FINAL = "awaiting the final reply"
    CUTTING = "cutting a transfer"
    ABORTING = "aborting"
    SETTLING = "settling an abort"
    QUITTING = "quitting"
    LOGGING_IN_AGAIN = "logging in again"
    RESTORING = "restoring the session"
    EXAMINING = "examining the file"
    ENDED = "ended"

    __hash__ = object.__hash__  # Enum hashes its name in Python; every command of every session looks a state up.


WAITS_FOR: dict[State, str] = {
    State.OPENING: "the client's control connection to stand",
    State.READY: "the client's next command",
    State.SECURING_CLIENT: "the client's TLS handshake after 234",
    State.CLEARING_CLIENT: "the client's close_notify after CCC",
    State.CHOOSING: "the balancer's choice",
    State.DIALING: "a connection to the server",
    State.AWAITING_GREETING: "the server's greeting",
    State.AWAITING_AUTH: "the server's reply to AUTH TLS",
    State.SECURING_SERVER: "the TLS handshake with the server",
    State.REPLAYING: "the server's reply to HOST, CLNT or OPTS sent before login",
    State.AWAITING_REPLY: "the server's reply to a command",
    State.AWAITING_TURN: "other passwords of the same address or user to be answered",
    State.DELAYING: "the time that the answer to a wrong password takes",
    State.PROTECTING: "the server's reply to PBSZ 0 or PROT P",
    State.TAKING_PORT: "a passive port",
    State.TAKING_SERVER_PORT: "a port that the server may connect to",
    State.AWAITING_PASSIVE: "the server's reply to PASV or EPSV",
    State.AWAITING_ACTIVE: "the server's reply to PORT or EPRT",
    State.AWAITING_START: "the server's 1xx to a transfer command",
    State.TRANSFERRING: "the end of the data and the server's final reply",
    State.HOLDING: "the end of the data; the final reply is here",
    State.AWAITING_FINAL: "the server's final reply; the data have ended, or never began",
    State.CUTTING: "the server's reply to a transfer whose data connection is cut",
    State.ABORTING: "the server's reply to a transfer that ABOR ended",
    State.SETTLING: "the server's reply to ABOR itself",
    State.QUITTING: "the server's reply to QUIT",
    State.LOGGING_IN_AGAIN: "another server's reply to USER, PASS or ACCT, in a rescue",
    State.RESTORING: "its reply to what the client had set at the lost one",
    State.EXAMINING: "the server's reply to SIZE, MDTM or REST, before a download that could be rescued",
    State.ENDED: "nothing",
}


CLOCKS: dict[State, str] = {
    State.READY: "idle_timeout_s",
    State.AWAITING_GREETING: "connect_timeout_s",
    State.AWAITING_AUTH: "connect_timeout_s",
    State.REPLAYING: "connect_timeout_s",
    State.AWAITING_REPLY: "reply_timeout_s",
    State.PROTECTING: "reply_timeout_s",
    State.AWAITING_PASSIVE: "reply_timeout_s",
    State.AWAITING_ACTIVE: "reply_timeout_s",
    State.AWAITING_START: "reply_timeout_s",
    State.AWAITING_FINAL: "reply_timeout_s",
    State.QUITTING: "reply_timeout_s",
    State.EXAMINING: "reply_timeout_s",
}
"""Which of the configured clocks runs in a state. In the others the data plane's deadlines arrive as events."""

FIXED_CLOCKS: dict[State, float] = {
    State.AWAITING_TURN: TURN_S,
    State.CUTTING: CUT_WAIT_S,
    State.ABORTING: CUT_WAIT_S,
    State.SETTLING: ABORT_GRACE_S,
    State.LOGGING_IN_AGAIN: RESCUE_STEP_S,
    State.RESTORING: RESCUE_STEP_S,
}


@lru_cache(maxsize=64)
def limits(clocks: Clocks) -> dict[State, float]:
    """Return how many seconds a session may stay in each state; states without a limit are missing."""
    configured = {state: float(getattr(clocks, name)) for state, name in CLOCKS.items()}
    return configured | FIXED_CLOCKS
