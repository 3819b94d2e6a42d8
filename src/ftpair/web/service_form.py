"""The form of a virtual service: what it began with, what was typed since, and the patch between the two."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from ftpair.config.save import dumped
from ftpair.config.shape import keys_of
from ftpair.core.actions import Problem
from ftpair.core.merge_patch import merged
from ftpair.web.fields import PORTS, ports_meant, ports_text
from ftpair.web.filled import changes, difference, texts_of
from ftpair.web.placing import Verdict, nearest, placed
from ftpair.web.service_fields import (
    BASIC,
    MODES,
    Mode,
    server_block,
    server_columns,
    service_block,
    service_fields,
)
from ftpair.web.wanted import Values, servers_of

LABEL = "label"
_ROW = "server."


@dataclass(frozen=True, slots=True)
class Row:
    """A real server in the form of its service; `texts` by the keys of its fields, and its label."""

    id: str
    """What its controls are told apart by."""
    was: str = ""
    """Its label where the form began; empty: it is new."""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its label as it is typed."""
        return self.texts.get(LABEL, "").strip()

    @property
    def is_blank(self) -> bool:
        """Whether nobody has typed anything into it."""
        return not self.was and not any(map(str.strip, self.texts.values()))


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """A service that is being made or changed."""

    label: str
    mode: Mode
    texts: Mapping[str, str]
    rows: tuple[Row, ...]
    origin: Values = field(default_factory=dict)
    """The block that the form began with."""
    etag: str = ""
    """Of the file at that moment."""
    was: str = ""
    """The service that is changed; empty: it is made."""
    comment: str = ""

    @property
    def block(self) -> dict[str, Any]:
        """The whole block as it would be."""
        block = _moded(self.origin, self.mode)
        block = merged(block, changes(block, service_fields(self.mode), self.texts))
        servers = {row.label: self._server(row) for row in self.rows if not row.is_blank}
        if servers or "real_servers" in self.origin:
            block["real_servers"] = servers
        return block if self.was else _ordered(block)

    @property
    def patch(self) -> dict[str, Any]:
        """What is changed of its origin."""
        return difference(self.origin, self.block)

    @property
    def of_file(self) -> dict[str, Any]:
        """The patch of the whole file."""
        return {"virtual_services": {self.was or self.label: self.patch if self.was else self.block}}

    @property
    def yaml(self) -> str:
        """The block as it would be written."""
        return yaml_of(self.was or self.label or "NAME", self.block)

    @property
    def hidden(self) -> dict[str, str]:
        """What was typed into fields of the other mode: it comes back with that mode."""
        shown = {each.key for each in service_fields(self.mode)}
        return {key: text for key, text in self.texts.items() if key not in shown and text}

    def _server(self, row: Row) -> Any:
        known = set(keys_of(server_block(self.mode)))
        former = {key: value for key, value in servers_of(self.origin).get(row.was, {}).items() if key in known}
        return merged(former, changes(former, server_columns(self.mode), row.texts))


def mode_of(block: Values) -> Mode:
    """Return the mode that a block says."""
    return "tcp" if block.get("mode") == "tcp" else "ftp"


def yaml_of(name: str, block: Values) -> str:
    """Return a service as the file would have it."""
    return dumped({"virtual_services": {name: dict(block)}}).decode()


def spelled_out(block: Values) -> Values:
    """Return a service with its ports as a block: a patch goes by key."""
    return {**block, PORTS: merged({}, ports_meant(ports_text(block[PORTS])))} if PORTS in block else block


def form_of(label: str, block: Values, etag: str, *, was: str = "") -> ServiceForm:
    """Return the form that shows a block; a service that is new has one server to be filled in."""
    block, mode, numbers = spelled_out(block), mode_of(block), count()
    columns = server_columns(mode)
    rows = [
        Row(f"r{next(numbers)}", name, {LABEL: name} | texts_of(server, columns))
        for name, server in servers_of(block).items()
    ]
    return ServiceForm(
        label, mode, texts_of(block, service_fields(mode)), tuple(rows) or (Row("r0"),), block, etag, was
    )


def posted(sent: Mapping[str, str]) -> ServiceForm:
    """Return the form that a browser has sent."""
    mode = sent.get("mode", "")
    texts = {key: text for key, text in sent.items() if not key.startswith((_ROW, "form."))}
    return ServiceForm(
        label=sent.get(LABEL, "").strip(),
        mode=mode if mode in MODES else "ftp",
        texts={key: text for key, text in texts.items() if key not in {LABEL, "mode"}},
        rows=_rows(sent),
        origin=origin_of(sent.get("form.origin", "")),
        etag=sent.get("form.etag", ""),
        was=sent.get("form.was", ""),
        comment=sent.get("form.comment", "").strip(),
    )


def _rows(sent: Mapping[str, str]) -> tuple[Row, ...]:
    rows: dict[str, Row] = {}
    for name, text in sent.items():
        if name.startswith(_ROW) and name.count(".") >= 2:
            _, number, key = name.split(".", 2)
            row = rows.get(number, Row(number))
            rows[number] = replace(row, was=text) if key == "was" else replace(row, texts={**row.texts, key: text})
    return tuple(rows.values())


def origin_of(text: str) -> dict[str, Any]:
    """Return the block that a form has brought along as JSON; nothing, where it brought none."""
    try:
        origin = json.loads(text)
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _moded(block: Values, mode: Mode) -> dict[str, Any]:
    """Return a block as one of a mode: without the keys that this mode does not have."""
    if mode == mode_of(block):
        return dict(block)
    known = keys_of(service_block(mode))
    kept = {key: value for key, value in block.items() if key in known and key != "mode"}
    return {"mode": mode, **kept} if mode == "tcp" else kept


def _ordered(block: dict[str, Any]) -> dict[str, Any]:
    """Return a new block as one would write it: what it is, where it is, and its servers in the end."""
    first = [key for key in ("mode", *BASIC, "tls") if key in block and key != "real_servers"]
    servers = {"real_servers": block["real_servers"]} if "real_servers" in block else {}
    return {key: block[key] for key in first} | {key: block[key] for key in block if key not in servers} | servers


def placed_on(form: ServiceForm, problems: Sequence[Problem]) -> Verdict:
    """Put each problem at its control."""
    return placed(problems, lambda path: _control(form, path))


def _control(form: ServiceForm, path: str) -> str | None:
    around = f"virtual_services.{form.was or form.label}"
    if path == around:
        return LABEL
    if not path.startswith(f"{around}."):
        return None
    below = path.removeprefix(f"{around}.")
    if below.startswith("real_servers."):
        return _control_of_server(form, below.removeprefix("real_servers."))
    if below in {"real_servers", "mode"}:
        return below
    return nearest(below, {each.key for each in service_fields(form.mode)})


def _control_of_server(form: ServiceForm, path: str) -> str | None:
    row = next((row for row in form.rows if row.label and f"{path}.".startswith(f"{row.label}.")), None)
    if row is None:
        return "real_servers"
    key = nearest(path.removeprefix(row.label).removeprefix("."), {each.key for each in server_columns(form.mode)})
    return f"{_ROW}{row.id}.{key or LABEL}" if key or path == row.label else None
