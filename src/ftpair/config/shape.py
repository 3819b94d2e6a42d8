"""Which keys the configuration has at which place: the models, asked by path."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ftpair.config.blocks import Block
from ftpair.config.models import Config
from ftpair.config.problems import Where

MODES = ("ftp", "tcp")
_MODE = 2
"""Where a place tells the mode: `("virtual_services", "FTPS_VIP", "tcp", "ports")`."""


def block_at(where: Where) -> type[Block] | None:
    """Return the model whose keys stand at a place; None where there is a plain value, or nothing that is known."""
    return next(iter(_blocks_at(where)), None)


def _blocks_at(where: Where) -> tuple[type[Block], ...]:
    annotation: Any = Config
    for key in where:
        annotation = _inside(annotation, key)
    return blocks_in(annotation)


def field_at(where: Where) -> FieldInfo | None:
    """Return the field of a key; None where the key is unknown, or a name that people choose."""
    blocks = _blocks_at(where[:-1]) if where else ()
    fields = (keys_of(block).get(str(where[-1])) for block in blocks)
    return next((field for field in fields if field), None)


def keys_of(block: type[Block]) -> dict[str, FieldInfo]:
    """Return the fields of a model by the keys that people write (`from` is a word of Python: its field is `from_`)."""
    return {field.alias or name: field for name, field in block.model_fields.items()}


def blocks_below(block: type[Block]) -> Iterator[tuple[str, type[Block]]]:
    """Yield the keys of a model that hold a model themselves, with that model."""
    for key, field in keys_of(block).items():
        below = block_in(field.annotation)
        if below:
            yield key, below


def blocks_in(annotation: Any) -> tuple[type[Block], ...]:
    """Return the models that an annotation allows: a service is of one mode or the other."""
    if get_origin(annotation) is Annotated:
        return blocks_in(get_args(annotation)[0])
    if _is_choice(annotation):
        return tuple(block for each in get_args(annotation) for block in blocks_in(each))
    return (annotation,) if isinstance(annotation, type) and issubclass(annotation, Block) else ()


def block_in(annotation: Any) -> type[Block] | None:
    """Return the model that an annotation allows, the first of several, whether or not it allows None as well."""
    return next(iter(blocks_in(annotation)), None)


def without_modes(where: Where) -> Where:
    """Return the place as people write it: the validator names a service's mode as if it were a key."""
    is_tagged = len(where) > _MODE and where[0] == "virtual_services" and where[_MODE] in MODES
    return (*where[:_MODE], *where[_MODE + 1 :]) if is_tagged else where


def blocks_named(annotation: Any) -> tuple[type[Block], ...]:
    """Return all of them, where there are several."""
    return blocks_in(_named(annotation))


def _named(annotation: Any) -> Any:
    return get_args(annotation)[-1] if get_origin(annotation) in (dict, list) else None


def example_text(value: Any) -> str:
    """Return a value as one would write it into the file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {example_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(example_text, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) and _needs_quotes(value) else str(value)


def _inside(annotation: Any, key: str | int) -> Any:
    blocks = blocks_in(annotation)
    if not blocks:
        return _named(annotation)
    if len(blocks) > 1 and key in MODES:
        return next(block for block in blocks if _is_of_mode(block, str(key)))
    fields = (keys_of(block).get(str(key)) for block in blocks)
    return next((field.annotation for field in fields if field), None)


def _is_of_mode(block: type[Block], mode: str) -> bool:
    return mode in get_args(block.model_fields["mode"].annotation)


def _is_choice(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _needs_quotes(text: str) -> bool:
    return "," in text or text.replace(".", "", 1).isdigit()
