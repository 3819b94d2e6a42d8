"""Figures over time: what is measured, and in which unit."""

from typing import Literal, get_args

Measure = Literal[
    "bytes_up",
    "bytes_down",
    "sessions",
    "sessions_peak",
    "transfers",
    "transfers_done",
    "transfers_failed",
    "logins",
    "logins_refused",
    "errors",
    "refusals",
    "healthy",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
Unit = Literal["bytes/s", "mean", "peak", "number", "share"]
UNITS: dict[Measure, Unit] = {
    "bytes_up": "bytes/s",
    "bytes_down": "bytes/s",
    "sessions": "mean",
    "sessions_peak": "peak",
    "transfers": "mean",
    "transfers_done": "number",
    "transfers_failed": "number",
    "logins": "number",
    "logins_refused": "number",
    "errors": "number",
    "refusals": "number",
    "healthy": "share",
}
"""What a point tells of its step: bytes in a second, the mean or the highest of what was there, how many there were, or
the share of the time."""
