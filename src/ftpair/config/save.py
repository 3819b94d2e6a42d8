"""Write a configuration back: comments, order and spelling of the rest stay; the file is old or new, never half."""

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from ftpair.config.load import understood
from ftpair.config.machine import Machine, this_machine
from ftpair.config.models import Config
from ftpair.config.problems import Where
from ftpair.core.errors import FtpairError

_GONE = object()
_NEW_MODE = 0o640
Chown = Callable[[int, int, int], None]
"""Gives a descriptor's file to a user and a group; -1 leaves one as it is."""


def save(path: Path, config: Config, machine: Machine | None = None) -> None:
    """Make a file say what `config` says. Raises OSError, and what `rewritten` raises; then the file is unchanged."""
    content = path.read_bytes() if path.exists() else b""
    replace_file(path, rewritten(content, config, machine or this_machine()))


def rewritten(content: bytes, config: Config, machine: Machine) -> bytes:
    """Return a file's bytes changed so that they say what `config` says.

    Raises InvalidConfigError if either is no valid configuration, FtpairError if the bytes cannot be edited.
    """
    if not content.strip():
        return dumped(tree(config))
    former = understood("the file to be changed", content, machine)
    changes = list(_differences((), tree(former), tree(config)))
    made = _with_values(content, [change for change in changes if change[1] is not _GONE], tree(config))
    for where in (where for where, value in changes if value is _GONE):
        made = _without(made, where, tree(config))
    if tree(understood("the new configuration", made, machine)) != tree(config):
        raise FtpairError("the file uses aliases (*name) in a way that cannot be edited safely: edit it by hand")
    return made


def replace_file(path: Path, content: bytes, new_mode: int = _NEW_MODE, chown: Chown = os.fchown) -> None:
    """Replace a file in one step (temporary file, fsync, rename), keeping its mode and owner. Raises OSError.

    One that is not there yet gets `new_mode`. Who may write in the folder but not give files away becomes the owner,
    and keeps the group if it is one of his.
    """
    target = path.resolve()
    status = target.stat() if target.exists() else None
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, status.st_mode & 0o7777 if status else new_mode)
            if status:
                _give(handle, status, chown)
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.replace(name, target)  # noqa: PTH105  # Path.replace is the same call; both names are text here.
    except BaseException:  # Whatever ends the writing, Ctrl-C too: no draft is left behind; it is raised again.
        with suppress(OSError):
            Path(name).unlink()
        raise
    sync_folder(target.parent)


def _give(handle: int, former: os.stat_result, chown: Chown) -> None:
    for owner in (former.st_uid, -1):
        with suppress(PermissionError):
            chown(handle, owner, former.st_gid)
            return


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, and not only what is in its files. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def tree(config: Config) -> dict[str, Any]:
    """Return what was said, without the defaults."""
    return config.model_dump(mode="json", exclude_unset=True, by_alias=True)


def _differences(where: Where, before: Any, after: Any) -> Iterator[tuple[Where, Any]]:
    """Yield the places whose value differs, as deep as possible, with the new value."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield where, after
        return
    for key in before.keys() | after.keys():
        place = (*where, key)
        if key not in after:
            yield place, _GONE
        else:
            yield from _differences(place, before.get(key, _GONE), after[key])


def _with_values(content: bytes, changes: list[tuple[Where, Any]], wanted: dict[str, Any]) -> bytes:
    if not changes:
        return content
    document = _yaml().load(content)
    for where, value in changes:
        _put(document, where, value, wanted)
    return dumped(document)


def _put(document: Any, where: Where, value: Any, wanted: Any) -> None:
    """Set one value; where the file says it in another form (ports on one line), that whole form is replaced."""
    block = document
    for key in where[:-1]:
        wanted = wanted[key]
        if not isinstance(block.get(key), dict):
            block[key] = wanted
            return
        block = block[key]
    block[where[-1]] = value


def _without(content: bytes, where: Where, wanted: dict[str, Any]) -> bytes:
    """Remove a key: its lines, if it has lines of its own, because a comment after them belongs to what follows.

    Where its block is said in another form (ports on one line), that whole form is replaced.
    """
    block: Any = _yaml().compose(content)
    for name in where[:-1]:
        block = _pair(block, name)[1]
    key, value = _pair(block, where[-1])
    if key is None or value is None:
        is_replaced = isinstance(block, MappingNode)
        return content if is_replaced else _with_values(content, [_whole(where[:-1], wanted)], wanted)
    if block.flow_style or len(block.value) == 1:
        return _popped(content, where)
    lines, first = content.decode("utf-8-sig").splitlines(keepends=True), key.start_mark.line
    return "".join(lines[:first] + lines[max(first, _last_line(value)) + 1 :]).encode()


def _whole(where: Where, wanted: Any) -> tuple[Where, Any]:
    """Return the change that replaces a block which is said in another form (ports on one line)."""
    for key in where:
        wanted = wanted[key]
    return where, wanted


def _pair(block: Node | None, name: str | int) -> tuple[Node | None, Node | None]:
    pairs = block.value if isinstance(block, MappingNode) else []
    return next((pair for pair in pairs if pair[0].value == name), (None, None))


def _popped(content: bytes, where: Where) -> bytes:
    document = _yaml().load(content)
    block = document
    for key in where[:-1]:
        block = block[key]
    del block[where[-1]]
    return dumped(document)


def _last_line(node: Node) -> int:
    """Return the last line (from 0) of a value itself, without the comments after it."""
    if node.value and isinstance(node, CollectionNode) and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(node, MappingNode) else last)
    return int(node.end_mark.line)


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml


def dumped(document: dict[str, Any]) -> bytes:
    """Return a document as YAML."""
    stream = io.BytesIO()
    _yaml().dump(CommentedMap(document) if not isinstance(document, CommentedMap) else document, stream)
    return stream.getvalue()
