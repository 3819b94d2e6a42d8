"""YAML text to plain values, the line of every key, and what is wrong with the text itself. Knows no key of ftpair."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ftpair.config.problems import Finding, Lines, Where, shown

_CORE = "tag:yaml.org,2002:"
_MOST_NODES = 50_000
_DEEPEST = 20
_DEEPEST_MERGE = 8
_EMPTY = "the file is empty: write at least virtual_services with one service"
NO_VALUE = "is empty: write a value, or remove the key"
_TAB = "indented with a tab; YAML wants spaces"
_NO_BLOCK = "the file must be a block of keys such as virtual_services: {{...}}, but is {}"


@dataclass(frozen=True, slots=True)
class Source:
    """A file as plain values; `broken` are the places whose value was left out because the text is wrong there."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: Lines = field(default_factory=Lines)
    findings: tuple[Finding, ...] = ()
    broken: frozenset[Where] = frozenset()


def read_source(content: bytes) -> Source:
    """Return what the bytes of a file say; trouble becomes findings, never an exception."""
    try:
        root = YAML(typ="rt").compose(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _unreadable(line, "is not UTF-8 text: save the file as UTF-8")
    except MarkedYAMLError as error:
        return _unreadable(_line(error), _TAB if _is_tab_of_indentation(error, content) else _syntax(error))
    except YAMLError as error:
        return _unreadable(0, f"is not valid YAML ({str(error).splitlines()[0]}): remove the control characters")
    if not isinstance(root, MappingNode):
        return _unreadable(1, _EMPTY if root is None or _is_null(root) else _NO_BLOCK.format(_kind(root)))
    walk = _Walk()
    data = walk.block(root, ())
    return Source(data, Lines(walk.lines), tuple(walk.findings), frozenset(walk.broken))


class _Walk:
    """One way through the nodes of a file: collects values, lines and findings."""

    def __init__(self) -> None:
        self.lines: dict[Where, int] = {(): 1}
        self.findings: list[Finding] = []
        self.broken: set[Where] = set()
        self.nodes = 0

    def value(self, node: Node, where: Where) -> Any:
        """Return the plain value of a node; None after a finding."""
        self.nodes += 1
        if len(where) > _DEEPEST or self.nodes > _MOST_NODES:
            return self.reject(where, "is nested too deeply or repeated too often: write it out without aliases")
        if isinstance(node, MappingNode):
            return self.block(node, where)
        if isinstance(node, SequenceNode):
            self.lines |= {(*where, index): item.start_mark.line + 1 for index, item in enumerate(node.value)}
            return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, where)

    def block(self, node: MappingNode, where: Where) -> dict[str, Any]:
        """Return a mapping; the first of two equal keys counts."""
        block: dict[str, Any] = {}
        for key, value in _pairs(node):
            place = (*where, _name(key))
            if place in self.lines:
                self.double(place, key.start_mark.line + 1)
                continue
            self.lines[place] = key.start_mark.line + 1
            block[_name(key)] = self.value(value, place)
        return {key: value for key, value in block.items() if value is not None}

    def scalar(self, node: Node, where: Where) -> Any:
        """Return text, number or truth value; a key without a value is a finding, lest it be taken for the default."""
        if _is_null(node):
            return self.reject(where, NO_VALUE)
        tag = str(node.tag)
        if not tag.startswith(_CORE):
            return self.reject(where, f"has the YAML tag {tag}: write the value without it")
        return _SCALARS.get(tag.removeprefix(_CORE), str)(node.value)

    def reject(self, where: Where, sentence: str) -> None:
        """Note a finding; the value is left out."""
        self.broken.add(where)
        self.findings.append(Finding(where, sentence))

    def double(self, place: Where, line: int) -> None:
        """Note a key that stands there twice, on the line of the second."""
        sentence = f"is here a second time (first in line {self.lines[place]}): remove one of the two"
        self.findings.append(Finding(place, sentence, line=line))


def _pairs(node: MappingNode, depth: int = 0) -> list[tuple[Node, Node]]:
    """Return the keys of a mapping with their values: its own, then those that it merges (`<<`) and does not have."""
    own = [(key, value) for key, value in node.value if not _is_merge(key)]
    names = {_name(key) for key, _ in own}
    for merge in (value for key, value in node.value if _is_merge(key) and depth < _DEEPEST_MERGE):
        for taken in [merge] if isinstance(merge, MappingNode) else merge.value:
            pairs = _pairs(taken, depth + 1) if isinstance(taken, MappingNode) else []
            own += [pair for pair in pairs if _name(pair[0]) not in names]
            names |= {_name(key) for key, _ in pairs}
    return own


def _name(key: Node) -> str:
    return key.value if isinstance(key, ScalarNode) else "?"


def _is_merge(key: Node) -> bool:
    return str(key.tag) == f"{_CORE}merge"


def _whole(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return int(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "int": _whole,
    "float": lambda text: float(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.lower())),
    "bool": lambda text: text.lower() == "true",
}


def _is_null(node: Node) -> bool:
    return str(node.tag) == f"{_CORE}null"


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, SequenceNode) else shown(node.value)


def _unreadable(line: int, sentence: str) -> Source:
    return Source(lines=Lines({(): line}), findings=(Finding((), sentence, line=line),), broken=frozenset({()}))


def _line(error: MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0


def _is_tab_of_indentation(error: MarkedYAMLError, content: bytes) -> bool:
    """Return whether the reader stopped at a tab with nothing but white space before it on its line."""
    mark = error.problem_mark
    if "'\\t' that cannot start" not in (error.problem or "") or mark is None:
        return False
    return not content.decode("utf-8-sig")[mark.index - mark.column : mark.index].strip()


_SYNTAX = {
    "'\\t' that cannot start any token": "a tab stands where a space belongs: write a space",
    "cannot start any token": "a reserved character begins a value: put the text in quotes",
    "mapping values are not allowed here": "a second colon: put the text in quotes, or begin a new line",
    "expected a single document": "the file holds several documents: remove the line ---",
    "undefined alias": "an alias (*name) has no anchor (&name): write the value out",
    "expected ',' or": "a bracket is not closed, or a comma is missing",
    "unexpected end of stream": "a quote is not closed",
    "could not find expected ':'": "a colon is missing after a key, or the line is not indented like its neighbours",
}


def _syntax(error: MarkedYAMLError) -> str:
    said = " ".join(filter(None, (error.context, error.problem)))
    remedy = next((remedy for part, remedy in _SYNTAX.items() if part in said), "look at this line and the one before")
    return f"is not valid YAML ({said}): {remedy}"
