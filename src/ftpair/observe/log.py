"""The log of every process: JSON lines, or readable lines on a terminal; facts as one line each. Never a password.

What peers wrote (user names, paths, replies) is made harmless here once more, whatever the field: control characters
and directional marks are escaped (interop S18).
"""

import logging
import os
from collections.abc import MutableMapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
import structlog

from ftpair.core.ending import Leg
from ftpair.core.facts import (
    CertificateNames,
    CommandRefused,
    DataConnection,
    Fact,
    Handshake,
    LoginAnswered,
    Overloaded,
    ProtocolError,
    Refusal,
    Rescued,
    RescueFailed,
    ServerChosen,
    ServerFailed,
    SessionDrained,
    SessionEnded,
    Tls,
    TransferEnded,
)
from ftpair.core.plan import LogFormat, LogLevel
from ftpair.observe.fitting import CUT, LONGEST_LINE, Event, fitted
from ftpair.observe.recent import SINK
from ftpair.observe.sparing import Sparing
from ftpair.observe.stderr import STDERR, Stderr

LEVELS: dict[LogLevel, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
LINES: dict[type[Fact], tuple[int, str]] = {
    SessionEnded: (logging.INFO, "session ended"),
    TransferEnded: (logging.INFO, "transfer ended"),
    ServerFailed: (logging.WARNING, "server failed"),
    Rescued: (logging.INFO, "rescued"),
    RescueFailed: (logging.WARNING, "rescue failed"),
    DataConnection: (logging.DEBUG, "data connection"),
    Handshake: (logging.DEBUG, "TLS handshake"),
    ProtocolError: (logging.DEBUG, "protocol error"),
    Refusal: (logging.DEBUG, "client refused"),
    CommandRefused: (logging.INFO, "command refused"),
    SessionDrained: (logging.DEBUG, "session drained"),
    ServerChosen: (logging.DEBUG, "server chosen"),
}
"""The level and the words of each fact; those of an answered login and of an overload depend on it."""

_ENCODER = msgspec.json.Encoder()
_LOG = structlog.get_logger("ftpair")
_SCALARS = (int, float, type(None))
_REFUSALS = Sparing()


class _Now:
    """The settings in force, so that a plan that changes nothing costs nothing and a line nobody wants is not made."""

    settings: tuple[LogFormat, LogLevel] | None = None
    level = logging.INFO
    is_text = True


class _Bridge(logging.Handler):
    """Brings what libraries and asyncio log into the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        level = max(logging.DEBUG, min(record.levelno // 10 * 10, logging.CRITICAL))
        more = {"exc_info": record.exc_info} if record.exc_info else {}
        _LOG.log(level, record.getMessage(), logger=record.name, **more)


_BRIDGE = _Bridge()


def configure(format: LogFormat = "auto", level: LogLevel = "info") -> None:  # noqa: A002  The configuration's word.
    """Set the log of this process up, on its standard error; again whenever a plan wants it otherwise."""
    STDERR.open()
    if (format, level) == _Now.settings:
        return
    _Now.settings, _Now.level = (format, level), LEVELS[level]
    _Now.is_text = format == "text" or (format == "auto" and STDERR.is_terminal)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _confess,
            _harmless,
            _text_renderer(STDERR) if _Now.is_text else _to_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_Now.level),
        logger_factory=lambda *_: SINK,
        cache_logger_on_first_use=False,
    )
    _bridge()


def is_json() -> bool:
    """Whether this process writes its log as JSON by now."""
    return _Now.settings is not None and not _Now.is_text


def _bridge() -> None:
    root = logging.getLogger()
    if _BRIDGE not in root.handlers:
        root.addHandler(_BRIDGE)
    root.setLevel(max(_Now.level, logging.WARNING))  # Libraries talk too much below.
    logging.getLogger("ftpair").setLevel(_Now.level)


def _confess(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say how many lines before this one found no reader."""
    if STDERR.lost:
        event["lines_lost"] = STDERR.lost
    return event


def _to_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> bytes:
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return fitted(first | dict(event), _ENCODER.encode)


def _text_renderer(stderr: Stderr) -> Any:
    render = structlog.dev.ConsoleRenderer(colors=stderr.is_terminal and not os.environ.get("NO_COLOR"))

    def to_text(logger: Any, method: str, event: MutableMapping[str, Any]) -> bytes:
        def encoded(event: Event) -> bytes:
            return render(logger, method, event).encode()

        return fitted(dict(event), encoded)

    return to_text


def _harmless(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if type(value) is str:
            event[name] = _indented(value) if name == "exception" else _escaped(value)
        elif not isinstance(value, _SCALARS):
            event[name] = _plain(value)
    return event


def _plain(value: Any) -> Any:
    """Return something that JSON and terminals take, harmless to its depth."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, dict):
        return {_escaped(str(name)): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _escaped(str(value))


def _escaped(text: str) -> str:
    if len(text) > LONGEST_LINE:
        text = text[:LONGEST_LINE] + CUT
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def _indented(traceback: str) -> str:
    # Lines of a traceback may carry what a peer wrote; set in, they cannot pass for lines of the log.
    return "\n".join(f"    {_escaped(line)}" for line in traceback.split("\n"))


def log_fact(fact: Fact) -> None:
    """Write one line with all fields of a fact, if its level is wanted.

    The end of a session or transfer and a refused login are `info`, a server that failed is a `warning`, the rest is
    `debug`.
    """
    level, words = _line(fact)
    if level < _Now.level:
        return
    left_out = _REFUSALS.spare() if type(fact) is Refusal else 0
    if left_out is None:
        return
    fields = _fields(fact) | ({"left_out": left_out} if left_out else {})
    if _Now.is_text or not _is_written(logging.getLevelName(level).lower(), words, fields):
        _LOG.log(level, words, **fields)


def _is_written(level: str, words: str, fields: dict[str, Any]) -> bool:
    """Write the JSON line of a fact at once and return True, unless something in it asks for the long way.

    With thousands of small files a second this is worth it: 9 us a line instead of 15. A line of ASCII without a
    backslash and a DEL has nothing to escape, and a short one no field to shorten.
    """
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    try:
        line = _ENCODER.encode({"timestamp": now, "level": level, "event": words, **fields})
    except UnicodeEncodeError:  # A lone surrogate.
        return False
    is_plain = line.isascii() and b"\\" not in line and b"\x7f" not in line and len(line) <= LONGEST_LINE
    if not is_plain or STDERR.lost:
        return False
    SINK.put(level, line)
    return True


def _line(fact: Fact) -> tuple[int, str]:
    if isinstance(fact, LoginAnswered):
        return (logging.DEBUG, "login accepted") if fact.accepted else (logging.INFO, "login refused")
    if isinstance(fact, Overloaded):
        over = (logging.INFO, "new sessions are taken again")
        return over if fact.is_over else (logging.WARNING, "new sessions are refused")
    return LINES[type(fact)]


def _names(name: str, names: CertificateNames) -> dict[str, str]:
    """Return what to write into rules about a client's certificate."""
    told = {f"{name}_certificate_subject": names.subject}
    return told | ({f"{name}_certificate_san": ", ".join(names.alternative)} if names.alternative else {})


def _fields(fact: Fact) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        if type(value) is float:
            fields[name] = round(value, 3)
        elif isinstance(value, Leg):
            fields[name] = value.value
        elif isinstance(value, Tls):
            fields[name] = value.version
            fields[f"{name}_cipher"] = value.cipher
            fields[f"{name}_resumed"] = value.resumed
            fields |= {f"{name}_{key}": text for key in ("sni", "subject") if (text := getattr(value, key))}
            fields |= _names(name, value.names) if value.names.subject else {}
        else:
            fields[name] = value
    return fields
