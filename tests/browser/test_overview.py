"""System Overview in a browser: what lives on it, drain and halt by keyboard, and what it says when ftpair is away."""

import pytest
from playwright.sync_api import expect

from ftpair.core.accounts import Role
from ftpair.core.actions import GetStatus, SetAdmin, StatusIs
from ftpair.core.status import Admin, Health
from tests.api.supervisor import node, server, service
from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.looks import DESKTOP, PHONE
from tests.browser.kit.traffic import let_five_minutes_pass
from tests.web.conftest import papers

DRAWN = """() => [...document.querySelectorAll(".chart canvas")].map(canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) pixels += data[at] < 20 && data[at + 2] > 190 && data[at + 3] === 255;
    return pixels;
})"""
"""How many pixels of each chart have the blue of its line."""


def told(given, *servers):
    given.answers[GetStatus] = StatusIs(node(services=(service(servers=servers),)))


def test_a_server_that_goes_down_is_seen_without_a_reload(visit_as, given):
    told(given, server("FTP_SVR1"))
    tab = visit_as(Role.ADMIN, "/")
    tab.page.evaluate("window.isSame = true")
    told(given, server("FTP_SVR1", health=Health.DOWN, reason="no answer within 5 s"))
    expect(tab.page.locator("#server-FTPS_VIP-FTP_SVR1")).to_contain_text("no answer within 5 s")
    assert tab.page.evaluate("window.isSame"), "the page was loaded anew"


@pytest.mark.parametrize("look", [DESKTOP, DESKTOP.dark, PHONE], ids=str)
def test_figures_are_drawn_as_they_come(visit_as, look):
    tab = visit_as(Role.ADMIN, "/", look)
    tab.page.wait_for_function("document.querySelectorAll('.chart canvas').length === 3")
    let_five_minutes_pass(tab)
    tab.page.wait_for_function(f"({DRAWN})().every(pixels => pixels > 200)")


def test_a_server_is_drained_by_keyboard_alone(visit_as, given):
    tab = visit_as(Role.OPERATOR, "/")
    tab.page.get_by_role("button", name="Drain FTP_SVR1").first.focus()
    tab.page.keyboard.press("Enter")
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("drain FTP_SVR1: 3 sessions stay, 1 transfer")
    assert_accessible(tab)
    dialog.get_by_role("button", name="Drain").focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#toasts")).to_contain_text("drain FTP_SVR1: 3 sessions stay, 1 transfer")
    expect(dialog).not_to_be_visible()
    assert [action for action in given.actions if isinstance(action, SetAdmin)][-1] == SetAdmin(
        "FTPS_VIP", "FTP_SVR1", Admin.DRAIN
    )


def test_escape_leaves_a_dialog_and_nothing_is_done(visit_as, given):
    tab = visit_as(Role.OPERATOR, "/")
    button = tab.page.get_by_role("button", name="Halt FTP_SVR1").first
    button.click()
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).not_to_be_visible()
    expect(button).to_be_focused()
    assert all(action.dry_run for action in given.actions if isinstance(action, SetAdmin))


def test_who_only_sees_is_shown_no_button(visit_as):
    tab = visit_as(Role.VIEWER, "/")
    expect(tab.page.get_by_role("heading", name="FTPS_VIP")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Drain FTP_SVR1")).to_have_count(0)


def test_a_page_says_when_ftpair_is_away_and_recovers(visit_as, given):
    told(given, server("FTP_SVR1"))
    tab = visit_as(Role.ADMIN, "/", PHONE)
    # What the page asks for meanwhile, or was still asking for: its icon comes last.
    tab.forgive("/live/overview|/session|/static/mark.svg|ERR_CONNECTION_REFUSED")
    given.process.kill()
    expect(tab.page.locator("#away")).to_contain_text("ftpair does not answer")
    assert_accessible(tab)
    told(given, server("FTP_SVR1", reason="answered in 2 ms"))
    given.replace_api()
    given.serve_https(papers(), given.port)
    expect(tab.page.locator("#away")).to_be_hidden(timeout=15_000)
    expect(tab.page.locator("#server-FTPS_VIP-FTP_SVR1")).to_contain_text("answered in 2 ms")


def test_what_a_server_says_is_shown_and_never_run(visit_as, given):
    told(
        given,
        server("FTP_SVR1", reason="<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"),
    )
    tab = visit_as(Role.ADMIN, "/")
    expect(tab.page.get_by_text("<img src=x onerror").first).to_be_visible()
    expect(tab.page).not_to_have_title("taken")
