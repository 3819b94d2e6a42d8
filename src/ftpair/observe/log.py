"""The log of every process: JSON lines, or readable lines on a terminal; facts as one line each. Never a password.

What peers wrote (user names, paths, replies) is made harmless here once more, whatever the field: control characters and
directional marks are escaped (interop S18).
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from ftpair.core.facts import Fact, LoginAnswered, ServerFailed, SessionEnded, Tls, TransferEnded
from ftpair.core.plan import LogFormat, LogLevel

_LEVELS: dict[LogLevel, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_ENCODER = msgspec.json.Encoder()
_HARMFUL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_HARMFUL |= {
    code: f"\\u{code:04x}" for code in (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}


class _Now:
    """The settings in force, so that a plan that changes nothing costs nothing."""

    settings: tuple[LogFormat, LogLevel] | None = None


def configure(format: LogFormat = "auto", level: LogLevel = "info") -> None:  # noqa: A002  The configuration's word.
    """Set the log of this process up; again whenever a plan wants it otherwise."""
    if (format, level) == _Now.settings:
        return
    _Now.settings = (format, level)
    is_text = format == "text" or (format == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if is_text else _to_json
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _harmless,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=(
            structlog.PrintLoggerFactory(sys.stderr) if is_text else structlog.BytesLoggerFactory(sys.stderr.buffer)
        ),
        cache_logger_on_first_use=False,
    )


def _to_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:
    return _ENCODER.encode(event)


def _harmless(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key != "exception" and not value.isprintable():
            event[key] = value.translate(_HARMFUL)
    return event


def log_fact(fact: Fact) -> None:
    """Write one line about a session or a transfer that ended, a login that was refused, a server that failed."""
    log = structlog.get_logger("ftpair")
    match fact:
        case SessionEnded():
            log.info("session ended", **_fields(fact))
        case TransferEnded():
            log.info("transfer ended", **_fields(fact))
        case LoginAnswered(accepted=False):
            log.info("login refused", **_fields(fact))
        case ServerFailed():
            log.warning("server failed", **_fields(fact))
        case _ if log.is_enabled_for(logging.DEBUG):
            log.debug(type(fact).__name__, **_fields(fact))


def _fields(fact: Fact) -> dict[str, Any]:
    fields = msgspec.structs.asdict(fact)
    for name, value in fields.items():
        if isinstance(value, float):
            fields[name] = round(value, 3)
        elif isinstance(value, Tls):
            fields[name] = f"{value.version} {value.cipher}{' resumed' if value.resumed else ''}"
    return fields
