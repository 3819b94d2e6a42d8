"""A configuration changed in some places: JSON merge patch (RFC 7396), comments and everything else stay."""

from typing import Any

from ftpair.config.load import draft, understood
from ftpair.config.machine import Machine
from ftpair.config.problems import refusal
from ftpair.config.save import dumped, rewritten, tree
from ftpair.core.merge_patch import merged


def patched(content: bytes, patch: dict[str, Any], machine: Machine) -> bytes:
    """Return a file's bytes with a patch: objects are merged, null removes, anything else replaces.

    Raises InvalidConfigError if the file, or what becomes of it, is no valid configuration; FtpairError if the file
    cannot be edited.
    """
    former = understood("the file to be changed", content, machine)
    after = draft(dumped(merged(tree(former), patch)), machine)
    if after.findings:
        unplaced = tuple(type(problem)(problem.path, problem.sentence) for problem in after.problems)
        raise refusal("the new configuration", unplaced)
    return rewritten(content, after.config, machine)
