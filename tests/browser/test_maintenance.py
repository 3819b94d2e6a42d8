"""What keeps a balancer well, in a browser: the file edited, an apply on trial, the way back, the doctor, people."""

import re

import pyotp
from playwright.sync_api import Locator, Page, expect

from tests.browser.kit.house import House

TRIAL_S = 10
LATE_MS = 30_000
"""What an apply, or an examination of two servers, may take."""


def saved(page: Page, text: str) -> None:
    page.get_by_label("Configuration (YAML)").fill(text)
    page.get_by_role("button", name="Save").click()


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def text_of(house: House) -> str:
    return house.balancer.configuration.read_text()


def said(text: str, key: str) -> str:
    """The configuration with one key more in its service."""
    before, opening, after = text.rpartition('"FTPS_VIP": {')
    return f"{before}{opening}\n      {key},{after}"


def greeting(number: int) -> str:
    """What an apply brings in without harm."""
    return f'"greeting": "Number {number}."'


def test_what_is_wrong_in_the_file_is_led_to_by_its_line_and_nothing_typed_is_lost(house, at_home):
    tab = at_home("/revisions/edit")
    tab.forgive("422")
    before, typed = text_of(house), said(text_of(house), '"nonsense": 1')
    saved(tab.page, typed)
    link = tab.page.get_by_role("alert").get_by_role("link").first
    line = int(link.get_attribute("data-line") or 0)
    link.click()
    chosen = tab.page.evaluate(
        "() => { const at = document.activeElement; return at.value.slice(at.selectionStart, at.selectionEnd); }"
    )
    assert chosen == typed.splitlines()[line - 1]
    assert tab.page.get_by_label("Configuration (YAML)").input_value() == typed
    assert text_of(house) == before
    saved(tab.page, before)
    expect(tab.page.get_by_text("Nothing waits to be applied")).to_be_visible()


def test_an_apply_on_trial_counts_down_and_is_taken_back(house, at_home):
    page = at_home("/revisions/edit").page
    before = text_of(house)
    saved(page, said(before, greeting(1)))
    expect(page.get_by_role("heading", name="What waits to be applied")).to_be_visible()
    page.locator("#waiting").get_by_role("button", name="Apply").click()
    dialog_of(page).get_by_label("Take it back unless I confirm it in time").check()
    dialog_of(page).get_by_label("Seconds to confirm it").fill(str(TRIAL_S))
    dialog_of(page).get_by_role("button", name="Apply").click()
    expect(page.locator("#banner")).to_contain_text("runs on trial", timeout=LATE_MS)
    first = page.locator("[data-until]").inner_text()
    expect(page.locator("[data-until]")).not_to_have_text(first)
    expect(page.locator("#banner")).not_to_contain_text("runs on trial", timeout=LATE_MS)
    assert text_of(house) == before


def test_a_trial_that_is_confirmed_stays_and_the_way_back_is_told_before_it_is_gone(house, at_home):
    page = at_home("/revisions/edit").page
    before = text_of(house)
    saved(page, said(before, greeting(2)))
    expect(page.get_by_role("heading", name="What waits to be applied")).to_be_visible()
    page.locator("#banner").get_by_role("button", name="Apply").click()
    dialog_of(page).get_by_label("Take it back unless I confirm it in time").check()
    dialog_of(page).get_by_role("button", name="Apply").click()
    expect(page.locator("#banner")).to_contain_text("runs on trial", timeout=LATE_MS)
    page.locator("#banner").get_by_role("button", name="Confirm, it stays").click()
    expect(page.locator("#banner")).to_be_empty(timeout=LATE_MS)
    assert text_of(house) != before
    page.get_by_role("link", name="Revisions").first.click()
    page.get_by_role("button", name="Go back to revision 1", exact=True).click()
    expect(dialog_of(page)).to_contain_text("FTPS_VIP: greeting")
    dialog_of(page).get_by_role("button", name="Go back").click()
    expect(page.locator("#toasts")).to_contain_text("as revision 1 was", timeout=LATE_MS)
    assert text_of(house) == before


def test_the_doctor_is_watched_until_he_says_what_he_found(at_home):
    page = at_home("/doctor").page
    page.get_by_role("button", name="Examine").click()
    expect(page.get_by_role("heading", name="Examination of FTPS_VIP")).to_be_visible()
    expect(page.get_by_text("Real servers", exact=True)).to_be_visible(timeout=2 * LATE_MS)
    expect(page.locator("#examination")).to_contain_text("FTP_SVR1: proftpd")
    page.goto("/")
    expect(page.locator("#service-FTPS_VIP")).to_contain_text("Doctor, ")


def test_reports_draw_what_was(at_home):
    page = at_home("/reports").page
    page.get_by_label("Of").select_option("FTPS_VIP/FTP_SVR1")
    expect(page).to_have_url(re.compile("of=FTPS_VIP%2FFTP_SVR1"))
    expect(page.locator("canvas")).to_have_count(6)
    page.get_by_text("The same figures as a table").click()
    expect(page.get_by_role("columnheader", name="Logins accepted")).to_be_visible()


def test_a_user_is_added_and_a_token_shows_its_secret_once(at_home):
    page = at_home("/users").page
    page.get_by_role("button", name="Add a user").click()
    dialog_of(page).get_by_label("Name").fill("berta")
    dialog_of(page).get_by_label("Password").fill("correct horse battery")
    dialog_of(page).get_by_label("Role").select_option("operator")
    dialog_of(page).get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name="Change berta")).to_be_visible()
    page.get_by_role("button", name="Add a token").click()
    dialog_of(page).get_by_label("Name").fill("monitor")
    dialog_of(page).get_by_role("button", name="Add").click()
    secret = dialog_of(page).get_by_label("Secret", exact=True).inner_text()
    dialog_of(page).get_by_role("button", name="I have it").click()
    expect(page.get_by_role("button", name="Remove the token monitor")).to_be_visible()
    assert len(secret) > 20
    assert secret not in page.content()


def test_a_second_factor_is_set_up_by_its_first_code(at_home):
    tab = at_home("/account")
    tab.forgive("400")
    tab.page.get_by_role("button", name="Set it up").click()
    expect(tab.page.get_by_role("img", name="QR code")).to_be_visible()
    secret = tab.page.get_by_label("Secret", exact=True).inner_text()
    tab.page.get_by_label("The code that it shows now").fill("000")
    tab.page.get_by_role("button", name="Confirm", exact=True).click()
    expect(tab.page.locator("#code-problem")).to_be_visible()
    tab.page.get_by_label("The code that it shows now").fill(pyotp.TOTP(secret).now())
    tab.page.get_by_role("button", name="Confirm", exact=True).click()
    expect(tab.page.get_by_text("A code of your authenticator is asked for")).to_be_visible()
