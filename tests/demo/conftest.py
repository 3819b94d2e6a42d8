import pytest

from ftpair.core.endpoint import Endpoint
from ftpair.demo.place import Place


@pytest.fixture
def place(tmp_path):
    """A place of its own, so that a running demonstration disturbs no test."""
    servers = {f"SVR{number}": Endpoint(f"127.0.0.{110 + number}", 2121) for number in (1, 2, 3)}
    return Place(tmp_path, vip="127.0.0.110", web=Endpoint("127.0.0.110", 8443), servers=servers)
