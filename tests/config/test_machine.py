"""Tests of ftpair.config.machine."""

import os
import resource
import subprocess
import sys
import time

import pytest

from ftpair.config.machine import (
    has_user,
    held_capabilities,
    located,
    port_ranges,
    resolved,
    this_machine,
    why_not_transparent,
)
from ftpair.core.endpoint import PortRange


def test_this_machine_is_described_as_it_is():
    machine = this_machine()
    assert machine.cpus == len(os.sched_getaffinity(0))
    assert machine.descriptors == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert abs(machine.now - time.time()) < 60
    assert machine.local_ports is None or machine.local_ports.first < machine.local_ports.last


def test_ranges_of_the_kernel_are_read():
    assert port_ranges("32768-60999") == (PortRange(32768, 60999),)
    assert port_ranges("2121,40000-40100") == (PortRange(2121, 2121), PortRange(40000, 40100))
    assert port_ranges("") == ()


def test_a_kernel_without_the_setting_has_nothing_to_say(tmp_path):
    machine = this_machine(tmp_path)
    assert (machine.local_ports, machine.somaxconn, machine.tcp_pressure_bytes) == (None, 0, 0)


def test_the_kernel_tells_from_where_on_connections_hold_too_much(tmp_path):
    (tmp_path / "tcp_mem").write_text("287901\t383869\t575802\n")
    assert this_machine(tmp_path).tcp_pressure_bytes == 383869 * resource.getpagesize()


def test_names_and_users_are_looked_up_on_the_machine():
    assert resolved("localhost") in ("127.0.0.1", "::1")
    assert has_user("root")
    assert not has_user("nobody-of-that-name")
    with pytest.raises(OSError):
        resolved("name.invalid")


def test_capabilities_are_read_by_name(tmp_path):
    status = tmp_path / "status"
    status.write_text("Name:\tftpair\nCapPrm:\t0000000000002400\nCapAmb:\t0000000000000000\n")
    assert held_capabilities("CapPrm", status) == {"net_bind_service", "net_raw"}
    assert held_capabilities("CapAmb", status) == frozenset()


def refusing(error):
    def ask():
        raise error

    return ask


def test_a_kernel_that_knows_no_transparent_sockets_is_heard():
    assert why_not_transparent() == ""
    assert why_not_transparent(refusing(OSError(92, "Protocol not available"))) == "protocol not available"
    assert why_not_transparent(refusing(OSError())) == "refused"


def test_who_may_make_no_transparent_socket_says_nothing_of_the_kernel():
    """The capability is looked at by itself."""
    assert why_not_transparent(refusing(PermissionError(1, "Operation not permitted"))) == ""
    ask = "from ftpair.config.machine import *; print(sorted(held_capabilities()), why_not_transparent())"
    kept = [f"--{kind}=-all" for kind in ("inh-caps", "bounding-set")]
    done = subprocess.run(["setpriv", *kept, sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "[] \n"


def test_a_program_is_found_in_the_folders_of_daemons_that_a_user_has_not_on_the_path(tmp_path):
    folders = {name: tmp_path / name for name in ("bin", "sbin")}
    for folder in folders.values():
        folder.mkdir()
    path, further = map(str, folders.values())
    assert located("haproxy", path, further) == "haproxy"
    program = folders["sbin"] / "haproxy"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert located("haproxy", path, further) == str(program)
    assert located(str(program), path, further) == str(program)
    (folders["bin"] / "haproxy").symlink_to(program)
    assert located("haproxy", path, further) == "haproxy"


def test_haproxy_of_debian_is_found_by_a_common_user():
    ask = "from ftpair.config.machine import *; m = this_machine(); print(m.haproxy(m.locate('haproxy')))"
    common = os.environ | {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", ask], env=common, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("(")
