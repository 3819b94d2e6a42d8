"""The forms of Cluster Configuration: what they explain, refuse, keep and save."""

import pytest
from playwright.sync_api import expect

from ftpair.core.accounts import Role
from ftpair.core.actions import Problem, Refused
from ftpair.core.certificates import SaveCertificate
from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.looks import DESKTOP, PHONE
from tests.web.a_file import File

REFUSED = "40[0-9]|412|422"
"""The browser notes every refusal in its console; the test has caused it."""


@pytest.fixture
def file(given):
    behind = File()
    given.answers |= behind.answers
    return behind


def filled_in(page):
    page.get_by_label("Label", exact=True).fill("FTP_VIP")
    page.get_by_label("Address", exact=True).fill("192.0.2.20")
    page.get_by_label("Ports", exact=True).fill("2121,30000-30009")
    page.get_by_label("Label of the real server").fill("FTP_SVR1")
    page.get_by_label("Address of the real server").fill("10.0.0.21")


def test_yaml_and_ports_follow_the_form(visit_as, file):
    page = visit_as(Role.ADMIN, "/services/new").page
    filled_in(page)
    expect(page.locator("#yaml")).to_contain_text("explicit: 2121")
    page.get_by_label("Ports", exact=True).fill("21,990,1025-1052")
    expect(page.locator("#understood")).to_contain_text("implicit 990")
    page.get_by_label("Ports", exact=True).fill("990")
    expect(page.locator("#understood")).to_have_text("")


def test_lines_of_real_servers_come_and_go(visit_as, file):
    page = visit_as(Role.ADMIN, "/services/FTPS_VIP/change").page
    page.get_by_role("button", name="Add a real server").click()
    expect(page.get_by_label("Label of the real server").nth(2)).to_be_focused()
    page.get_by_role("button", name="Remove this real server").nth(2).click()
    page.get_by_role("button", name="Remove this real server").nth(1).click()
    expect(page.locator("#yaml")).not_to_contain_text("FTP_SVR2")


def test_another_mode_loses_nothing_that_was_typed(visit_as, file):
    page = visit_as(Role.ADMIN, "/services/new").page
    filled_in(page)
    page.locator("summary").filter(has_text="Balancing").click()
    page.get_by_label("Retries").fill("7")
    page.get_by_label("Mode").select_option("tcp")
    expect(page.get_by_label("Pairing")).to_be_visible()
    expect(page.get_by_label("Label", exact=True)).to_have_value("FTP_VIP")
    page.get_by_label("Mode").select_option("ftp")
    expect(page.get_by_label("Pairing")).to_have_count(0)
    page.locator("summary").filter(has_text="Balancing").click()
    expect(page.get_by_label("Retries")).to_have_value("7")


@pytest.mark.parametrize("look", [DESKTOP, DESKTOP.dark, PHONE], ids=str)
def test_every_group_of_fields_is_for_everybody(visit_as, file, look):
    tab = visit_as(Role.ADMIN, "/services/FTPS_VIP/change", look)
    for group in tab.page.locator("details.group").all():
        group.locator("summary").click()
    assert_accessible(tab)
    tab.assert_no_sideways_scrolling()


@pytest.mark.parametrize("look", [DESKTOP, PHONE.dark], ids=str)
def test_a_real_server_is_added_in_a_dialog(visit_as, file, look):
    tab = visit_as(Role.ADMIN, "/services/FTPS_VIP", look)
    tab.forgive(REFUSED)
    page = tab.page
    page.get_by_role("button", name="Add a real server").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Label").fill("FTP_SVR3")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Address")).to_be_focused()
    assert_accessible(tab)
    dialog.get_by_label("Address").fill("10.0.0.13")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#service")).to_contain_text("FTP_SVR3")


def test_a_service_is_deleted_after_it_was_told_what_stays(visit_as, file):
    page = visit_as(Role.ADMIN, "/services").page
    page.get_by_role("button", name="Delete FTPS_VIP").click()
    expect(page.get_by_role("dialog")).to_contain_text("6 sessions stay")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    row = page.get_by_role("row").filter(has_text="FTPS_VIP")
    expect(row).to_contain_text("goes with the next apply")
    assert "FTPS_VIP" not in file.text


def test_a_key_that_does_not_fit_is_told_and_stays_in_the_browser(visit_as, given):
    given.answers[SaveCertificate] = Refused("invalid", "no", (Problem("key", "does not fit the certificate"),))
    tab = visit_as(Role.ADMIN, "/certificates")
    tab.forgive(REFUSED)
    page = tab.page
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("Name").fill("office")
    page.get_by_label("Certificate", exact=True).fill("-----BEGIN CERTIFICATE-----")
    page.get_by_label("Private key", exact=True).fill("-----BEGIN PRIVATE KEY-----")
    page.get_by_role("dialog").get_by_role("button", name="Upload").click()
    expect(page.locator("#e-key")).to_contain_text("does not fit the certificate")
    expect(page.get_by_label("Private key", exact=True)).to_have_value("-----BEGIN PRIVATE KEY-----")
    assert_accessible(tab)


def test_a_rule_is_added_and_moved(visit_as, file):
    page = visit_as(Role.ADMIN, "/routes").page
    page.get_by_role("button", name="Add a rule to FTPS_VIP").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Pool").fill("default")
    dialog.get_by_label("From").fill("10.0.0.0/8")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Move rule 2 of FTPS_VIP earlier").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("10.0.0.0/8")
