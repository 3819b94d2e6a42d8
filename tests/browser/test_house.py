"""The whole of it: a real ftpair with its web UI, real servers behind it, a real client and a real browser."""

import pytest

from tests.interop.lab.clients.python_ftplib import PythonFtplib
from tests.interop.lab.clients.steps import List


def test_strangers_see_nothing_and_are_asked_who_they_are(house, visit):
    tab = visit(house.url)
    answer = tab.page.request.get("/", max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=%2F")


@pytest.mark.parametrize("entrance", ["explicit", "implicit"])
def test_a_client_comes_in_beside_it(house, entrance):
    assert PythonFtplib().run(house.way(entrance), [List("/")])[0].is_done
