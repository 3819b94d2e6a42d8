import contextlib
import socket

from ftpair.cli.main import run


def test_a_port_in_use_is_one_sentence_and_status_1(capsys):
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # A demonstration that runs right now has taken it already.
            taken.bind(("127.0.0.10", 2990))
            taken.listen()
        assert run(["demo", "--once"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("ftpair: The demonstration cannot listen on 127.0.0.")
    assert "Does another one run?" in said
