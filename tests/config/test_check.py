"""Tests of ftpair.config.check."""

import pytest

from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe, describe_warnings
from ftpair.config.slots import Slots


def test_a_sound_file_gives_configuration_plan_and_no_warning(folder, machine):
    checked = check(folder / "design.yaml", 3, Slots(), machine)
    assert checked.plan.revision == 3
    assert checked.plan.services[0].name in checked.config.virtual_services
    assert checked.warnings == ()


def test_mistakes_in_the_text_and_in_other_files_come_together(folder, machine, write):
    text = (
        (folder / "design.yaml").read_text().replace("weight: 100", "weight: 1000").replace("tls/fullchain", "tls/none")
    )
    slots = Slots()
    with pytest.raises(InvalidConfigError) as caught:
        check(write(text), 1, slots, machine)
    problems = [describe(problem) for problem in caught.value.problems]
    assert "line 3, certificates.files.certificate" in problems[0]
    assert "line 13, virtual_services.FTPS_VIP.real_servers.FTP_SVR1.weight" in problems[1]
    assert (len(problems), len(slots)) == (2, 0)


def test_a_file_is_not_asked_for_when_its_key_is_broken(folder, machine, write):
    text = (folder / "design.yaml").read_text().replace("key: tls/privkey.pem", "key: 5")
    with pytest.raises(InvalidConfigError) as caught:
        check(write(text), 1, Slots(), machine)
    assert [problem.path for problem in caught.value.problems] == ["certificates.files.key"]


def test_all_warnings_come_with_the_plan(folder, machine, write):
    text = (folder / "design.yaml").read_text().replace("1025-1052", "50000-50027")
    (folder / "secrets/probe").chmod(0o644)
    checked = check(write(text), 1, Slots(), machine)
    one, other = describe_warnings(checked.warnings)
    assert one.startswith("warning: line 8, virtual_services.FTPS_VIP.ports.passive: 50000-50027 overlaps")
    assert "line 11" in other


def test_the_machine_that_we_run_on_is_asked_when_none_is_given(write):
    text = (
        "virtual_services: {V: {address: 127.0.0.1, ports: '2121,2200-2299', real_servers: {A: {address: 127.0.0.2}}}}"
    )
    assert check(write(text), 1, Slots()).plan.services[0].servers[0].address.host == "127.0.0.2"
