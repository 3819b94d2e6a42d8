from dataclasses import dataclass

import pytest

from ftpair.cli import main
from tests.api.supervisor import running, usual_answers


@pytest.fixture(scope="module")
def one_for_all(tmp_path_factory):
    with running(tmp_path_factory.mktemp("run")) as supervisor:
        yield supervisor


@pytest.fixture
def supervisor(one_for_all, monkeypatch):
    """A healthy node that has been asked nothing yet; the command line finds it by FTPAIR_SOCKET."""
    one_for_all.answers = usual_answers()
    one_for_all.actions.clear()
    monkeypatch.setenv("FTPAIR_SOCKET", str(one_for_all.path))
    return one_for_all


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def ftpair(capsys):
    """Run a command line in this process, its output into pipes."""

    def run(*arguments):
        status = main.run(list(arguments))
        return Ran(status, *capsys.readouterr())

    return run
