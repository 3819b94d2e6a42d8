"""What people do at the door: follow the set-up link, log in, and what their browser keeps."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from ftpair.api.access import COOKIE
from tests.browser.kit.house import House
from tests.browser.kit.tab import Tab


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a password."""

    user: str
    password: str


OWNER = Person("admin", "three geese on a blue roof")


def set_up(tab: Tab, house: House, person: Person) -> None:
    """Become the first user by the link that ftpair has logged, and arrive at the overview."""
    page = tab.page
    page.goto(house.set_up_link)
    page.get_by_label("User").fill(person.user)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_label("The password again").fill(person.password)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="System Overview")).to_be_visible()


def log_in(tab: Tab, person: Person, path: str = "/") -> None:
    """Ask for a page, be sent to the login, and fill it in."""
    tab.page.goto(path)
    fill_in(tab, person)


def fill_in(tab: Tab, person: Person) -> None:
    """Fill in the login and send it."""
    tab.page.get_by_label("User").fill(person.user)
    tab.page.get_by_label("Password", exact=True).fill(person.password)
    tab.page.get_by_role("button", name="Log in").click()


def kept_cookie(tab: Tab) -> dict[str, Any]:
    """Return the session's cookie as the browser keeps it; empty if it has none."""
    return next((dict(one) for one in tab.page.context.cookies() if one["name"] == COOKIE), {})
