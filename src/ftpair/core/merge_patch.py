"""JSON merge patch (RFC 7396) on plain values: objects are merged, null removes, anything else replaces."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any


def nested(place: Sequence[str | int], value: Any) -> dict[str, Any]:
    """Return the patch that puts a value at a place of one step or more."""
    first, *others = place
    return {str(first): nested(others, value) if others else value}


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
