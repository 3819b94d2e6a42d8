"""What the machine has room for: by descriptors, by memory, by ports, and in the queue."""

from dataclasses import replace

from ftpair.config.capacity import rooms
from ftpair.config.models import Config
from ftpair.core.endpoint import PortRange

GIB = 1 << 30


def config(**keys):
    service = {"address": "192.0.2.10", "ports": "21,1025-1052", "real_servers": {"A": {"address": "10.0.0.11"}}}
    return Config.model_validate({"virtual_services": {"VIP": service | keys}, "workers": 2})


def told(config, machine):
    return {room.what: (room.most, room.why) for room in rooms(config, machine)}


def test_every_limit_of_the_machine_is_a_number_of_sessions_with_what_it_comes_from(machine):
    small = replace(machine, descriptors=20000, available_bytes=2 * GIB, somaxconn=128, tcp_pressure_bytes=GIB)
    assert told(config(), small) == {
        "sessions, by descriptors": (17936, "2 workers, 20,000 files each"),
        "sessions, by memory": (25395, "2.0 GiB available, 64.0 MiB kept, up to 80.0 KiB each"),
        "sessions with one server": (27232, "net.ipv4.ip_local_port_range (32768-60999)"),
        "transfers of slow clients": (1638, "net.ipv4.tcp_mem: 1.0 GiB, up to 640.0 KiB each"),
        "connections that may wait": (128, "for each port and worker, net.core.somaxconn 128"),
    }


def test_the_queue_is_never_longer_than_ftpair_asks_for(machine):
    most, _why = told(config(), replace(machine, somaxconn=65535))["connections that may wait"]
    assert most == 4096


def test_less_memory_than_the_floor_is_room_for_nobody(machine):
    assert told(config(), replace(machine, available_bytes=1))["sessions, by memory"][0] == 0


def test_reserved_ports_beside_the_range_take_nothing_from_it(machine):
    beside = replace(machine, reserved_ports=(PortRange(2121, 2121),))
    assert told(config(), beside)["sessions with one server"][0] == 28232


def test_connections_that_come_from_clients_own_addresses_are_not_bounded_by_our_ports(machine):
    assert "sessions with one server" not in told(config(source="client"), machine)


def test_the_engine_of_tcp_mode_that_is_ours_takes_ports_too(machine):
    assert "sessions with one server" in told(config(mode="tcp", engine="builtin"), machine)


def test_what_the_machine_does_not_tell_is_not_told(machine):
    assert list(told(config(), replace(machine, local_ports=None))) == ["sessions, by descriptors"]


def test_what_haproxy_carries_takes_no_room_here(machine):
    assert rooms(config(mode="tcp"), machine) == ()
    assert rooms(Config(), machine) == ()
