"""The control socket: only its owner may connect, one ftpair per folder, leftovers are cleared."""

import socket
import stat

import pytest

from ftpair.app.door import close_door, open_door
from ftpair.core.errors import SetupError


def test_only_the_owner_may_connect(tmp_path):
    runtime = tmp_path / "run"
    door = open_door(runtime)
    assert stat.S_IMODE((runtime / "ftpair.sock").stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(runtime / "ftpair.sock"))
    close_door(door, runtime)
    assert not (runtime / "ftpair.sock").exists()


def test_a_second_ftpair_is_refused_and_the_first_goes_on(tmp_path):
    door = open_door(tmp_path)
    with pytest.raises(SetupError, match=r"ftpair runs already: it answers on .*ftpair\.sock; stop it"):
        open_door(tmp_path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "ftpair.sock"))
    close_door(door, tmp_path)


def test_the_socket_of_a_dead_ftpair_is_replaced(tmp_path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "ftpair.sock"))
    close_door(open_door(tmp_path), tmp_path)


def test_a_file_that_is_no_socket_is_not_removed(tmp_path):
    (tmp_path / "ftpair.sock").write_text("precious")
    with pytest.raises(SetupError, match="is in the way; remove it"):
        open_door(tmp_path)
    assert (tmp_path / "ftpair.sock").read_text() == "precious"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"paths.runtime: .* cannot be made \(Not a directory\); choose another"):
        open_door(tmp_path / "file" / "run")


def test_a_path_too_long_for_a_socket_is_one_sentence(tmp_path):
    with pytest.raises(SetupError, match=r"cannot be made \(AF_UNIX path too long\); choose another"):
        open_door(tmp_path / ("x" * 120))
