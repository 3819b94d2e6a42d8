"""Where the services of ProFTPD's file listen: its servers may share passive ports, services may not. Pure."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import FtpairError
from ftpair.imports.proftpd_file import Line
from ftpair.imports.proftpd_site import Site
from ftpair.imports.proftpd_tls import is_implicit

_EVERY = ("0.0.0.0", "::")  # noqa: S104
_FIRST_PASSIVE = 1024


@dataclass(slots=True)
class Draft:
    """A server of the file, and the service that it becomes."""

    site: Site
    service: dict[str, Any]

    @property
    def passive(self) -> PortRange:
        """Its passive range."""
        first, _, last = self.service["ports"]["passive"].partition("-")
        return PortRange(int(first), int(last))

    def meets(self, other: "Draft") -> bool:
        """Whether the two would listen on the same port for data."""
        here, there = self.service["address"], other.service["address"]
        if here != there and (not {here, there} & {*_EVERY} or (":" in here) != (":" in there)):
            return False
        return self.passive.overlaps(other.passive)


def address_of(site: Site) -> str:
    """Return the address that clients dial."""
    line = site.server.opening if not site.server.is_main else site.last("DefaultAddress")
    if line is None:
        return _EVERY[0]
    addresses = site.server.addresses or line.words[1:] or ("",)
    try:
        address = str(ip_address(addresses[0].strip("[]")))
    except ValueError:
        site.tell(
            line, f"{line}: {addresses[0] or 'nothing'} is no IP address: every address is written, write the one"
        )
        address = _EVERY[0]
    for other in addresses[1:]:
        site.tell(line, f"{line}: a service has one address, {address}: {other} is left out, write a service for it")
    return address


def ports_of(site: Site, *, has_tls: bool) -> dict[str, Any]:
    """Return `ports`. Raises FtpairError if a port is none."""
    control = _port(site.last("Port"))
    kind = "implicit" if has_tls and is_implicit(site) else "explicit"
    return {kind: control, "passive": _passive(site)}


def _port(line: Line | None) -> int:
    if line is None:
        return 21
    if not line.value.isascii() or not line.value.isdigit() or not 0 < int(line.value) < 65536:
        raise FtpairError(f"{line.place}: {line}: a port is a number from 1 to 65535")
    return int(line.value)


def _passive(site: Site) -> str:
    line = site.last("PassivePorts")
    if line is None:
        site.tell(site.server.opening, f"{site.server.opening} has no PassivePorts: 50000-50999 is written")
        return "50000-50999"
    ports = [int(word) for word in line.words[1:3] if word.isascii() and word.isdigit()]
    if len(ports) != 2 or not _FIRST_PASSIVE <= ports[0] <= ports[1] < 65536:
        raise FtpairError(f"{line.place}: {line}: write two ports from 1024 to 65535, the lower one first")
    return f"{ports[0]}-{ports[1]}"


def arrange(drafts: list[Draft]) -> list[Draft]:
    """Return the services of the drafts: explicit and implicit TLS of the same proxy as one, no port taken twice."""
    kept: list[Draft] = []
    for draft in drafts:
        if namesake := next((each for each in kept if _has_same_door(each, draft)), None):
            opening = draft.site.server.opening
            sentence = f"{opening} has the address and port of {namesake.site.server.opening}: left out, write routes"
            draft.site.tell(opening, f"{sentence} with host")
        elif twin := next((each for each in kept if _is_twin(each, draft)), None):
            _join(twin, draft)
        else:
            kept.append(draft)
    _divide(kept)
    return kept


def _is_twin(one: Draft, other: Draft) -> bool:
    """Whether the two are the explicit and the implicit port of the same."""
    controls = {*one.service["ports"], *other.service["ports"]} - {"passive"}
    shared = one.service["ports"].keys() & other.service["ports"].keys()
    return len(controls) == 2 and shared == {"passive"} and _substance(one) == _substance(other)


def _substance(draft: Draft) -> dict[str, Any]:
    """Return all but what the kind of the port brings with it."""
    service = draft.service
    tls = {key: value for key, value in service.get("tls", {}).items() if key != "clear_text"}
    return service | {"ports": service["ports"]["passive"], "tls": tls}


def _join(twin: Draft, draft: Draft) -> None:
    twin.service["ports"] = {
        kind: (twin.service["ports"] | draft.service["ports"])[kind] for kind in ("explicit", "implicit", "passive")
    }
    tls = (twin, draft)["clear_text" in draft.service["tls"]].service["tls"]
    twin.service["tls"] = tls


def _has_same_door(one: Draft, other: Draft) -> bool:
    doors = [{port for kind, port in each.service["ports"].items() if kind != "passive"} for each in (one, other)]
    return one.service["address"] == other.service["address"] and bool(doors[0] & doors[1])


def _divide(drafts: list[Draft]) -> None:
    """Give each service ports of its own, where passive ranges meet."""
    rest = drafts
    while rest:
        group = [rest[0]]
        for each in group:
            group += [draft for draft in rest if draft not in group and draft.meets(each)]
        rest = [draft for draft in rest if draft not in group]
        first, last = min(each.passive.first for each in group), max(each.passive.last for each in group)
        for number, draft in enumerate(group if len(group) > 1 else []):
            _give_slice(draft, PortRange(first, last), number, len(group))


def _give_slice(draft: Draft, whole: PortRange, number: int, count: int) -> None:
    width = len(whole) // count
    if width == 0:
        raise FtpairError(f"{count} servers share the passive ports {whole}: each needs one of its own at least")
    part = PortRange(whole.first + number * width, whole.first + (number + 1) * width - 1)
    draft.service["ports"]["passive"] = str(part)
    line = draft.site.last("PassivePorts") or draft.site.server.opening
    draft.site.tell(line, f"services share no passive ports: {draft.site.server.opening} gets {part} of {whole}")
