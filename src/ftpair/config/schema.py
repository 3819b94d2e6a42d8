"""JSON Schema of the configuration file, for editors that complete and check while one types."""

from typing import Any

from ftpair.config.models import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LOOSER = {
    "server_tls": {"const": False},
    "check": {"const": False},
    "minimum_version": {"enum": [1.2, 1.3]},
    "server_minimum_version": {"enum": [1.2, 1.3]},
    "ports": {"type": "string", "pattern": r"^\s*\d+\s*,(\s*\d+\s*,)?\s*\d+\s*(-\s*\d+\s*)?$"},
}
"""What a file may also say: `off` as YAML 1.1 reads it, a version without quotes, ports on one line."""


def schema() -> dict[str, Any]:
    """Return the schema; `$schema` and `title` are set, keys are described, unknown keys are refused."""
    made = Config.model_json_schema()
    for block in (made, *made["$defs"].values()):
        properties = block.get("properties", {})
        block["properties"] = {key: _loosened(key, _tightened(each)) for key, each in properties.items()}
    names = made["properties"]["virtual_services"]["patternProperties"]
    made["properties"]["virtual_services"]["patternProperties"] = {key: _by_mode(each) for key, each in names.items()}
    return {"$schema": DIALECT, **made, "title": "ftpair configuration", "required": ["virtual_services"]}


def _by_mode(service: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of a service that looks at its mode first, so that an editor speaks of that mode alone."""
    ftp, tcp = service["oneOf"]
    return {"if": {"properties": {"mode": {"const": "tcp"}}, "required": ["mode"]}, "then": tcp, "else": ftp}


def _tightened(prop: dict[str, Any]) -> dict[str, Any]:
    """Return a property that must have a value, as the loader wants it, and whose names are names."""
    if "patternProperties" in prop:
        return {**prop, "additionalProperties": False}
    choices = [each for each in prop.get("anyOf", []) if each != {"type": "null"}]
    rest = {key: value for key, value in prop.items() if key != "anyOf" and (key, value) != ("default", None)}
    if not choices:
        return rest
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}


def _loosened(key: str, prop: dict[str, Any]) -> dict[str, Any]:
    if key not in _LOOSER:
        return prop
    about: dict[str, Any] = {
        word: prop[word] for word in ("title", "description", "default", "examples") if word in prop
    }
    strict = {word: value for word, value in prop.items() if word not in about}
    return {**about, "anyOf": [strict, _LOOSER[key]]}
