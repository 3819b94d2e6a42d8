"""Streams of pages: bounded for each person, and ended with the session."""

import json
from contextlib import ExitStack

import pytest

from ftpair.core.account_actions import Identify, IdentityIs
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import Refused
from ftpair.web.streams import MOST_OF_ONE, Streams
from tests.web.conftest import CSRF, identified

ANNA, BEN = (Identity(name, Role.VIEWER, "web") for name in ("anna", "ben"))


def test_who_opens_too_many_ends_the_oldest_of_his_own():
    streams = Streams()
    with ExitStack() as open_ones:
        others = open_ones.enter_context(streams.place(BEN))
        first, *rest = [open_ones.enter_context(streams.place(ANNA)) for _stream in range(MOST_OF_ONE)]
        assert not first.is_set()
        with streams.place(ANNA):
            assert first.is_set()
            assert not any(each.is_set() for each in (*rest, others))
        with streams.place(ANNA):
            assert not any(each.is_set() for each in rest), "what was closed leaves its place"


@pytest.mark.parametrize(
    "later", [Refused("not-identified", "log in again"), IdentityIs(Identity("an-admin", Role.VIEWER, "web"), CSRF)]
)
def test_a_stream_ends_when_who_looks_is_logged_out_or_may_less(admin, supervisor, later):
    with admin.stream("GET", "/live/overview", timeout=5) as stream:
        parts = 0
        for line in stream.iter_lines():
            if line.startswith("data: ") and json.loads(line.removeprefix("data: ")).get("id") == "banner":
                parts += 1
                supervisor.answers[Identify] = later
        assert parts == 1
    supervisor.answers[Identify] = identified
