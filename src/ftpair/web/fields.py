"""Fields of forms, made from the models of the configuration: kind, choices, default and the words that explain it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ftpair.config.shape import block_at, block_in, blocks_named, example_text, field_at, keys_of
from ftpair.config.values import appliance_ports
from ftpair.web.wanted import Values

Kind = Literal["text", "number", "choice", "truth", "list", "ports"]
Where = tuple[str, ...]
"""The keys that lead to a value, from the block that a form is for."""
PORTS = "ports"
_WORDS = {"tls": "TLS", "ca": "CA", "crl": "CRL", "sni": "SNI", "proxy": "PROXY", "ccc": "CCC", "ssl": "SSL"}
_TRUTHS = {"true": True, "false": False}
_SECONDS = "_s"


@dataclass(frozen=True, slots=True)
class Field:
    """One value that can be typed; empty text leaves the default."""

    where: Where
    kind: Kind
    description: str
    default: str
    example: str
    choices: tuple[str, ...] = ()
    is_required: bool = False

    @property
    def key(self) -> str:
        """Its name in a form, and in the file: `tls.clear_text`."""
        return ".".join(self.where)

    @property
    def label(self) -> str:
        """Its name for people."""
        words = self.where[-1].removesuffix(_SECONDS).split("_")
        first, *rest = [_WORDS.get(word, word) for word in words]
        return " ".join([first[:1].upper() + first[1:], *rest])

    @property
    def unit(self) -> str:
        """What a number counts, where the key tells it."""
        return "s" if self.where[-1].endswith(_SECONDS) else ""

    def shown(self, value: Any) -> str:
        """Return a value as text; empty: it is not there."""
        if value is None:
            return ""
        if self.kind == "ports":
            return ports_text(value)
        if self.kind == "list":
            return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if isinstance(value, bool):
            return str(value).lower() if self.kind == "truth" else "off"  # YAML 1.1 reads off as false.
        return f"{value:g}" if isinstance(value, float) else str(value)

    def meant(self, text: str) -> Any:
        """Return the value that a text stands for; what cannot be understood stays text, for the models to judge."""
        if not text:
            return None
        match self.kind:
            case "ports":
                return ports_meant(text)
            case "list":
                return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
            case "number":
                return _number(text)
            case "truth":
                return _TRUTHS.get(text, text)
            case _:
                return text


@cache
def field(block: Where, where: Where) -> Field | None:
    """Return the field of a key below the place of a block in the file; None: the block has no such key."""
    info = field_at((*block, *where))
    if info is None:
        return None
    kind, choices = ("ports", ()) if where[-1] == PORTS else _kind(info.annotation)
    return Field(where, kind, info.description or "", _default(info), _example(info), choices, info.is_required())


@cache
def fields(block: Where, pattern: str) -> tuple[Field, ...]:
    """Return the field of a key (`tls.clear_text`), or all below one (`tls.*`); nothing for a key that there is not."""
    *around, last = pattern.split(".")
    if last != "*":
        found = field(block, (*around, last))
        return (found,) if found else ()
    return tuple(_below(block, tuple(around)))


def value_at(values: Values, where: Where) -> Any:
    """Return the value at a place; None where there is nothing."""
    found: Any = values
    for key in where:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def ports_text(value: Any) -> str:
    """Return the ports of a service on one line: `21,990,1025-1052`."""
    if not isinstance(value, dict):
        return str(value)
    explicit, implicit, passive = (value.get(key) for key in ("explicit", "implicit", "passive"))
    control = [explicit, implicit] if explicit and implicit else [explicit or implicit]
    if not explicit and implicit != 990:
        control = ["", implicit]  # One port alone would be the explicit one.
    return ",".join(str(part if part is not None else "") for part in (*control, passive))


def ports_meant(text: str) -> Any:
    """Return the ports that a line means, as a patch: what it does not name is taken away."""
    try:
        found = appliance_ports(text.strip().removeprefix(","))
    except ValueError:
        return text
    if text.strip().startswith(",") and len(found) == 2:
        found = {"implicit": found.get("explicit", found.get("implicit")), "passive": found["passive"]}
    return {"explicit": None, "implicit": None} | found


def _below(block: Where, where: Where) -> Iterator[Field]:
    """Yield the fields of all plain values below a place; lists and names of blocks have no field."""
    model = block_at((*block, *where))
    for key, info in keys_of(model).items() if model else ():
        if block_in(info.annotation):
            yield from _below(block, (*where, key))
        elif not blocks_named(info.annotation) and (found := field(block, (*where, key))):
            yield found


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    plain = _plain(annotation)
    if get_origin(plain) is Literal:
        return "choice", tuple(map(str, get_args(plain)))
    if plain is bool:
        return "truth", tuple(_TRUTHS)
    if plain in (int, float):
        return "number", ()
    return ("list" if get_origin(plain) is list else "text"), ()


def _plain(annotation: Any) -> Any:
    """Return what an annotation allows beside nothing at all."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _default(info: FieldInfo) -> str:
    value = None if info.is_required() else info.get_default(call_default_factory=True)
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else example_text(value).strip('"')


def _example(info: FieldInfo) -> str:
    example = info.examples[0] if info.examples else ""
    return ", ".join(map(str, example)) if isinstance(example, list) else str(example)


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
