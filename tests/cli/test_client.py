"""HTTP over the unix socket: what answers becomes a value or an error with its exit status."""

import socket
import threading
from pathlib import Path

import pytest

from ftpair.cli.client import Client
from ftpair.cli.failures import ChangedMeanwhileError, NotAllowedError
from ftpair.core.errors import BusyError, FtpairError, NotReachableError


class Answering:
    """Something at a socket that answers every request by the same bytes, then closes."""

    def __init__(self, path, data):
        self.path = path
        self._data = data
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._data)

    def __enter__(self):
        self.client = Client(self.path)
        return self.client

    def __exit__(self, *_):
        self.client.__exit__()
        self._thread.join(5)
        self._listener.close()


def response(status, body):
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nContent-Type: application/problem+json\r\n\r\n"
    return head.encode() + body


def failure(folder, status, body):
    """The error that a question ends in when this is the answer."""
    with Answering(folder / "s", response(status, body)) as client, pytest.raises(FtpairError) as caught:
        client.get(("status",), dict)
    return caught.value


@pytest.mark.parametrize(
    ("status", "error", "exit_status"),
    [
        (401, NotAllowedError, 7),
        (403, NotAllowedError, 7),
        (409, FtpairError, 1),
        (412, ChangedMeanwhileError, 5),
        (500, FtpairError, 1),
        (503, NotReachableError, 4),
        (504, BusyError, 6),
    ],
)
def test_each_refusal_of_a_change_has_its_exit_status(tmp_path, status, error, exit_status):
    body = b'{"title": "T", "detail": "It is so."}'
    with (
        Answering(tmp_path / "s", response(status, body)) as client,
        pytest.raises(error) as caught,
    ):
        client.post(("apply",), dict)
    assert caught.value.exit_status == exit_status
    assert caught.value.sentence.startswith("It is so.")


def test_a_supervisor_that_does_not_answer_a_question_is_not_reachable(tmp_path):
    assert isinstance(failure(tmp_path, 504, b'{"detail": "Silence."}'), NotReachableError)


def test_a_change_whose_answer_never_came_has_an_unknown_outcome(tmp_path):
    with Answering(tmp_path / "s", b"") as client, pytest.raises(BusyError) as caught:
        client.post(("apply",), dict)
    assert "`ftpair status` tells" in caught.value.sentence


def test_something_else_at_the_socket_is_said_in_a_sentence(tmp_path):
    error = failure(tmp_path, 200, b"hello")
    assert isinstance(error, NotReachableError)
    assert "is not understood" in error.sentence


def test_an_error_page_without_a_problem_is_still_an_error(tmp_path):
    assert failure(tmp_path, 502, b"<html>").sentence == "ftpair answered 502."


def test_a_path_that_is_too_long_for_a_socket_is_not_reachable():
    with Client(Path("/tmp") / ("x" * 200)) as client, pytest.raises(NotReachableError):
        client.get(("status",), dict)
