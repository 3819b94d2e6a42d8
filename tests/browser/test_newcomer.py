"""Somebody who has never seen ftpair: from a file that says `web` alone to files through a service, in the browser."""

import json
import time

import pytest
from playwright.sync_api import expect

from tests.browser.kit.house import INVITATION, WEB_PORT, House
from tests.browser.kit.looks import DESKTOP
from tests.browser.kit.people import OWNER, set_up
from tests.interop.lab.clients.curl import Curl
from tests.interop.lab.clients.steps import List
from tests.interop.lab.places import CONTROL_PORT

FIVE_MINUTES_S = 300


@pytest.fixture
def empty_house(folder):
    """Real servers, and an ftpair that knows of none of them: without a service it runs, but is not ready."""
    place = folder / "empty"
    place.mkdir()
    house = House(place)
    paths = {"runtime": str(place / "run"), "state": str(place / "state")}
    web = {"address": house.web, "port": WEB_PORT}
    house.balancer.configuration.write_text(json.dumps({"paths": paths, "web": web, "log": {"format": "json"}}))
    try:
        for server in house.servers.values():
            server.start()
        house.balancer.daemon.start()
        house.balancer.await_records(INVITATION, 1)
        yield house
    finally:
        house.stop()


def test_a_first_service_carries_files_before_five_minutes_are_over(browser, empty_house):
    begun = time.monotonic()
    with browser.visiting(empty_house.url, DESKTOP) as tab:
        set_up(tab, empty_house, OWNER)
        make_the_first_service(tab.page, empty_house)
    assert Curl().run(empty_house.way("clear"), [List("")])[0].is_done
    assert time.monotonic() - begun < FIVE_MINUTES_S


def make_the_first_service(page, house):
    page.get_by_role("link", name="Add a new Virtual Service").click()
    page.get_by_label("Label", exact=True).fill("FIRST_VIP")
    page.get_by_label("Address", exact=True).fill(house.vip)
    page.get_by_label("Ports", exact=True).fill(f"{CONTROL_PORT},21000-21027")
    page.get_by_label("Label of the real server").fill("FTP_SVR1")
    page.get_by_label("Address of the real server").fill(house.servers["FTP_SVR1"].address)
    page.get_by_label("Port of the real server").fill(str(CONTROL_PORT))
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#banner").get_by_role("button", name="Apply").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.locator("#service")).to_contain_text("greeting received", timeout=20_000)
