"""The validator's errors in plain words: each becomes a finding that says what to write instead."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from ftpair.config.problems import Finding, Where, path_of, shown
from ftpair.config.shape import MODES, block_at, blocks_below, example_text, field_at, keys_of, without_modes
from ftpair.config.source import NO_VALUE

_AT_LEAST_ONE = ("virtual_services", "real_servers")
"""Blocks that begin empty, and may not stay so."""


def explain(error: ErrorDetails) -> Finding:
    """Return what is wrong in plain words; `depends` names the key that was probably meant."""
    found = _explained(error)
    return replace(found, where=without_modes(found.where), depends=tuple(map(without_modes, found.depends)))


def explain_empty(found: Finding) -> Finding:
    """Return a finding as it is, but that of an empty key that is needed with an example instead of the removal."""
    field = field_at(found.where)
    is_needed = field is not None and (field.is_required() or found.where[-1] in _AT_LEAST_ONE)
    if found.sentence != NO_VALUE or not is_needed:
        return found
    return replace(found, sentence=f"is empty: write for example {found.where[-1]}: {_example(found.where)}")


def _explained(error: ErrorDetails) -> Finding:
    where: Where = error["loc"]
    if where and where[-1] == "[key]":
        return Finding(where[:-1], "is not a name: write 1 to 64 letters, digits, dots, dashes or underscores")
    if error["type"] == "extra_forbidden":
        return _unknown_key(where)
    if error["type"] == "missing":
        return Finding(where, f"is missing: write for example {where[-1]}: {_example(where)}")
    if error["type"] == "value_error":
        return Finding(where, f"{_said(error['input'])}{error['ctx']['error']}")
    return Finding(where, _wrong_value(where, error))


def _unknown_key(where: Where) -> Finding:
    key = str(where[-1])
    home = _home_of(where)
    other = _mode_that_has(where) if home is None else ""
    if other:
        return Finding(where, f"belongs to mode: {other}: remove it, or write mode: {other}")
    if home is not None:
        place = f"into {path_of(without_modes(home))}" if home else "at the top of the file, outside of every block"
        return Finding(where, f"does not belong here: write it {place}", depends=((*home, key),))
    known = _keys_at(where[:-1])
    meant = get_close_matches(key, known, n=1)
    if meant:
        return Finding(where, f"is not a known key: did you mean {meant[0]}?", depends=((*where[:-1], meant[0]),))
    return Finding(where, f"is not a known key: remove it, or write one of {', '.join(known)}")


def _keys_at(where: Where) -> list[str]:
    block = block_at(where)
    return list(keys_of(block)) if block else []


def _mode_that_has(where: Where) -> str:
    """Return the other mode of a service, if a key of it is written that this one lacks; else nothing."""
    *service, key = where
    mode = service.pop() if service else ""
    others = [other for other in MODES if mode in MODES and other != mode]
    return next((other for other in others if key in _keys_at((*service, other))), "")


def _home_of(where: Where) -> Where | None:
    """Return the nearest block, below or around, that does have the key."""
    *_, key = where
    block = block_at(where[:-1])
    below = blocks_below(block) if block else iter(())
    around = [where[:length] for length in range(len(where) - 2, -1, -1) if where[length] not in MODES]
    homes = [(*where[:-1], child) for child, model in below if key in keys_of(model)]
    homes += [place for place in around if key in _keys_at(place)]
    return homes[0] if homes else None


def _wrong_value(where: Where, error: ErrorDetails) -> str:
    words = _WORDS.get(error["type"])
    wanted = words(error.get("ctx", {})) if words else error["msg"][:1].lower() + error["msg"][1:]
    meant = _meant(error)
    if meant:
        return f"{wanted}, but is {shown(error['input'])}: did you mean {meant}?"
    whole = _whole(where)
    return f"{wanted}, but is {shown(error['input'])}: write for example {whole[-1]}: {_example(whole)}"


def _whole(where: Where) -> Where:
    """Return the place of the list around a wrong item of one, which has no key that could be written."""
    while len(where) > 1 and isinstance(where[-1], int):
        where = where[:-1]
    return where


def _meant(error: ErrorDetails) -> str:
    choices = _choices(error.get("ctx", {})) if error["type"] == "literal_error" else []
    given = str(error["input"]).lower()
    meant = get_close_matches(given, choices, n=1) if any(map(str.isalpha, given)) else []  # 1.1 is no slip for 1.3.
    return meant[0] if meant else ""


def _choices(context: Mapping[str, Any]) -> list[str]:
    return str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")


def _example(where: Where) -> str:
    field = field_at(where)
    if field and field.examples:
        return example_text(field.examples[0])
    around = field_at(where[:-1])  # A name that people choose: the block around it shows how such a block looks.
    example = around.examples[0] if around and around.examples else None
    return example_text(next(iter(example.values()))) if isinstance(example, dict) else "..."


def _said(value: Any) -> str:
    return f"{shown(value)} " if isinstance(value, str | int | float) else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be text (in quotes, if it looks like a number)",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda context: f"must have {context['max_length']} characters or fewer",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be a block of keys",
    "model_type": lambda _: "must be a block of keys",
    "greater_than": lambda context: f"must be more than {_number(context['gt'])}",
    "greater_than_equal": lambda context: f"must be {_number(context['ge'])} or more",
    "less_than_equal": lambda context: f"must be {_number(context['le'])} or less",
    "literal_error": lambda context: f"must be one of {', '.join(_choices(context))}",
}
