"""Tests of ftpair.config.shape."""

from ftpair.config.blocks import HealthCheck, Ports
from ftpair.config.encryption import Tls
from ftpair.config.models import Config, FtpService
from ftpair.config.pools import RealServer
from ftpair.config.routing import Route
from ftpair.config.shape import block_at, blocks_below, example_text, field_at, keys_of

VIP = ("virtual_services", "VIP")


def test_the_block_at_a_place_is_found_through_names_and_optional_blocks():
    assert block_at(()) is Config
    assert block_at(VIP) is FtpService
    assert block_at((*VIP, "tls")) is Tls
    assert block_at((*VIP, "real_servers", "A")) is RealServer


def test_there_is_no_block_at_a_value_or_nowhere():
    assert block_at(("user",)) is None
    assert block_at(("nonsense", "x", "y")) is None
    assert block_at(("user", "x")) is None


def test_a_key_has_a_field_and_a_name_has_none():
    assert field_at((*VIP, "retries")).default == 2
    assert field_at(VIP) is None
    assert field_at(()) is None


def test_blocks_below_a_service_are_known_by_their_key():
    assert dict(blocks_below(FtpService)).items() >= {"ports": Ports, "tls": Tls, "health": HealthCheck}.items()


def test_examples_are_written_as_in_a_file():
    assert (
        example_text({"a": True, "b": {"c": "1.2"}, "d": "21,990", "e": ["x", 1]})
        == '{a: true, b: {c: "1.2"}, d: "21,990", e: [x, 1]}'
    )


def test_a_list_of_blocks_is_passed_through_and_keys_are_as_people_write_them():
    assert block_at((*VIP, "routes", 3)) is Route
    assert field_at((*VIP, "routes", 3, "from")).alias == "from"
    assert "from" in keys_of(Route)
    assert block_at((*VIP, "pools", "new", "real_servers", "A")) is RealServer
