"""Tests of ftpair.config.values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ftpair.config import values
from ftpair.core.endpoint import PortRange


def refused(kind, value):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return str(caught.value.errors()[0]["msg"])


def accepted(kind, value):
    return TypeAdapter(kind).validate_python(value)


def test_addresses_are_kept_in_their_canonical_form():
    assert accepted(values.Address, "2001:DB8:0::10") == "2001:db8::10"
    assert accepted(values.Address, "0.0.0.0") == "0.0.0.0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("fe80::1%eth0", "scope id (%eth0)"),
        ("ftp.example.org", "is not an IP address"),
        ("::ffff:192.0.2.1", "write 192.0.2.1"),
    ],
)
def test_wrong_addresses_are_refused_with_a_remedy(value, expected):
    assert expected in refused(values.Address, value)


def test_only_an_ipv4_address_can_be_advertised():
    assert accepted(values.AdvertisedAddress, "198.51.100.7") == "198.51.100.7"
    assert "cannot carry" in refused(values.AdvertisedAddress, "2001:db8::1")


@pytest.mark.parametrize("value", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1"])
def test_what_nobody_can_dial_cannot_be_advertised(value):
    assert "can dial" in refused(values.AdvertisedAddress, value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("10.0.0.1:10021", "10.0.0.1:10021"),
        ("lb1.example.org:1", "lb1.example.org:1"),
        ("[2001:db8::1]:65535", "[2001:db8::1]:65535"),
        ("[2001:DB8:0::1]:10021", "[2001:db8::1]:10021"),
    ],
)
def test_a_peer_has_an_address_and_a_port(value, kept):
    assert accepted(values.Peer, value) == kept


@pytest.mark.parametrize(
    "value", ["10.0.0.1", "10.0.0.1:0", "10.0.0.1:65536", ":10021", "10.0.0.1:ftp", "a b:21", "2001:db8::1:10021", ""]
)
def test_no_peer_is_refused_with_an_example(value):
    assert "write one such as" in refused(values.Peer, value)


@pytest.mark.parametrize("value", ["10.0.0.11", "ftp1.example.org", "localhost", "my_host", "::1", "a.b."])
def test_a_host_is_an_address_or_a_name(value):
    assert accepted(values.Host, value) == value


@pytest.mark.parametrize(
    "value", ["300.1.2.3", "a..b", "-a", "a b", "x" * 300, "", "fe80::1%lo", "a.b-", "evil\r\nname"]
)
def test_what_is_neither_is_refused(value):
    assert "write" in refused(values.Host, value)


def test_a_passive_range_is_two_ports_or_one():
    assert accepted(values.PassiveRange, " 1025 - 1052 ") == PortRange(1025, 1052)
    assert accepted(values.PassiveRange, 4000) == PortRange(4000, 4000)
    assert accepted(values.PassiveRange, PortRange(2000, 2001)) == PortRange(2000, 2001)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1052-1025", "write 1025-1052"),
        ("1000-1052", "leaves the ports 1024 to 65535"),
        ("60000-65536", "leaves the ports"),
        ("many", "is not a range of ports"),
        (True, "is not a range of ports"),
        ([1025, 1052], "is not a range of ports"),
    ],
)
def test_impossible_ranges_are_refused(value, expected):
    assert expected in refused(values.PassiveRange, value)


@given(st.integers(1024, 65535), st.integers(1024, 65535))
def test_any_range_of_allowed_ports_comes_back_as_written(one, other):
    first, last = sorted((one, other))
    assert str(accepted(values.PassiveRange, f"{first}-{last}")) == f"{first}-{last}"


@pytest.mark.parametrize("value", ["a\r\n220 b", "\x1b[2J", "", "x" * 401])
def test_a_greeting_is_one_printable_line(value):
    assert refused(values.Line, value)


@pytest.mark.parametrize("value", [0, 257, True, "4", None, 1.0])
def test_workers_are_auto_or_a_sane_number(value):
    assert "write auto" in refused(values.Workers, value)
    assert [accepted(values.Workers, each) for each in ("auto", 3)] == ["auto", 3]


def test_a_folder_is_a_whole_path_that_has_room_for_a_socket():
    assert accepted(values.Folder, "/run/ftpair") == "/run/ftpair"
    assert "such as /run/ftpair" in refused(values.Folder, "./ftpair")
    assert "too long for a socket" in refused(values.Folder, "/" + "x" * 100)


def test_off_as_yaml_1_1_reads_it_and_a_version_without_quotes_are_understood():
    assert accepted(values.ServerTlsChoice, False) == "off"
    assert accepted(values.CheckChoice, False) == "off"
    assert accepted(values.Version, 1.3) == "1.3"
    assert refused(values.Version, 1.1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21,990,1025-1052", {"explicit": 21, "implicit": 990, "passive": "1025-1052"}),
        ("21, 1025-1052", {"explicit": 21, "passive": "1025-1052"}),
        ("990,1025-1052", {"implicit": 990, "passive": "1025-1052"}),
    ],
)
def test_ports_may_be_written_as_appliances_write_them(text, expected):
    assert values.appliance_ports(text) == expected


@pytest.mark.parametrize("text", ["21", "", "a,1025-1052", "1,2,3,1025-1052", "21,,1025-1052"])
def test_other_lists_of_ports_are_refused(text):
    with pytest.raises(ValueError, match="write one such as 21,990,1025-1052"):
        values.appliance_ports(text)
