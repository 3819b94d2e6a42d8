"""`check` and `schema`: no running ftpair is needed."""

import json
import subprocess
import sys

import pytest

VALID = """\
virtual_services:
  FTP_VIP:
    address: 127.0.0.1
    ports: {explicit: 2121, passive: 20100-20110}
    real_servers:
      FTP_SVR1: {address: 127.0.0.2}
      FTP_SVR2: {address: 127.0.0.3}
"""
INVALID = VALID.replace("2121", "70000").replace("127.0.0.3", "127.0.0.3, weight: -5")


def test_a_valid_file_is_one_sentence_and_what_the_machine_has_room_for(ftpair, tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text(VALID)
    ran = ftpair("check", str(file))
    first, empty, titles, *rooms = ran.out.splitlines()
    assert (ran.status, first, empty) == (0, f"{file} is valid: 1 service, 2 servers", "")
    assert titles.split() == ["THIS", "MACHINE", "HAS", "ROOM", "FOR", "WHY"]
    assert rooms[0].startswith("sessions, by descriptors")
    assert rooms[1].startswith("sessions, by memory")


def test_an_invalid_file_tells_every_problem_with_file_line_and_path(ftpair, tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text(INVALID)
    ran = ftpair("check", str(file))
    assert (ran.status, ran.out) == (3, "")
    first, second, last = ran.err.splitlines()
    assert first.startswith(f"{file}:4: virtual_services.FTP_VIP.ports.explicit: ")
    assert second.startswith(f"{file}:7: virtual_services.FTP_VIP.real_servers.FTP_SVR2.weight: ")
    assert last == f"{file} is invalid: 2 problems"


def test_warnings_are_told_and_stop_nothing(ftpair, tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text(VALID.replace("20100-20110", "40000-40010"))
    ran = ftpair("check", str(file))
    assert ran.status == 0
    assert ran.err.startswith(f"{file}:4: virtual_services.FTP_VIP.ports.passive: warning: ")


@pytest.mark.parametrize("command", [["check"], ["serve", "--config"]])
def test_too_few_file_descriptors_are_one_sentence_with_the_remedy(tmp_path, command):
    file = tmp_path / "ftpair.yaml"
    file.write_text(VALID)
    limited = ["bash", "-c", 'ulimit -n 20; exec "$@"', "-", sys.executable, "-m", "ftpair.cli.main"]
    ran = subprocess.run([*limited, *command, str(file)], check=False, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert "open files, but is allowed 20: raise LimitNOFILE of the unit (ulimit -n)" in line


def test_a_file_that_is_not_there_is_a_problem(ftpair, tmp_path):
    ran = ftpair("check", str(tmp_path / "none.yaml"))
    assert ran.status == 3
    assert ran.err.startswith(f"{tmp_path}/none.yaml does not exist")


def test_json_has_problems_and_warnings(ftpair, tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text(INVALID)
    ran = ftpair("check", str(file), "--json")
    report = json.loads(ran.out)
    assert (ran.status, ran.err) == (3, "")
    assert report["is_valid"] is False
    assert [problem["line"] for problem in report["problems"]] == [4, 7]
    file.write_text(VALID)
    report = json.loads(ftpair("check", str(file), "--json").out)
    assert (report["is_valid"], report["services"], report["servers"]) == (True, 1, 2)
    assert report["rooms"][0]["what"] == "sessions, by descriptors"
    assert report["rooms"][0]["most"] > 0


def test_s18_a_key_made_to_hurt_is_escaped(ftpair, tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text(VALID + '  "x\\e[31m": 3\n')
    ran = ftpair("check", str(file))
    assert ran.status == 3
    assert "\x1b" not in ran.err


def test_the_schema_is_json_on_stdout(ftpair):
    ran = ftpair("schema")
    assert (ran.status, ran.err) == (0, "")
    assert "virtual_services" in json.loads(ran.out)["properties"]


def test_the_file_of_the_environment_is_checked_as_it_is_served(ftpair, tmp_path, monkeypatch):
    file = tmp_path / "ftpair.yaml"
    file.write_text(VALID)
    monkeypatch.setenv("FTPAIR_CONFIG", str(file))
    assert ftpair("check").out.startswith(f"{file} is valid: 1 service, 2 servers\n")
    assert ftpair("check", str(tmp_path / "other.yaml")).status == 3
