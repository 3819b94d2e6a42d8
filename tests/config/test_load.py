"""Tests of ftpair.config.load."""

import pytest

from ftpair.config.load import InvalidConfigError, draft, load
from ftpair.config.problems import describe
from ftpair.core.endpoint import PortRange

SERVICE = """
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers: {A: {address: 10.0.0.11}}
"""


def refused(path, machine):
    with pytest.raises(InvalidConfigError) as caught:
        load(path, machine)
    return caught.value


def said(text, machine):
    return [describe(problem) for problem in draft(text.encode(), machine).problems]


@pytest.mark.parametrize("name", ["design", "whole"])
def test_the_examples_are_valid(golden, machine, name):
    assert load(golden / f"{name}.yaml", machine).virtual_services


def test_a_file_with_thirty_one_mistakes_gives_thirty_one_problems_with_their_lines(golden, machine):
    error = refused(golden / "mistakes.yaml", machine)
    expected = (golden / "mistakes.problems.txt").read_text(encoding="utf-8").splitlines()
    assert [describe(problem) for problem in error.problems] == expected
    assert len(expected) == 31
    assert error.exit_status == 3
    assert error.sentence.startswith(f"{golden / 'mistakes.yaml'} has 31 problems: the first is line 1, worker")


def test_the_machine_that_we_run_on_is_asked_when_none_is_given(write):
    assert load(write(SERVICE)).virtual_services["VIP"].ports.explicit == 21


def test_values_come_as_the_file_says_them(golden, machine):
    config = load(golden / "whole.yaml", machine)
    service = config.virtual_services["FTPS_VIP"]
    assert (config.user, config.workers, config.shutdown_timeout_s, config.log.format) == ("ftpair", 2, 45.0, "json")
    assert service.ports.passive == PortRange(1025, 1052)
    assert service.real_servers["FTP_SVR1"].server_tls == "off"
    assert service.server_minimum_version == "1.2"
    clear = config.virtual_services["CLEAR_VIP"]
    assert (clear.ports.explicit, clear.ports.implicit, clear.server_tls) == (21, None, "off")


def test_lines_are_known_after_loading(golden, machine):
    config = load(golden / "design.yaml", machine)
    assert config.lines.of(("virtual_services", "FTPS_VIP", "real_servers", "FTP_SVR2", "weight")) == 14


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path, machine):
    error = refused(tmp_path / "none.yaml", machine)
    assert f"{tmp_path}/none.yaml does not exist: create it" in error.sentence
    assert (error.exit_status, len(error.problems)) == (3, 1)


def test_a_folder_is_no_file(tmp_path, machine):
    assert "is a folder: write the path of a file in it" in refused(tmp_path, machine).sentence


def test_a_path_through_a_file_is_no_path(write, machine):
    assert "a part of its path is no folder" in refused(write(SERVICE) / "x", machine).sentence


def test_any_other_trouble_with_a_file_is_named(tmp_path, machine):
    link = tmp_path / "loop.yaml"
    link.symlink_to(link)
    assert "cannot be read (Too many levels of symbolic links)" in refused(link, machine).sentence


def test_an_empty_file_is_one_problem(write, machine):
    (problem,) = refused(write(""), machine).problems
    assert (problem.path, problem.line) == ("", 1)


def test_broken_syntax_is_one_problem_with_its_line(write, machine):
    (problem,) = refused(write("virtual_services:\n\tVIP: 1\n"), machine).problems
    assert problem.line == 2


