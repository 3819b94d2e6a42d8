"""Time-outs and clocks, the probe file, and whether all servers have the same."""

from ftpair.probes.doctor.ailment import Ailment

ROWS = (
    Ailment(
        "idle-timeout",
        "warning",
        "the server says that it ends idle sessions sooner than `longest_transfer_s`",
        "`421 Timeout`: most servers let that clock stand still while data move, but a client that pauses is thrown "
        "out, though ftpair would keep it.",
        "Raise the server's idle time-out, or lower `longest_transfer_s` to what is meant.",
    ),
    Ailment(
        "idle-lost",
        "error",
        "an idle control connection was gone sooner than `longest_transfer_s`",
        "After a long transfer the `226` never comes: `421 No transfer timeout`, `Server sent FIN packet "
        "unexpectedly`, `Timed out`.",
        "Find who ended it: if it is lost through the VIP only, a firewall or the balancer; else the server's idle "
        "time-out.",
    ),
    Ailment(
        "write-failed",
        "error",
        "the probe file could not be stored, read back and deleted (`--write`)",
        "Uploads of that user fail in the same way: `550`, `553`, `552`, `426`.",
        "Let the user write there, or name another place by `--directory`.",
    ),
    Ailment(
        "clock-skew",
        "warning",
        "a file that was stored just now has another time (`--write`)",
        "Clients that synchronise by time (lftp mirror, WinSCP, rclone) copy everything again, or nothing. MDTM speaks"
        " of UTC (RFC 3659).",
        "Set the server's clock (NTP), and let MDTM tell UTC.",
    ),
    Ailment(
        "files-differ",
        "error",
        "a file of `--file` is not the same on every server",
        "A client sees it or not, old or new, by the server that it got.",
        "Let the servers share their files, or synchronise them.",
    ),
    Ailment(
        "features-differ",
        "warning",
        "the servers' answers to FEAT differ",
        "What a client has learned at one server fails at the next: `500 Unknown command`.",
        "Give all servers the same version, modules and settings.",
    ),
)
