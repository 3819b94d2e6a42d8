"""Which fields the form of a virtual service has, and in which groups; the models say all the rest of them."""

from dataclasses import dataclass
from typing import Literal

from ftpair.config.blocks import Block
from ftpair.config.shape import block_at
from ftpair.web.fields import Field, Where, fields

Mode = Literal["ftp", "tcp"]
MODES: tuple[Mode, ...] = ("ftp", "tcp")


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; a mode may lack some of them."""

    title: str
    icon: str
    patterns: tuple[str, ...]
    """Keys, or `tls.*` for all below one."""

    def fields(self, mode: Mode) -> tuple[Field, ...]:
        """Return its fields in a mode; one that stands in the form already is left out."""
        found = (each for pattern in self.patterns for each in fields(place(mode), pattern))
        return tuple(each for each in found if each.key not in BASIC)


BASIC = ("address", "ports", "engine", "pairing", "tls.certificate")
"""What stands in the form before everything else, beside the label and the mode."""
GROUPS = (
    Group(
        "Balancing",
        "scale",
        (
            *("balance", "slow_start_s", "quorum", "retries", "max_sessions", "sorry_text", "connect"),
            *("source", "longest_transfer_s"),
        ),
    ),
    Group("Affinity", "link", ("affinity", "affinity_timeout_s")),
    Group("Rescue", "rotate-clockwise", ("rescue",)),
    Group("Health check", "heartbeat", ("health.*",)),
    Group("Ejection", "logout", ("ejection.*",)),
    Group("Drain", "transfer", ("drain.*",)),
    Group("TLS with clients", "lock", ("tls.*", "public_name", "clear_text")),
    Group(
        "TLS with real servers",
        "shield-lock",
        (
            *("server_tls", "server_ca", "server_verify", "server_minimum_version", "server_close_notify"),
            *("server_ciphers", "server_curves", "server_crl", "server_certificate"),
        ),
    ),
    Group("Limits", "gauge", ("limits.*",)),
    Group("Bans", "ban", ("bans.*",)),
    Group("Timeouts", "hourglass", ("timeouts.*", "connect_timeout_s")),
    Group("Commands", "terminal-2", ("greeting", "commands.*")),
    Group(
        "Data connections",
        "arrows-exchange",
        (
            *("advertised_address", "data_peer", "data_session", "server_data", "server_active_ports"),
            *("server_passive_networks", "active_source_port", "server_ports.*"),
        ),
    ),
    Group("PROXY protocol", "player-track-next", ("proxy_protocol.*",)),
)
_COLUMNS = {
    "ftp": ("address", "port", "weight", "server_tls"),
    "tcp": ("address", "weight", "passive"),
}
_FURTHER = (
    *("max_sessions", "backup", "server_name", "server_ca", "server_verify", "server_minimum_version"),
    "server_close_notify",
    *("server_ciphers", "server_curves", "server_crl", "server_certificate", "proxy_protocol.*"),
)


def place(mode: Mode) -> Where:
    """Return the place of a service of this mode in the file, for the models; its name does not matter to them."""
    return ("virtual_services", "NAME", mode)


def service_block(mode: Mode) -> type[Block]:
    """Return the model of a service."""
    return _model(place(mode))


def server_block(mode: Mode) -> type[Block]:
    """Return the model of a real server."""
    return _model(server_place(mode))


def _model(where: Where) -> type[Block]:
    found = block_at(where)
    assert found, "every mode has a model"
    return found


def server_place(mode: Mode) -> Where:
    """Return the place of a real server in the file, for the models."""
    return (*place(mode), "real_servers", "NAME")


def basic(mode: Mode) -> tuple[Field, ...]:
    """Return the fields that come first."""
    return tuple(each for key in BASIC for each in fields(place(mode), key))


def service_fields(mode: Mode) -> tuple[Field, ...]:
    """Return all fields of a service."""
    return (*basic(mode), *(each for group in GROUPS for each in group.fields(mode)))


def server_columns(mode: Mode) -> tuple[Field, ...]:
    """Return the fields of a real server that stand in the form of its service."""
    return tuple(each for key in _COLUMNS[mode] for each in fields(server_place(mode), key))


def server_fields(mode: Mode) -> tuple[Field, ...]:
    """Return all fields of a real server."""
    further = (each for key in _FURTHER for each in fields(server_place(mode), key))
    return (*server_columns(mode), *further)
