"""The way in, in a browser, to a real ftpair: the first user, login and logout, and what keeps others out."""

import pytest
from playwright.sync_api import expect

from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.looks import LOOKS
from tests.browser.kit.people import OWNER, Person, fill_in, kept_cookie, log_in
from tests.browser.kit.pictures import take_picture

PRIZE = '<form method="post" action="{url}"><button>Take it</button></form>'
"""What somebody else's page has who would like an administrator to press a button."""


def test_the_link_of_the_first_user_works_once(house, owner, visit):
    tab = visit(house.url)
    tab.forgive("40[13]")
    tab.page.goto(house.set_up_link)
    tab.page.get_by_label("Password", exact=True).fill("another good password")
    tab.page.get_by_label("The password again").fill("another good password")
    tab.page.get_by_role("button", name="Set the password").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("this link is used or old")


def test_the_session_is_a_cookie_that_no_script_and_no_other_site_gets(house, owner, visit):
    tab = visit(house.url)
    log_in(tab, OWNER)
    cookie = kept_cookie(tab)
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]) == (True, True, "Strict", "/")
    assert tab.page.evaluate("document.cookie") == ""


def test_a_wrong_password_is_told_and_the_right_one_leads_where_one_was_going(house, owner, visit):
    tab = visit(house.url)
    tab.forgive("401")
    log_in(tab, Person(OWNER.user, "not the password"), "/sessions")
    expect(tab.page.get_by_role("alert")).to_contain_text("the user, the password or the code is wrong")
    expect(tab.page.get_by_label("User")).to_have_value(OWNER.user)
    assert_accessible(tab)
    fill_in(tab, OWNER)
    expect(tab.page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_who_has_logged_out_sees_nothing_more_by_going_back(house, owner, visit):
    tab = visit(house.url)
    log_in(tab, OWNER)
    tab.page.get_by_role("button", name=OWNER.user).click()
    tab.page.get_by_role("button", name="Log out").click()
    expect(tab.page.get_by_role("heading", name="Log in")).to_be_visible()
    assert kept_cookie(tab) == {}
    tab.page.go_back()
    expect(tab.page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize(("name", "path"), [("login", "/login"), ("setup", "/setup?key=none")])
def test_the_door_is_for_everybody(house, visit, look, name, path):
    tab = visit(house.url, look)
    tab.page.goto(path)
    assert_accessible(tab)
    tab.assert_no_sideways_scrolling()
    take_picture(tab, name)


def test_one_logs_in_by_keyboard_alone(house, owner, visit):
    tab = visit(house.url)
    tab.page.goto("/login")
    for word in (OWNER.user, OWNER.password):
        tab.page.keyboard.type(word)
        tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", name="System Overview")).to_be_visible()


def test_a_page_of_another_site_moves_nothing(house, owner, visit, shown):
    tab = visit(house.url, cookie=owner)
    tab.forgive("another host")
    prize = PRIZE.format(url=f"{house.url}/services/FTPS_VIP/servers/FTP_SVR1/halt")
    tab.page.route(f"{shown.url}/prize", lambda route: route.fulfill(body=prize, content_type="text/html"))
    tab.page.goto(f"{shown.url}/prize")
    tab.page.get_by_role("button", name="Take it").click()
    expect(tab.page.get_by_role("heading", name="Log in")).to_be_visible()
    assert house.admin("FTP_SVR1") == "online"


def test_a_request_without_the_token_of_the_session_moves_nothing(house, at_home):
    tab = at_home("/")
    tab.forgive("403")
    send = "path => fetch(path, {method: 'POST', headers: {'HX-Request': 'true'}}).then(answer => answer.status)"
    assert tab.page.evaluate(send, "/services/FTPS_VIP/servers/FTP_SVR1/halt") == 403
    assert house.admin("FTP_SVR1") == "online"


def test_who_guesses_has_to_wait(house, owner, visit):
    tab = visit(house.url)
    tab.forgive("4(01|29)")
    tab.page.goto("/login")
    said = tab.page.get_by_role("alert")
    for guess in range(12):  # On a slow machine the first waits are over before the next guess; they double each time.
        with tab.page.expect_navigation():
            fill_in(tab, Person("anna", f"guess number {guess}"))
        if "too many" in said.inner_text():
            break
    expect(said).to_contain_text("too many wrong logins: try again in")
