"""The configuration file changed by commands: `ftpair server add FTPS_VIP FTP_SVR3 address=10.0.0.13`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ftpair.cli.client import Client
from ftpair.cli.configuring import Steps, author, show_steps
from ftpair.cli.failures import WrongUseError
from ftpair.core.errors import NotFoundError
from ftpair.core.merge_patch import nested

_BLOCKS = ("virtual_services", "real_servers")
_NOUNS = ("virtual service", "real server")


class Text(msgspec.Struct, frozen=True):
    """The configuration file."""

    name: str
    content: str
    etag: str


@dataclass(frozen=True, slots=True)
class Manner:
    """Where to ask, and what happens to the change."""

    socket: Path
    comment: str
    now: bool
    """Whether it is applied at once."""
    confirm_s: float
    as_json: bool


def change(manner: Manner, doing: str, names: tuple[str, ...], settings: list[str]) -> None:
    """Add, set or delete what the names lead to: a service, or a server of one."""
    if manner.confirm_s and not manner.now:
        raise WrongUseError("--confirm says how long an apply waits for `ftpair confirm`; it needs --apply.")
    if (doing == "delete") is bool(settings):
        raise WrongUseError("delete takes no KEY=VALUE." if settings else f"{doing} needs a KEY=VALUE at least.")
    wanted = None if doing == "delete" else _values(settings)
    with Client(manner.socket) as client:
        found = client.get(("configuration",), Text)
        _demand_sense(doing, names, _parsed(found.content))
        patch = _at(names, wanted)
        who = {"author": author(), "comment": manner.comment}
        done = client.patch(("configuration",), Steps, patch, found.etag, **who)
        if manner.now:
            wish = {"author": author(), "comment": manner.comment, "confirm_s": manner.confirm_s}
            show_steps(client.post(("apply",), Steps, wish), manner.as_json)
            return
    show_steps(done, manner.as_json, f"Saved as revision {done.revision}; `ftpair apply` brings it in.")


def _values(settings: list[str]) -> dict[str, Any]:
    """Return settings as a patch: `a.b=1` is {"a": {"b": 1}}, `a=` is {"a": None}."""
    patch: dict[str, Any] = {}
    for setting in settings:
        key, is_given, value = setting.partition("=")
        if not is_given or not all(key.split(".")):
            raise WrongUseError(f"{setting!r} is no KEY=VALUE: write for example weight=50.")
        block = patch
        *outer, last = key.split(".")
        for name in outer:
            block = block.setdefault(name, {})
            if not isinstance(block, dict):
                raise WrongUseError(f"{key} and one of its parts are set at the same time: leave one of them out.")
        block[last] = _parsed(value) if value else None
    return patch


def _parsed(text: str) -> Any:
    try:
        return YAML(typ="safe").load(text)
    except YAMLError:
        raise WrongUseError(f"{text!r} cannot be understood: write it as in the file (YAML).") from None


def _at(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return the patch that puts a value where the names lead to."""
    return nested([key for pair in zip(_BLOCKS, names, strict=False) for key in pair], value)


def _demand_sense(doing: str, names: tuple[str, ...], configuration: Any) -> None:
    """Raise unless what is to be changed is there, and what is to be added is not."""
    within = configuration
    for depth, (block, name) in enumerate(zip(_BLOCKS, names, strict=False)):
        known = within.get(block) if isinstance(within, dict) else None
        known = known if isinstance(known, dict) else {}
        is_last = depth == len(names) - 1
        if is_last and doing == "add" and name in known:
            raise WrongUseError(f"There is a {_NOUNS[depth]} {name} already: change it with set.")
        if name not in known and not (is_last and doing == "add"):
            there = ", ".join(known) or "none"
            raise NotFoundError(f"The file has no {_NOUNS[depth]} {name!r}; there are: {there}.")
        within = known.get(name)
