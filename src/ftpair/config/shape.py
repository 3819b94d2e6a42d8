"""Which keys the configuration has at which place: the models, asked by path."""

import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ftpair.config.blocks import Block
from ftpair.config.models import Config
from ftpair.config.problems import Where


def block_at(where: Where) -> type[Block] | None:
    """Return the model whose keys stand at a place; None where there is a plain value, or nothing that is known."""
    annotation: Any = Config
    for key in where:
        annotation = _inside(annotation, key)
    return block_in(annotation)


def field_at(where: Where) -> FieldInfo | None:
    """Return the field of a key; None where the key is unknown, or a name that people choose."""
    block = block_at(where[:-1]) if where else None
    return keys_of(block).get(str(where[-1])) if block else None


def keys_of(block: type[Block]) -> dict[str, FieldInfo]:
    """Return the fields of a model by the keys that people write (`from` is a word of Python: its field is `from_`)."""
    return {field.alias or name: field for name, field in block.model_fields.items()}


def blocks_below(block: type[Block]) -> Iterator[tuple[str, type[Block]]]:
    """Yield the keys of a model that hold a model themselves, with that model."""
    for key, field in keys_of(block).items():
        below = block_in(field.annotation)
        if below:
            yield key, below


def block_in(annotation: Any) -> type[Block] | None:
    """Return the model that an annotation allows, whether or not it allows None as well."""
    choices = get_args(annotation) if _is_choice(annotation) else (annotation,)
    return next((each for each in choices if isinstance(each, type) and issubclass(each, Block)), None)


def block_named(annotation: Any) -> type[Block] | None:
    """Return the model of the values of a mapping from names to models, or of a list of them."""
    return block_in(get_args(annotation)[-1]) if get_origin(annotation) in (dict, list) else None


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
    block = block_in(annotation)
    if block is None:
        return block_named(annotation)
    field = keys_of(block).get(str(key))
    return field.annotation if field else None


def _is_choice(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _needs_quotes(text: str) -> bool:
    return "," in text or text.replace(".", "", 1).isdigit()