def test_a_mistake_does_not_hide_a_contradiction_elsewhere(machine):
    text = SERVICE.replace("21,1025-1052", "{implicit: 990, passive: 1052-1025}")
    assert [each.partition(":")[0] for each in said(text, machine)] == [
        "line 5, virtual_services.VIP.ports.passive",
        "line 5, virtual_services.VIP.ports.implicit",
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("ports: 21,1025-1052", "ports: {implicit: 990, passive: 1025-1052}\n    tsl: {certificate: x}"),
        ("ports: 21,1025-1052", "ports: 990,1025-1052\n    tls:"),
        ("ports: 21,1025-1052", "ports: 990,1025-1052\n    tls: {clear_text: drop}"),
        ("ports: 21,1025-1052", "ports: {explicit: 21}"),
        ("ports: 21,1025-1052", "ports: {explicit: x, passive: 1025-1052}"),
        ("ports: 21,1025-1052", "ports: many"),
        ("ports: 21,1025-1052", "ports: 99999,1025-1052"),
        ("ports: 21,1025-1052", "port: 21,1025-1052"),
        ("{A: {address: 10.0.0.11}}", "{A: 10.0.0.11}"),
        ("{A: {address: 10.0.0.11}}", "{A B: {address: 10.0.0.11}}"),
        ("{A: {address: 10.0.0.11}}", "{A: {adress: 10.0.0.11}}"),
        ("{A: {address: 10.0.0.11}}", "{A: {address: 10.0.0.300}}"),
        ("{A: {address: 10.0.0.11}}", "[10.0.0.11]"),
        ("{A: {address: 10.0.0.11}}", ""),
    ],
)
def test_one_mistake_is_one_problem_and_none_follows_from_it(machine, change):
    problems = said(SERVICE.replace(*change), machine)
    assert len(problems) == 1, problems


def test_a_certificate_with_a_mistake_is_not_called_unknown(machine):
    text = "certificates: {files: {certificate: c.pem}}" + SERVICE + "    tls: {certificate: files}\n"
    (problem,) = said(text, machine)
    assert problem.startswith("line 1, certificates.files.key: is missing")


def test_a_service_that_is_no_block_is_one_problem(machine):
    assert len(said("virtual_services: {VIP: 5}", machine)) == 1
    assert len(said("virtual_services: 5", machine)) == 1


TCP = """
virtual_services:
  VIP:
    mode: tcp
    engine: builtin
    pairing: port
    address: 192.0.2.10
    ports: 21,1025-1052
    server_ports: {explicit: 2121}
    real_servers: {A: {address: 10.0.0.11, passive: 1025-1052}}
"""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("mode: TCP", "VIP.mode: 'TCP' is no mode: did you mean tcp?"),
        ("mode: passthrough", "VIP.mode: 'passthrough' is no mode: did you mean tcp?"),
        ("mode: 4", "VIP.mode: 4 is no mode: write ftp, or tcp"),
        ("mode:", "VIP.mode: is empty: write a value, or remove the key"),
        ("mod: tcp", "VIP.mod: is not a known key: did you mean mode?"),
    ],
)
def test_a_broken_mode_is_one_problem_and_hides_what_rests_on_it(machine, line, sentence):
    assert said(TCP.replace("mode: tcp", line), machine) == [f"line 4, virtual_services.{sentence}"]
    other = "  OTHER: {address: 192.0.2.11, ports: 21, real_servers: {}}\n"
    assert len(said(TCP.replace("mode: tcp", line) + other, machine)) > 1, "other services are still examined"


def test_a_port_behind_an_address_is_led_to_where_ports_stand(machine):
    written = "10.0.0.11:2121"
    (of_ftp,) = said(SERVICE.replace("10.0.0.11", written), machine)
    assert of_ftp.endswith(
        "A.address: '10.0.0.11:2121' has a port: write 10.0.0.11, and the port beside it, port: 2121"
    )
    (of_tcp,) = said(TCP.replace("10.0.0.11", written), machine)
    assert "'10.0.0.11:2121' has a port: write 10.0.0.11, and the port into the service" in of_tcp
    assert of_tcp.endswith("server_ports: {explicit: 2121}")
    (of_service,) = said(SERVICE.replace("192.0.2.10", '"[2001:db8::10]:21"'), machine)
    assert of_service.endswith(
        "write 2001:db8::10, and the port into ports of the service, such as ports: {explicit: 21, ...}"
    )
    (of_name,) = said(TCP.replace("192.0.2.10", "192.0.2.10\n    public_name: ftp.example.org:21"), machine)
    assert of_name.endswith("'ftp.example.org:21' has a port: write ftp.example.org alone")


@pytest.mark.parametrize("key", ["real_servers", "address"])
def test_a_key_that_is_needed_and_empty_is_not_to_be_removed(machine, key):
    lines = [f"    {key}:" if line.startswith(f"    {key}:") else line for line in TCP.splitlines()]
    (sentence,) = said("\n".join(lines), machine)
    assert f"VIP.{key}: is empty: write for example {key}: " in sentence
    assert "remove" not in sentence
