"""What the administrator wants: kept over a restart, followed even when it cannot be kept."""

import json

import pytest

from ftpair.app.admin import AdminFile, Wish
from ftpair.core.drain import Drain
from ftpair.core.status import Admin

DRAINED, HALTED, ONLINE = Wish(Admin.DRAIN, Drain()), Wish(Admin.HALT), Wish()
ONE, TWO = ("VIP", "FTP_SVR1"), ("VIP", "FTP_SVR2")


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def admin(tmp_path, warnings):
    return AdminFile(tmp_path / "state" / "admin.json", warnings.append)


def again(admin, warnings):
    return AdminFile(admin._file.path, warnings.append)


def test_a_drained_server_stays_drained_over_a_restart(admin, warnings):
    admin.set(ONE, DRAINED)
    admin.set(TWO, HALTED)
    admin.set(ONE, ONLINE)
    assert (again(admin, warnings).of(ONE), again(admin, warnings).of(TWO)) == (ONLINE, HALTED)
    assert json.loads(admin._file.path.read_text()) == {"VIP": {"FTP_SVR2": "halt"}}
    assert not warnings


def test_what_is_forgotten_is_forgotten_on_the_disk_too(admin, warnings):
    admin.set(ONE, DRAINED)
    admin.set(TWO, DRAINED)
    admin.forget(lambda server: server == ONE)
    assert (again(admin, warnings).of(ONE), again(admin, warnings).of(TWO)) == (ONLINE, DRAINED)


def test_a_state_folder_that_cannot_be_written_is_one_warning_and_no_failure(tmp_path, warnings):
    (tmp_path / "state").write_text("a file is in the way")
    admin = AdminFile(tmp_path / "state" / "admin.json", warnings.append)
    assert any(
        warning.endswith("drain and halt end with this run") for warning in warnings
    )  # Before anybody counts on it.
    admin.set(ONE, DRAINED)
    admin.set(TWO, DRAINED)
    assert admin.of(ONE) == DRAINED
    assert sum(warning.endswith("drain and halt end with this run") for warning in warnings) == 1


def test_the_way_of_a_drain_is_kept_with_its_deadline(admin, warnings):
    wish = Wish(Admin.DRAIN, Drain("transfers", 1767225600.0, 1767225900.0))
    admin.set(ONE, wish)
    assert again(admin, warnings).of(ONE) == wish
    assert json.loads(admin._file.path.read_text()) == {
        "VIP": {"FTP_SVR1": {"wait_for": "transfers", "since": 1767225600.0, "until": 1767225900.0}}
    }


def test_a_file_of_an_older_ftpair_is_understood(admin, warnings):
    admin._file.path.write_text('{"VIP": {"FTP_SVR1": "drain", "FTP_SVR2": "halt"}}')
    assert (again(admin, warnings).of(ONE), again(admin, warnings).of(TWO)) == (DRAINED, HALTED)
    assert not warnings


@pytest.mark.parametrize("content", ["{", "[1]", '{"VIP": 3}', '{"VIP": {"FTP_SVR1": "asleep"}}'])
def test_a_broken_file_is_a_warning_and_all_servers_begin_online(admin, warnings, content):
    admin.set(ONE, DRAINED)
    admin._file.path.write_text(content)
    assert again(admin, warnings).of(ONE) == ONLINE
    assert warnings[0].endswith("it is set aside as admin.json.broken, and all servers begin online")
    assert admin._file.path.with_name("admin.json.broken").read_text() == content


def test_a_crash_while_writing_leaves_the_former_file(admin, warnings):
    admin.set(ONE, DRAINED)
    admin._file.path.with_suffix(".new").mkdir()
    admin.set(TWO, DRAINED)
    assert again(admin, []).of(ONE) == DRAINED
    assert len(warnings) == 1
