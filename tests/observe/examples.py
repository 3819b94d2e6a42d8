"""One fact of every kind."""

from ftpair.core.ending import Leg
from ftpair.core.facts import (
    CommandRefused,
    DataConnection,
    Handshake,
    LoginAnswered,
    Overloaded,
    ProtocolError,
    Refusal,
    Rescued,
    RescueFailed,
    ServerChosen,
    ServerFailed,
    SessionEnded,
    Tls,
    TransferEnded,
)

TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", resumed=True)


def session(**fields):
    known = {
        "service": "FTPS_VIP",
        "session": "a1",
        "client": "192.0.2.7:40000",
        "entrance": "explicit",
        "user": "anna",
        "server": "FTP_SVR1",
        "tls": TLS,
        "server_tls": None,
        "seconds": 1.23456,
        "transfers": 2,
        "bytes_up": 10,
        "bytes_down": 20,
        "ended": "QUIT",
        "reply": "221 Bye.",
    }
    return SessionEnded(**known | fields)


def transfer(**fields):
    known = {
        "service": "FTPS_VIP",
        "session": "a1",
        "client": "192.0.2.7:40000",
        "user": "anna",
        "server": "FTP_SVR1",
        "verb": "RETR",
        "path": "/a.bin",
        "direction": "down",
        "bytes": 1024,
        "seconds": 0.5,
        "result": "complete",
        "reason": "",
        "reply": "226 Done.",
        "client_tls": TLS,
        "server_tls": None,
    }
    return TransferEnded(**known | fields)


LEVELS = [
    (session(), "info"),
    (transfer(), "info"),
    (LoginAnswered("S", "a1", "192.0.2.7", "anna", "FTP_SVR1", accepted=False), "info"),
    (LoginAnswered("S", "a1", "192.0.2.7", "anna", "FTP_SVR1", accepted=True), "debug"),
    (ServerFailed("S", "FTP_SVR1", "connect refused"), "warning"),
    (Rescued("S", "a1", "192.0.2.7", "anna", "transfer", "FTP_SVR1", "FTP_SVR2", 0.2, "reset", 4096), "info"),
    (RescueFailed("S", "a1", "192.0.2.7", "anna", "session", "FTP_SVR1", "it takes too long"), "warning"),
    (DataConnection("S", "passive", Leg.CLIENT, "opened"), "debug"),
    (Handshake("S", Leg.SERVER, "data", None, "certificate expired"), "debug"),
    (CommandRefused("S", "DELE", "a1", "192.0.2.7", "anna"), "info"),
    (ServerChosen("S", "a1", "192.0.2.7", "anna", "new", "2", "FTP_SVR1", "kept"), "debug"),
    (Refusal("S", "connections", "192.0.2.7", "a1", "anna"), "debug"),
    (Overloaded("", "memory", "10.0 MiB of memory are available, the floor is 64.0 MiB", 3), "warning"),
    (Overloaded("", "memory", "10.0 MiB of memory are available, the floor is 64.0 MiB", 9, is_over=True), "info"),
    (ProtocolError("S", Leg.CLIENT, "injection", "a1", "192.0.2.7"), "debug"),
]
"""Facts and the level at which they are logged."""
