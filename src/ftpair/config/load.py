"""YAML to `Config`, or every problem of the file at once."""

import errno
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ftpair.config.availability import contradictory_availability
from ftpair.config.checks import contradictions
from ftpair.config.explain import explain, explain_empty
from ftpair.config.haproxy import contradictory_engines
from ftpair.config.machine import Machine, this_machine
from ftpair.config.models import Config
from ftpair.config.pairing import contradictory_pairings
from ftpair.config.pooling import contradictory_pools
from ftpair.config.problems import Finding, InvalidConfigError, Where, locate, refusal
from ftpair.config.shape import field_at, without_modes
from ftpair.config.source import Source, read_source
from ftpair.core.actions import Problem

__all__ = ["Draft", "InvalidConfigError", "draft", "load", "read_config", "understood", "why_unreadable"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as far as it could be understood: what is broken has its default or an example in `config`."""

    config: Config
    findings: tuple[Finding, ...] = ()
    broken: frozenset[Where] = frozenset()

    def with_findings(self, found: tuple[Finding, ...]) -> "Draft":
        """Return the draft with further findings, but for those that rest on something broken."""
        sound = tuple(finding for finding in found if not finding.rests_on(self.broken))
        return Draft(self.config, self.findings + sound, self.broken)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, in the order of the file."""
        return locate(self.findings, self.config.lines)


def load(path: Path, machine: Machine | None = None) -> Config:
    """Return the configuration in a file. Raises InvalidConfigError with all problems of that file."""
    return understood(str(path), read_config(path), machine or this_machine())


def understood(name: str, content: bytes, machine: Machine) -> Config:
    """Return what a text says; `name` is what it is called. Raises InvalidConfigError with all its problems."""
    made = draft(content, machine)
    if made.findings:
        raise refusal(name, made.problems)
    return made.config


def draft(content: bytes, machine: Machine) -> Draft:
    """Return what the bytes of a file mean, and all that is wrong with it."""
    source = read_source(content)
    if () in source.broken:
        empty = Config.model_validate({}, context=source.lines)
        return Draft(empty, source.findings, source.broken)
    made = _understood(source)
    return made.with_findings(
        (
            *contradictions(made.config, machine.cpus),
            *contradictory_pools(made.config),
            *contradictory_availability(made.config),
            *contradictory_pairings(made.config),
            *contradictory_engines(made.config),
        )
    )


def read_config(path: Path) -> bytes:
    """Return the bytes of a configuration file. Raises InvalidConfigError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise refusal(str(path), (Problem("", why_unreadable(error, path)),)) from None


def why_unreadable(error: OSError, path: Path, if_missing: str = "create it, or write another path") -> str:
    """Return why a file cannot be read, and the remedy."""
    if error.errno == errno.ENOENT:
        return f"{path} does not exist: {if_missing}"
    remedy = _REMEDIES.get(error.errno or 0, f"cannot be read ({error.strerror}): write the path of a readable file")
    return f"{path} {remedy}"


_REMEDIES = {
    errno.ENOTDIR: "does not exist (a part of its path is no folder): write another path",
    errno.EACCES: "may not be read by this user: run as root, or change its owner or mode",
    errno.EISDIR: "is a folder: write the path of a file in it",
}


def _understood(source: Source) -> Draft:
    """Validate, put something valid where it fails, and go on, so that one mistake does not hide the next."""
    data, findings, broken = deepcopy(source.data), list(map(explain_empty, source.findings)), set(source.broken)
    broken |= {_repair(data, service) for service in _without_mode(broken)}
    while True:
        try:
            config = Config.model_validate(data, context=source.lines)
        except ValidationError as error:
            found = _explained(error)
            findings += [finding for finding in found if finding.where not in broken]
            broken |= {place for finding in found for place in (finding.where, *finding.depends)}
            lost = _without_mode(broken)
            broken |= {_repair(data, where) for where in (*lost, *(finding.where for finding in found))}
        else:
            return Draft(config, tuple(findings), frozenset(broken))


def _explained(error: ValidationError) -> list[Finding]:
    """Return the errors as findings; a misspelled key is one mistake, not an unknown key and a missing one."""
    errors = error.errors(include_url=False)
    found = [explain(each) for each in errors if each["type"] != "missing"]
    meant = {place for finding in found for place in finding.depends}
    found += [explain(each) for each in errors if each["type"] == "missing" and without_modes(each["loc"]) not in meant]
    lost = _without_mode(place for finding in found for place in (finding.where, *finding.depends))
    return [each for each in found if each.where[:2] not in lost or _without_mode((each.where, *each.depends))]


def _without_mode(broken: Iterable[Where]) -> set[Where]:
    """Return the services whose mode is broken: which keys they may have, and what these mean, nobody can tell."""
    return {place[:2] for place in broken if len(place) == 3 and place[0] == "virtual_services" and place[2] == "mode"}


def _repair(data: dict[str, Any], where: Where) -> Where:
    """Put an example in place of a required value, and remove any other. Return the place that was changed."""
    block: Any = data
    for depth, key in enumerate(where[:-1]):
        if not isinstance(block.get(key), dict):
            return _repair(data, where[: depth + 1])
        block = block[key]
    field = field_at(where)
    block.pop(where[-1], None)
    if field and field.is_required():
        block[str(where[-1])] = deepcopy((field.examples or [None])[0])
    return where
