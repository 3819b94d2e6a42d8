import pytest

from tests.api.supervisor import running, usual_answers


@pytest.fixture(scope="module")
def one_for_all(tmp_path_factory):
    with running(tmp_path_factory.mktemp("run")) as supervisor:
        yield supervisor


@pytest.fixture
def supervisor(one_for_all):
    """A healthy node that has been asked nothing yet."""
    one_for_all.answers = usual_answers()
    one_for_all.actions.clear()
    return one_for_all


@pytest.fixture
def http(supervisor):
    with supervisor.http() as client:
        yield client
