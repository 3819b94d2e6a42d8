"""The API as it describes itself, tried by schemathesis on a running ftpair: no answer is a fault, none undescribed."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ftpair.api.access import LocalAccess
from ftpair.api.app import create_app
from ftpair.app.control import Control
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service
from tests.interop.lab.balancer import settings as configuration
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import fresh_address

pytestmark = pytest.mark.interop
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 25
"""For each route."""


class Forwarder:
    """A port of 127.0.0.1 that leads to a unix socket, for clients that know no other."""

    def __init__(self, path: Path) -> None:
        self._path, self._loop = path, asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        opening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._forward, "127.0.0.1", 0), self._loop)
        self.port = opening.result(10).sockets[0].getsockname()[1]

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self._path)
        await asyncio.gather(_copy(reader, ours), _copy(theirs, writer), return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()


@pytest.fixture(scope="module")
def balancer(lab_folder: Path, authority: Authority) -> Iterator[Balancer]:
    folder = lab_folder / "schema"
    folder.mkdir()
    server = new_server(folder, authority, "vsftpd", "clear")
    wanted = service(fresh_address(), {"SVR": entry(server.address)}, health={"check": "off"})
    with running(folder, configuration(folder, authority, {"S": wanted})) as running_one:
        yield running_one


@pytest.fixture(scope="module")
def url(balancer: Balancer) -> Iterator[str]:
    forwarder = Forwarder(balancer.socket)
    yield f"http://127.0.0.1:{forwarder.port}"
    forwarder.close()


LEFT_OUT = {"GET /api/v1/events", "POST /api/v1/upgrade"}
"""A stream that does not end by itself, and the end of the very process that is asked: tests of their own try them."""


def _operations() -> Iterator[Any]:
    described = create_app(cast("Control", None), LocalAccess()).openapi()  # Nobody is asked for the description.
    for operation in schemathesis.openapi.from_dict(described).get_all_operations():
        if operation.ok().label in LEFT_OUT:
            continue
        yield pytest.param(operation.ok(), id=operation.ok().label.replace(" ", "_"))


@pytest.mark.parametrize("operation", list(_operations()))
def test_no_answer_is_a_fault_or_undescribed(operation: Any, balancer: Balancer, url: str) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=url, checks=CHECKS, timeout=30)

    ask()
    assert balancer.daemon.is_running
    assert balancer.ask("/services")[0]["name"] == "S"
