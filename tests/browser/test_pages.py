"""Every page in every look: nothing goes wrong behind it, everybody can read it, it fits; its picture is taken."""

import pytest

from ftpair.api.doctor_examples import JOB
from ftpair.core.accounts import Role
from ftpair.web.pages import MENU
from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.looks import LOOKS
from tests.browser.kit.pictures import take_picture
from tests.browser.kit.scenery import scenery
from tests.browser.kit.traffic import let_five_minutes_pass
from tests.web.a_file import File

PAGES = {
    "overview": "/",
    "services": "/services",
    "service": "/services/FTPS_VIP",
    "service-new": "/services/new",
    "service-change": "/services/FTPS_VIP/change",
    "guide": "/services/FTPS_VIP/servers/FTP_SVR1/guide?kind=vsftpd",
    "firewall": "/services/FTPS_VIP/firewall",
    "certificates": "/certificates",
    "routes": "/routes?service=FTPS_VIP&user=kim&from=10.0.0.5",
    "sessions": "/sessions",
    "session": "/sessions/0-1f",
    "transfers": "/transfers",
    "history": "/transfers/history",
    "bans": "/bans",
    "log": "/log",
    "audit": "/audit",
    "revisions": "/revisions",
    "revision": "/revisions/5",
    "waiting": "/revisions/waiting",
    "editor": "/revisions/edit",
    "doctor": "/doctor",
    "examination": f"/doctor/{JOB.id}",
    "reports": "/reports",
    "users": "/users",
    "account": "/account",
}
"""The pages by the names of their pictures."""
WRITTEN = frozenset({"services", "service", "service-new", "service-change", "routes"})
"""Pages of what the configuration file says."""
SCENES = {"overview": let_five_minutes_pass}
"""What has to happen for a picture that shows something."""


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(visit_as, given, name, look):
    given.answers |= scenery() | (File().answers if name in WRITTEN else {})
    tab = visit_as(Role.ADMIN, PAGES[name], look)
    assert_accessible(tab)
    tab.assert_no_sideways_scrolling()
    SCENES.get(name, lambda _tab: None)(tab)
    take_picture(tab, name)


def test_no_page_of_the_menu_is_forgotten(visit_as):
    tab = visit_as(Role.ADMIN, "/")
    tab.forgive("404")
    paths = {entry.path for _, entries in MENU for entry in entries}
    there = {path for path in paths if tab.page.request.get(path).ok}
    assert there <= {path.partition("?")[0] for path in PAGES.values()}


def test_the_first_step_of_the_keyboard_leads_past_the_menu(visit_as):
    tab = visit_as(Role.ADMIN, "/")
    assert tab.walk(1) == ["Skip to the content"]
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "content"
