"""An apply on trial: it counts down, is taken back by itself, or stays because somebody confirms it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.house import SERVICE, House
from tests.browser.kit.tab import Tab

SHORTEST_S = "10"
TAKEN_BACK_MS = 20_000


def test_a_trial_that_is_no_number_of_seconds_is_told_at_its_field(at_home):
    tab = with_saved_weight(at_home, 90)
    tab.forgive("422")
    apply_on_trial(tab.page, "a while")
    seconds = tab.page.get_by_label("Seconds to confirm it")
    expect(tab.page.locator("#trial-problem")).to_contain_text("Write a number of seconds")
    expect(seconds).to_have_value("a while")
    expect(seconds).to_have_attribute("aria-describedby", "trial-problem")
    expect(seconds).to_be_focused()
    assert_accessible(tab)


def test_what_nobody_confirms_is_taken_back_by_itself(house, at_home):
    page = with_saved_weight(at_home, 80).page
    apply_on_trial(page, SHORTEST_S)
    banner = page.locator("#banner")
    expect(banner).to_contain_text("runs on trial")
    assert weight_that_runs(house) == 80
    left = seconds_left(page)
    expect(banner.locator("[data-until]")).not_to_have_text(f"{left} s")
    assert seconds_left(page) < left <= int(SHORTEST_S)
    expect(banner).not_to_contain_text("runs on trial", timeout=TAKEN_BACK_MS)
    assert weight_that_runs(house) == 100
    page.get_by_role("link", name="Revisions").first.click()
    expect(page.locator("#content")).to_contain_text("not confirmed")


def test_what_is_confirmed_in_time_stays(house, at_home):
    tab = with_saved_weight(at_home, 70)
    page, banner = tab.page, tab.page.locator("#banner")
    apply_on_trial(page, "60")
    expect(banner).to_contain_text("runs on trial")
    expect(banner.get_by_role("button", name="Apply")).to_have_count(0)
    assert_accessible(tab)
    banner.get_by_role("button", name="Confirm, it stays").click()
    expect(page.locator("#toasts")).to_contain_text("is confirmed and stays")
    expect(banner).to_be_empty()
    assert weight_that_runs(house) == 70


def with_saved_weight(at_home: Visit, weight: int) -> Tab:
    """Open the page of the service after somebody has saved another weight of its first server."""
    tab = at_home(f"/services/{SERVICE}/change")
    tab.page.get_by_label("Weight of the real server").first.fill(str(weight))
    tab.page.get_by_role("button", name="Save", exact=True).click()
    expect(tab.page.get_by_role("heading", name=SERVICE, exact=True)).to_be_visible()
    return tab


def apply_on_trial(page: Page, seconds: str) -> None:
    page.locator("#banner").get_by_role("button", name="Apply").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Take it back unless I confirm it in time").check()
    dialog.get_by_label("Seconds to confirm it").fill(seconds)
    dialog.get_by_role("button", name="Apply").click()


def seconds_left(page: Page) -> int:
    return int(page.locator("#banner [data-until]").inner_text().removesuffix(" s"))


def weight_that_runs(house: House) -> int:
    return int(house.server("FTP_SVR1")["weight"])
