"""What each role is shown and may do, in a browser, at a real ftpair: no button, and no way round it."""

import re

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import expect

from ftpair.core.accounts import Role
from ftpair.web.app import ROUTERS
from tests.browser.kit.browser import Chromium
from tests.browser.kit.house import SERVICE, House
from tests.browser.kit.looks import DESKTOP
from tests.browser.kit.people import Person, kept_cookie, log_in

PEOPLE = {role: Person(f"an-{role}", f"seven herons at the {role}") for role in (Role.VIEWER, Role.OPERATOR)}
PAGES = (
    *("/", "/services", f"/services/{SERVICE}", "/certificates", "/routes", "/sessions", "/transfers", "/bans"),
    *("/doctor", "/reports", "/revisions", "/revisions/waiting", "/revisions/1", "/log"),
)
OF_ADMINS = ("/audit", "/users", "/services/new", "/revisions/edit", f"/services/{SERVICE}/change")
OF_EVERYBODY = {"/login", "/setup", "/logout"}
OF_OPERATORS = {
    *("/sessions/{session}/end", "/bans", "/bans/lift", "/doctor", "/doctor/{job}"),
    "/services/{service}/servers/{server}/{wish}",
}
CONTROLS = (
    "[hx-post]:not([hx-post='/logout']), [hx-delete], [data-end], [hx-get^='/revisions/'], [hx-get*='/servers/'],"
    "[hx-get$='/delete'], [hx-get^='/bans/'], a[href$='/change'], a[href$='/new'], a[href$='/edit']"
)
"""What leads to a change: what sends, what opens a dialog that sends, and links to forms."""
SEND = """async ([method, path]) => {
    const headers = {"HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers"))};
    return (await fetch(path, {method, headers, body: method === "POST" ? new URLSearchParams() : undefined})).status;
}"""


@pytest.fixture(scope="module")
def cookies(house: House, browser: Chromium, owner: str) -> dict[Role, str]:
    """The sessions of a viewer and an operator, whom the owner has let in, while a change waits in the file."""
    for role, person in PEOPLE.items():
        house.balancer.post("/users", {"name": person.user, "password": person.password, "role": role})
    file = house.balancer.configuration
    file.write_text(file.read_text().replace('"workers": 2', '"workers": 1'))
    return {Role.ADMIN: owner} | {role: session_of(browser, house, person) for role, person in PEOPLE.items()}


def test_who_only_sees_is_shown_no_control(house, visit, cookies):
    page = visit(house.url, DESKTOP, cookies[Role.VIEWER]).page
    for path in PAGES:
        page.goto(path)
        expect(page.locator("#banner")).to_contain_text("waits to be applied")
        assert page.locator(CONTROLS).evaluate_all("all => all.map(each => each.outerHTML)") == [], path


def test_an_operator_is_shown_what_operators_do_and_does_it(house, visit, cookies):
    page = visit(house.url, DESKTOP, cookies[Role.OPERATOR]).page
    page.goto(f"/services/{SERVICE}")
    expect(page.locator("a[href$='/change'], [hx-get$='/delete'], [hx-get='/revisions/apply']")).to_have_count(0)
    for title, wish in (("Drain", "drain"), ("Online", "online")):
        page.get_by_role("button", name=f"{title} FTP_SVR1").click()
        page.get_by_role("dialog").get_by_role("button", name=title).click()
        expect(page.locator("#toasts")).to_contain_text(f"{wish} FTP_SVR1")
        assert house.admin("FTP_SVR1") == wish


def test_an_admin_is_shown_all_of_it(house, visit, cookies):
    page = visit(house.url, DESKTOP, cookies[Role.ADMIN]).page
    page.goto(f"/services/{SERVICE}")
    for shown in ("a[href$='/change']", "[hx-get$='/delete']", "[hx-get='/revisions/apply']", "[hx-get$='/drain']"):
        expect(page.locator(shown).first).to_be_visible()


@pytest.mark.parametrize("role", PEOPLE)
def test_who_writes_the_request_by_hand_is_refused(house, visit, cookies, role):
    tab = visit(house.url, DESKTOP, cookies[role])
    tab.forgive("403")
    page = tab.page
    page.goto("/")
    running = house.balancer.ask("/status")["revision"]
    for path in OF_ADMINS:
        assert page.request.get(path).status == 403, path
    for method, path in refused_to(role):
        assert page.evaluate(SEND, [method, path]) == 403, (method, path)
    assert house.balancer.ask("/status")["revision"] == running
    assert house.admin("FTP_SVR1") == "online"


def refused_to(role: Role) -> list[tuple[str, str]]:
    """Return method and path of all that changes something and is not for this role, with names that there are."""
    allowed = OF_EVERYBODY | (OF_OPERATORS if role is Role.OPERATOR else set())
    names = {"service": SERVICE, "server": "FTP_SVR1", "name": SERVICE, "number": "1", "wish": "halt", "way": "up"}
    return [
        (method, re.sub(r"{(\w+)}", lambda found: names.get(found[1], "none"), route.path))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path not in allowed and not route.path.startswith("/account/")
        for method in route.methods - {"GET", "HEAD"}
    ]


def session_of(browser: Chromium, house: House, person: Person) -> str:
    with browser.visiting(house.url, DESKTOP) as tab:
        log_in(tab, person)
        expect(tab.page.get_by_role("heading", name="System Overview")).to_be_visible()
        return str(kept_cookie(tab)["value"])
