"""Fields filled in: what stands in them, and the patch of what was changed. Keys that no field has stay as they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from ftpair.core.merge_patch import merged
from ftpair.web.fields import Field, Where, value_at
from ftpair.web.wanted import Values

Texts = Mapping[str, str]
"""What stands in fields, by their keys."""


def texts_of(values: Values, fields: Iterable[Field]) -> dict[str, str]:
    """Return what the fields show of a block."""
    return {field.key: field.shown(value_at(values, field.where)) for field in fields}


def changes(values: Values, fields: Iterable[Field], texts: Texts) -> dict[str, Any]:
    """Return the patch by which a block says what the texts say; where nothing was typed, nothing is written."""
    patch: dict[str, Any] = {}
    for field in fields:
        text = texts.get(field.key, "").strip()
        if field.key in texts and text != field.shown(value_at(values, field.where)):
            _put(patch, field.where, field.meant(text))
    return _without_emptied(values, patch)


def difference(before: Values, after: Values) -> dict[str, Any]:
    """Return the patch (RFC 7396) that makes one block the other."""
    patch: dict[str, Any] = dict.fromkeys(key for key in before if key not in after)
    for key, value in after.items():
        former = before.get(key)
        if isinstance(former, dict) and isinstance(value, dict):
            if below := difference(former, value):
                patch[key] = below
        elif key not in before or former != value:
            patch[key] = value
    return patch


def joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return one patch that does what both do; where they meet, the second has the last word."""
    made = dict(one)
    for key, value in other.items():
        former = made.get(key)
        made[key] = joined(former, value) if isinstance(former, dict) and isinstance(value, dict) else value
    return made


def _put(patch: dict[str, Any], where: Where, value: Any) -> None:
    for key in where[:-1]:
        patch = patch.setdefault(key, {})
    patch[where[-1]] = value


def _without_emptied(values: Values, patch: dict[str, Any]) -> dict[str, Any]:
    """Return the patch so that a block goes with the last of its keys, and TLS with its certificate."""
    made = dict(patch)
    for key, change in patch.items():
        if isinstance(change, dict) and (_is_emptied(values.get(key), change) or _loses_certificate(key, change)):
            made[key] = None
    return made


def _is_emptied(block: Any, change: dict[str, Any]) -> bool:
    return not _pruned(merged(block, change))


def _pruned(value: Any) -> Any:
    """Return a value without blocks that hold nothing."""
    if not isinstance(value, dict):
        return value
    return {key: each for key, each in value.items() if _pruned(each) != {}}


def _loses_certificate(key: str, change: dict[str, Any]) -> bool:
    return key == "tls" and "certificate" in change and change["certificate"] is None
