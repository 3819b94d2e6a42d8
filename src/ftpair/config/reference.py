"""The reference part of docs/configuration.md, written from the models so that it cannot go stale."""

from collections.abc import Iterator
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from ftpair.config.blocks import Block
from ftpair.config.models import Config
from ftpair.config.schema import schema
from ftpair.config.shape import block_in, blocks_named, example_text, keys_of

BEGIN = "<!-- reference: begin (make docs) -->"
END = "<!-- reference: end -->"
_HEAD = "| key | value | default | meaning | example |\n|---|---|---|---|---|"
_KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "`true`, `false`",
    "array": "list",
}
_SPECIAL = {
    "workers": "`auto`, or whole number, 1 to 256",
    "passive": "range of ports, 1024 to 65535",
    "server_active_ports": "range of ports, 1024 to 65535",
    "ports": "block, or one line",
}


def reference() -> str:
    """Return a chapter per block: every key with its values, default, meaning (with its unit) and an example."""
    places: dict[type[Block], str] = {}
    for path, block in _blocks("", Config):
        places.setdefault(block, path)  # Some stand in several places; one chapter is enough.
    return "\n\n".join(_chapter(path, block) for block, path in places.items())


def refreshed(text: str) -> str:
    """Return the document with its reference part written anew, between the two marks."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{rest.partition(END)[2]}"


def _blocks(path: str, block: type[Block]) -> Iterator[tuple[str, type[Block]]]:
    yield path, block
    for key, field in keys_of(block).items():
        below = block_in(field.annotation)
        for each in (below,) if below else blocks_named(field.annotation):
            yield from _blocks(f"{path}{key}.{_place_in(field)}", each)


def _place_in(field: FieldInfo) -> str:
    if not blocks_named(field.annotation):
        return ""
    return "NAME." if get_origin(field.annotation) is dict else "NUMBER."


def _chapter(path: str, block: type[Block]) -> str:
    title = f"### `{path.rstrip('.')}`{_mode_in(block)}" if path else "### The top of the file"
    shapes = _shapes(block)
    rows = "\n".join(_row(key, field, shapes[key]) for key, field in keys_of(block).items())
    return f"{title}\n\n{(block.__doc__ or '').strip()}\n\n{_HEAD}\n{rows}"


def _mode_in(block: type[Block]) -> str:
    mode = block.model_fields.get("mode")
    return f" with `mode: {mode.examples[0]}`" if mode and mode.examples else ""


def _shapes(block: type[Block]) -> dict[str, Any]:
    whole = schema()
    shapes: dict[str, Any] = (whole if block is Config else whole["$defs"][block.__name__])["properties"]
    return shapes


def _row(key: str, field: FieldInfo, shape: dict[str, Any]) -> str:
    example = f"`{example_text(field.examples[0])}`" if field.examples else ""
    return f"| `{key}` | {_values(key, shape)} | {_default(field)} | {field.description} | {example} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", {}, []) or isinstance(value, Block):
        return "—"
    return f"`{value:g}`" if isinstance(value, float) else f"`{example_text(value)}`"


def _values(key: str, shape: dict[str, Any]) -> str:
    if key in _SPECIAL:
        return _SPECIAL[key]
    shape = shape["anyOf"][0] if "anyOf" in shape else shape
    if "$ref" in shape:
        return "block"
    if shape.get("type") == "object":
        return "block of names"
    choices = shape.get("enum") or [each for each in [shape.get("const")] if each]
    return ", ".join(f"`{example_text(choice)}`" for choice in choices) or _KINDS[shape["type"]] + _bounds(shape)


def _bounds(shape: dict[str, Any]) -> str:
    least, most = shape.get("minimum"), shape.get("maximum")
    if least is None:
        return "" if most is None else f", more than {shape['exclusiveMinimum']:g}, up to {most}"
    return f", {least:g} to {most}"
