"""A change that nobody confirms is taken back, whatever happens meanwhile, and no transfer suffers from it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain

pytestmark = pytest.mark.interop
BIG = 64 << 20


def greets(vip: str) -> str:
    """Return the greeting of a service."""
    with RawClient(vip, CONTROL_PORT) as client:
        return client.reply().strip()


def change(balancer: Balancer, greeting: str) -> str:
    """Write another greeting into the file; return the text that stood there."""
    text = balancer.configuration.read_text()
    configuration: dict[str, Any] = json.loads(text)
    configuration["virtual_services"]["S"]["greeting"] = greeting
    balancer.configuration.write_text(json.dumps(configuration))
    return text


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that comes within seconds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_nobody_confirms_is_taken_back_and_transfers_go_on(lab_folder: Path, authority: Authority) -> None:
    folder = lab_folder / "taken-back"
    folder.mkdir()
    vip, server = fresh_address(), new_server(folder, authority, "vsftpd", "clear")
    wanted = service(vip, {"SVR": entry(server.address)}, tls={"clear_text": "allow", "data_protection": "allow"})
    balancer = Balancer(folder, settings(folder, authority, {"S": wanted | {"greeting": "The first."}}))
    server.start()
    balancer.start()
    try:
        server.put("big", lambda path: files.sparse(path, BIG))
        with RawClient(vip, CONTROL_PORT) as client:
            assert client.reply().strip() == "220 The first."
            client.log_in(server.user, server.password)
            data = client.begin("RETR files/big")
            former = change(balancer, "The second.")
            done = balancer.post("/apply", {"confirm_s": 1.5, "author": "anna"})
            assert done["steps"] == ["S: greeting The first. -> The second."]
            assert greets(vip) == "220 The second."
            until(lambda: greets(vip) == "220 The first.")
            assert balancer.configuration.read_text() == former
            taken, _is_whole = drain(data)
            assert taken == BIG
            assert client.reply().startswith("226")
        revisions = [(each["author"], each["comment"]) for each in balancer.ask("/revisions")]
        assert revisions[0] == ("ftpair", "back to revision 1: revision 2 was not confirmed in time")

        change(balancer, "The third.")
        balancer.post("/apply", {"confirm_s": 1000})
        assert greets(vip) == "220 The third."
        balancer.daemon.kill()
        balancer.restart()
        assert greets(vip) == "220 The first."
        assert balancer.configuration.read_text() == former
        assert "revision 4 was never confirmed: the file is as in revision 3 again" in balancer.log()
    finally:
        balancer.stop()
        server.stop()
