"""The lines `server` and `default-server` of HAProxy's file, turned into real servers and their health checks. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from ftpair.imports.haproxy_file import Door, Line, Section
from ftpair.imports.haproxy_times import seconds
from ftpair.imports.names import fresh_name
from ftpair.imports.notes import Note

_FLAGS = {"agent-check", "allow-0rtt", "backup", "check", "check-send-proxy", "check-ssl", "check-via-socks4"}
_FLAGS |= {"disabled", "enabled", "ktls", "non-stick", "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl"}
_FLAGS |= {"send-proxy-v2-ssl-cn", "ssl", "stick", "tfo", "tls-tickets"}
_CARRIED = {"backup", "check", "enabled", "fall", "inter", "maxconn", "rise", "send-proxy", "send-proxy-v2"}
_CARRIED |= {"slowstart", "weight"}
_USUAL = {"inter": "2s", "rise": "2", "fall": "3"}
"""What HAProxy takes where nothing is written."""
_REMEDIES = {
    "disabled": "it begins online: ftpair drain, or ftpair halt, keeps it out",
    "ssl": "TLS towards a server in TCP mode would be a second one: left out",
    "cookie": "cookies are for HTTP: left out",
    "port": "not carried, probes go to the control port",
    "usesrc": "write source: client in the service to show servers the client's address",
}
_UNDOING = {f"no-{word}" for word in _CARRIED | {*_REMEDIES}}

Options = dict[str, str]
"""What a line says of a server, by HAProxy's words; a flag has an empty value."""


def host_of(line: Line) -> str:
    """Return the address of a server without its port."""
    return re.sub(r":[+-]?\d*$", "", line.words[2].removeprefix("ipv4@").removeprefix("ipv6@")).strip("[]")


def port_of(line: Line) -> str:
    """Return what stands behind a server's address: a port, `+1000` or `-1000`; empty: the port that was dialled."""
    found = re.search(r":([+-]?\d+)$", line.words[2])
    return found[1] if found else ""


def hosts_of(door: Door) -> dict[str, tuple[Section, Line]]:
    """Return the first line of each host that a proxy leads to, with its section."""
    return {host_of(line): (section, line) for section, line in reversed(door.servers)}


def real_servers(door: Door) -> dict[str, Any]:
    """Return the real servers of a proxy, by host, in the order of the file; each has its `name`."""
    servers: dict[str, Any] = {}
    for section, line in door.servers:
        if host_of(line) not in servers:
            name = fresh_name(line.value, {each["name"] for each in servers.values()})
            servers[host_of(line)] = {"name": name, **_server(line, options_of(section, line))}
    return servers


def _server(line: Line, options: Options) -> dict[str, Any]:
    server: dict[str, Any] = {"address": host_of(line)}
    for word, key in (("weight", "weight"), ("maxconn", "max_sessions")):
        server |= {key: int(options[word])} if options.get(word, "").isdigit() else {}
    server |= {"backup": True} if "backup" in options else {}
    for word, header in (("send-proxy", "v1"), ("send-proxy-v2", "v2")):
        server |= {"proxy_protocol": {"to_control": header, "to_data": header}} if word in options else {}
    return server


def health(door: Door) -> dict[str, Any]:
    """Return the health check of the service: that of the first server that is checked."""
    checked = next((options for options in _all_options(door) if "check" in options), None)
    if checked is None:
        return {"check": "off"}
    for section in door.scopes:
        section.all("option", "tcp-check")
    is_deep = any(each.all("tcp-check", "expect") for each in door.scopes)
    checks: dict[str, Any] = {"check": "banner" if is_deep else "tcp"}
    checks |= {"interval_s": seconds(checked["inter"])} if "inter" in checked else {}
    return checks | {word: int(checked[word]) for word in ("rise", "fall") if checked.get(word, "").isdigit()}


def slow_start(door: Door) -> dict[str, Any]:
    """Return the slow start of the service: that of the first server that has one."""
    written = _slow_starts(door)
    return {"slow_start_s": seconds(written[0])} if written else {}


def _slow_starts(door: Door) -> list[str]:
    return [options["slowstart"] for options in _all_options(door) if "slowstart" in options]


def shared_backups(door: Door) -> Iterator[Note]:
    """Yield what is otherwise where one backup alone would step in."""
    backups = [line for section, line in door.servers if "backup" in options_of(section, line)]
    sharing = [line for each in door.scopes for line in each.all("option", "allbackups")]
    if len(backups) > 1 and not sharing:
        yield Note(backups[1].number, f"{backups[1].value}: all backups share the sessions, not the first one alone")


def _all_options(door: Door) -> Iterator[Options]:
    return (options_of(section, line) for section, line in door.servers)


def options_of(section: Section, line: Line) -> Options:
    """Return what holds for a server: its own line, behind `default-server` of the defaults and of its section."""
    usual = [each.words[1:] for scope in (section.defaults, section) if scope for each in scope.all("default-server")]
    return _options([word for words in [*usual, line.words[3:]] for word in words])


def _options(words: list[str]) -> Options:
    """Return the options of words; `no-check` takes `check` back, and the other way round."""
    options: Options = {}
    rest = iter(words)
    for word in rest:
        is_flag = word in _FLAGS or word.startswith(("no-", "force-"))
        options.pop(word.removeprefix("no-") if word.startswith("no-") else f"no-{word}", None)
        options[word] = "" if is_flag else next(rest, "")
    return options


def untold(doors: list[Door], probed: set[str]) -> Iterator[Note]:
    """Yield what the lines of the servers say that was not carried; the first door is the one that was.

    `probed` are the ports that health checks go to anyway.
    """
    first, slow = hosts_of(doors[0]), _slow_starts(doors[0])[:1]
    common = next((options for options in _all_options(doors[0]) if "check" in options), {})
    for door in doors:
        for _section, line in door.servers:
            section, own = first[host_of(line)]
            carried = options_of(section, own)
            if line is own:
                yield from _of_words(line, line.value, _options(line.words[3:]), probed)
                yield from _other_health(line, carried, common)
                yield from _other_slow_start(line, carried.get("slowstart", "0"), slow)
            else:
                yield from _of_further(line, own, carried)
        for line in [line for scope in door.scopes for line in scope.all("default-server")]:
            yield from _of_words(line, "default-server", _options(line.words[1:]), probed)


def _other_health(line: Line, options: Options, common: Options) -> Iterator[Note]:
    for word, usual in _USUAL.items():
        value = options.get(word, usual)
        if "check" in options and value != common.get(word, usual):
            yield Note(line.number, f"{line.value}: {word} {value}: health is one for all servers of a service")


def _other_slow_start(line: Line, value: str, common: list[str]) -> Iterator[Note]:
    if common and seconds(value) != seconds(common[0]):
        yield Note(line.number, f"{line.value}: slowstart {value}: slow_start_s is one for all servers of a service")


def _of_further(line: Line, own: Line, carried: Options) -> Iterator[Note]:
    for word, value in _options(line.words[3:]).items():
        if carried.get(word) != value:
            said = f"{line.value}: {word} {value}".rstrip()
            yield Note(line.number, f"{said}: not carried, line {own.number} says what holds for that server")


def _of_words(line: Line, who: str, options: Options, probed: set[str]) -> Iterator[Note]:
    for word, value in options.items():
        is_carried = word in _CARRIED or word in _UNDOING or (word == "port" and value in probed)
        if not is_carried:
            yield Note(line.number, f"{who}: {word} {value}".rstrip() + f": {_REMEDIES.get(word, 'not carried')}")
