"""The web UI's listener: bound before it is promised, and closed to the network until somebody can log in."""

import socket

import pytest

from ftpair.app.web_door import WebDoor
from ftpair.core.errors import SetupError
from ftpair.core.plan import WebPlan
from tests.app.conftest import free_ports


class Api:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def send(self, message, fds):
        self.told.append((message.web, len(fds)))


class Place:
    """A door, its API, and whether there is a user."""

    def __init__(self, folder):
        self.api, self.invitation = Api(), "secret"
        self.door = WebDoor(folder, lambda: self.invitation, self.api.send)
        self.port, self.other = free_ports(2)

    def serve(self, plan):
        self.door.open(plan)
        self.door.keep(plan)


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.door.close_all_but()


def answers(port, address="127.0.0.1"):
    with socket.socket() as client:
        return client.connect_ex((address, port)) == 0


def test_the_api_gets_the_listener_and_the_certificate(place):
    place.serve(WebPlan("127.0.0.1", place.port))
    ((web, fds),) = place.api.told
    assert (web.url, web.certificate.name, fds) == (f"https://127.0.0.1:{place.port}", "its own", 1)
    assert answers(place.port)


def test_what_stays_is_not_told_again(place):
    for _time in range(2):
        place.serve(WebPlan("127.0.0.1", place.port))
    assert len(place.api.told) == 1


def test_it_moves_and_goes(place):
    place.serve(WebPlan("127.0.0.1", place.port))
    place.serve(WebPlan("127.0.0.1", place.other))
    assert (answers(place.port), answers(place.other)) == (False, True)
    place.serve(None)
    assert place.api.told[-1] == (None, 0)
    assert not answers(place.other)


def test_a_port_that_is_taken_is_refused_and_what_is_open_stays(place):
    place.serve(WebPlan("127.0.0.1", place.port))
    with socket.create_server(("127.0.0.1", place.other)), pytest.raises(SetupError) as caught:
        place.door.open(WebPlan("127.0.0.1", place.other))
    assert f"web: cannot listen on 127.0.0.1:{place.other}: the port is in use by" in caught.value.sentence
    assert answers(place.port)


def test_no_public_address_is_opened_before_there_is_a_user(place):
    place.serve(WebPlan("0.0.0.0", place.port))
    assert place.door.set_up_link == f"https://127.0.0.1:{place.port}/setup?key=secret"
    assert not answers(place.port, "127.0.0.2")
    place.invitation = ""
    place.door.refresh()
    assert answers(place.port, "127.0.0.2")
    assert place.api.told[-1][0].address == "0.0.0.0"
    assert place.door.set_up_link == ""


def test_a_public_address_that_cannot_be_opened_leaves_what_there_is(place):
    place.serve(WebPlan("192.0.2.123", place.port))
    place.invitation = ""
    place.door.refresh()
    assert answers(place.port)
