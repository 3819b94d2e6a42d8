"""The whole of it: a real ftpair with its web UI, real servers behind it, a real client and a real browser."""

import pytest
from playwright.sync_api import expect

from tests.interop.lab.clients.python_ftplib import PythonFtplib
from tests.interop.lab.clients.steps import List

ROW = "#server-FTPS_VIP-FTP_SVR1"


@pytest.mark.parametrize("entrance", ["explicit", "implicit"])
def test_a_client_comes_in_beside_it(house, entrance):
    assert PythonFtplib().run(house.way(entrance), [List("/")])[0].is_done


def test_a_server_is_drained_and_brought_back(house, at_home):
    tab = at_home("/")
    for wish, title in (("drain", "Drain"), ("online", "Online")):
        tab.page.locator(ROW).get_by_role("button", name=f"{title} FTP_SVR1").click()
        dialog = tab.page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"{wish} FTP_SVR1")
        dialog.get_by_role("button", name=title).click()
        expect(tab.page.locator("#toasts")).to_contain_text(f"{wish} FTP_SVR1")
        if wish == "drain":  # It may be drained in another way.
            expect(tab.page.locator(ROW)).to_contain_text("drain FTP_SVR1: done, no session is left")
        else:
            expect(tab.page.locator(ROW).get_by_role("button", name=f"{title} FTP_SVR1")).to_be_disabled()
        assert house.admin("FTP_SVR1") == wish


def test_a_page_outlives_a_restart_and_nobody_has_to_log_in_again(house, at_home):
    tab = at_home("/")
    tab.forgive("ERR_CONNECTION_REFUSED|/live/|/session")
    house.balancer.stop()
    expect(tab.page.locator("#away")).to_be_visible()
    house.balancer.restart()
    expect(tab.page.locator("#away")).to_be_hidden(timeout=15_000)
    tab.page.reload()
    expect(tab.page.get_by_role("heading", name="System Overview")).to_be_visible()
