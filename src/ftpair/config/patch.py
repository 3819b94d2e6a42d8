"""A configuration changed in some places: JSON merge patch (RFC 7396), comments and everything else stay."""

from copy import deepcopy
from typing import Any

from ftpair.config.load import draft
from ftpair.config.machine import Machine
from ftpair.config.problems import refusal
from ftpair.config.save import dumped, rewritten, tree


def patched(content: bytes, patch: dict[str, Any], machine: Machine) -> bytes:
    """Return a file's bytes with a patch: objects are merged, null removes, anything else replaces.

    Raises InvalidConfigError if the file, or what becomes of it, is no valid configuration; FtpairError if the file
    cannot be edited.
    """
    former = draft(content, machine)
    if former.findings:
        raise refusal("the file to be changed", former.problems)
    after = draft(dumped(merged(tree(former.config), patch)), machine)
    if after.findings:
        unplaced = tuple(type(problem)(problem.path, problem.sentence) for problem in after.problems)
        raise refusal("the new configuration", unplaced)
    return rewritten(content, after.config, machine)


def merged(target: Any, patch: Any) -> Any:
    """Return plain values with a patch; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    made = deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), value)
    return made
