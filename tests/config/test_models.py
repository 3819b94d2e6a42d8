"""Tests of ftpair.config.models and ftpair.config.blocks."""

import msgspec
import pytest
from pydantic import ValidationError

from ftpair.config import limiting
from ftpair.config.blocks import Block, Draining, HealthCheck, Timeouts
from ftpair.config.encryption import Tls
from ftpair.config.models import Config, FtpService
from ftpair.config.pools import RealServer
from ftpair.config.problems import Lines
from ftpair.config.shape import block_in, blocks_named, keys_of
from ftpair.config.tcp import TcpServer, TcpService
from ftpair.core.drain import DrainPlan
from ftpair.core.overload import Overload
from ftpair.core.plan import ClientTls, Clocks, HealthPlan, ServerPlan, ServerTls, ServicePlan, TcpServicePlan

ROUTING = {"routes", "pools", "pool"}
"""Empty by default, on both sides."""
AVAILABILITY = {"is_backup", "slow_start_s"}
"""Tests of ftpair.config.availability know them."""
HEADERS = {"accept_from", "control_header", "data_header"}
"""Tests of ftpair.config.proxying know them."""


def defaults_of(struct):
    return {
        field.name: field.default for field in msgspec.structs.fields(struct) if field.default is not msgspec.NODEFAULT
    }


def every_block(block=Config):
    yield block
    for field in block.model_fields.values():
        below = block_in(field.annotation)
        for each in (below,) if below else blocks_named(field.annotation):
            yield from every_block(each)


@pytest.mark.parametrize(
    ("block", "struct", "others"),
    [
        (Timeouts, Clocks, set()),
        (limiting.Overload, Overload, set()),
        (HealthCheck, HealthPlan, {"password"}),
        (Draining, DrainPlan, set()),
        (Tls, ClientTls, {"ciphers", "curves", "certificates"}),
        (
            FtpService,
            ServicePlan,
            ROUTING
            | HEADERS
            | {
                "bindings",
                "server_passive_networks",
                "limits",
                "bans",
                "ejection",
                "quorums",
                "sorry_text",
                "commands",
                "explicit",
                "implicit",
                "advertised",
                "slot",
                "health",
                "drain",
                "clocks",
            },
        ),
        (RealServer, ServerPlan, ROUTING | HEADERS | AVAILABILITY | {"tls", "passive"}),
        (TcpServer, ServerPlan, ROUTING | HEADERS | AVAILABILITY | {"tls"}),
        (
            TcpService,
            TcpServicePlan,
            HEADERS
            | {
                "explicit",
                "implicit",
                "server_explicit",
                "server_implicit",
                "advertised_address",
                "public_name",
                "slot",
                "health",
                "drain",
                "minimum_version",
                "quorums",
            },
        ),
    ],
)
def test_defaults_of_the_file_are_defaults_of_the_plan(block, struct, others):
    wanted = {key: value for key, value in defaults_of(struct).items() if key not in others}
    assert {key: block.model_fields[key].default for key in wanted} == wanted


def test_defaults_of_server_tls_are_defaults_of_the_plan():
    wanted = {
        key: FtpService.model_fields[f"server_{key}"].default for key in ("verify", "minimum_version", "close_notify")
    }
    assert ServerTls(**wanted) == ServerTls()


@pytest.mark.parametrize("block", tuple(every_block()), ids=lambda block: block.__name__)
def test_every_key_has_a_meaning_and_an_example_that_is_valid(block):
    for key, field in keys_of(block).items():
        assert field.description.endswith("."), key
        needed = {name: each.examples[0] for name, each in keys_of(block).items() if each.is_required()}
        assert block.model_validate(needed | {key: field.examples[0]}), key


@pytest.mark.parametrize("block", tuple(every_block()), ids=lambda block: block.__name__)
def test_every_duration_has_its_unit_in_its_name(block):
    assert all(
        key.endswith(("_s", "percent", "_per_second"))
        for key, field in block.model_fields.items()
        if field.annotation is float
    )


def test_a_configuration_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Config().user = "root"


def test_equal_files_are_equal_wherever_their_keys_stand():
    one, other = (Config.model_validate({"user": "a"}, context=Lines({("user",): line})) for line in (1, 7))
    assert one == other
    assert (one.lines.of(("user",)), other.lines.of(("user",))) == (1, 7)
    assert Config().lines.of(("user",)) == 0


def test_workers_are_one_per_cpu_unless_told():
    assert Config().worker_count(8) == 8
    assert Config(workers=3).worker_count(8) == 3


def test_a_server_has_the_port_of_its_kind_unless_told():
    server = RealServer(address="10.0.0.11")
    assert [server.control_port(mode) for mode in ("off", "explicit", "implicit")] == [21, 21, 990]
    assert RealServer(address="10.0.0.11", port=2121).control_port("implicit") == 2121


def test_blocks_take_no_unknown_key():
    assert all(block.model_config["extra"] == "forbid" and issubclass(block, Block) for block in every_block())
