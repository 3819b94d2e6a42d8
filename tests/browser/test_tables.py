"""Tables that live, in a browser: hostile names, searching, sorting, ending, thousands of rows, and a break."""

import itertools
import random
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from ftpair.core.accounts import Role
from ftpair.core.actions import (
    GetLog,
    GetSessions,
    GetTransferHistory,
    KillSession,
    LogIs,
    SessionTable,
    TransferHistoryIs,
)
from ftpair.core.log_lines import LogLine
from tests.api.supervisor import past_transfer, session, transfer
from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.tasks import longest_task_ms
from tests.web.conftest import papers
from tests.web.streams import HOSTILE, SHOWN, following

ROWS = "#rows tbody tr:not(.spacer)"
LONG = "x" * 4096
HIDE = """isHidden => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => isHidden});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def told(given, *sessions, transfers=()):
    given.answers[GetSessions] = SessionTable(tuple(sessions), tuple(transfers))


def users(tab):
    """The users of the rows in sight, from above."""
    return tab.page.locator(f"{ROWS} td:first-child div").all_inner_texts()


def query(tab):
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.page.url).query).items()}


@pytest.mark.parametrize("path", ["/sessions", "/transfers", "/sessions/0-1f"])
def test_names_from_the_net_are_shown_harmless_and_readable(visit_as, given, path):
    row = session(user=HOSTILE, command=f"RETR {HOSTILE}")
    told(given, row, transfers=[transfer(user=HOSTILE, path=HOSTILE)])
    tab = visit_as(Role.OPERATOR, path)
    expect(tab.page.get_by_text(SHOWN).first).to_be_visible()
    assert tab.page.locator("main img").count() == 0
    assert_accessible(tab)


def test_a_name_of_four_kibibytes_breaks_no_table_and_is_whole_on_its_page(visit_as, given):
    told(given, session(user=LONG))
    tab = visit_as(Role.VIEWER, "/sessions")
    expect(tab.page.locator(ROWS)).to_have_count(1)
    assert users(tab) == ["x" * 300 + "…"]
    tab.assert_no_sideways_scrolling()
    tab.page.locator(f"{ROWS} a").click()
    expect(tab.page.locator("h2 bdi").first).to_have_text(LONG)
    tab.assert_no_sideways_scrolling()


def test_rows_come_change_and_go_without_a_reload(visit_as, given):
    one, two = session(id="0-1", user="anna"), session(id="0-2", user="bert")
    changed = session(id="0-2", user="bert", command="NOOP")
    given.answers[GetSessions] = following(*(SessionTable(each, ()) for each in ((one, two), (one, two), (changed,))))
    tab = visit_as(Role.VIEWER, "/sessions")
    expect(tab.page.locator(ROWS)).to_have_count(2)
    expect(tab.page.locator(ROWS)).to_have_count(1)
    expect(tab.page.locator(ROWS)).to_contain_text("NOOP")
    told(given)
    expect(tab.page.get_by_text("No session at the moment")).to_be_visible()


def test_it_is_searched_filtered_and_sorted_and_back_shows_the_same(visit_as, given):
    names = ("quinn", "bert", "quade", "berta")
    told(
        given,
        *(
            session(id=f"0-{at}", user=name, seconds=60.0 - at, server=f"FTP_SVR{1 + at % 2}")
            for at, name in enumerate(names)
        ),
    )
    tab = visit_as(Role.VIEWER, "/sessions")
    expect(tab.page.locator(ROWS)).to_have_count(4)
    assert users(tab) == ["berta", "quade", "bert", "quinn"]  # The youngest stands above.
    tab.page.get_by_role("button", name="User").click()
    assert users(tab) == ["bert", "berta", "quade", "quinn"]
    tab.page.get_by_role("button", name="User").click()
    tab.page.get_by_label("Search").fill("QU retr")
    expect(tab.page.locator("#rows-count")).to_have_text("2 of 4 sessions")
    tab.page.get_by_label("Server").select_option("FTP_SVR1")
    expect(tab.page.locator(ROWS)).to_have_count(2)
    assert query(tab) == {"q": "QU retr", "server": "FTP_SVR1", "sort": "-user"}
    tab.page.locator(f"{ROWS} a").first.click()
    expect(tab.page.get_by_role("heading", name="Session 0-0")).to_be_visible()
    tab.page.go_back()
    expect(tab.page.locator(ROWS)).to_have_count(2)
    assert users(tab) == ["quinn", "quade"]


def test_a_search_that_finds_nothing_says_so_and_offers_the_way_out(visit_as, given):
    told(given, session())
    tab = visit_as(Role.VIEWER, "/sessions?q=nobody")
    tab.page.get_by_role("button", name="Show all").click()
    expect(tab.page.locator(ROWS)).to_have_count(1)
    assert query(tab) == {}


def test_rows_do_not_move_under_the_mouse(visit_as, given):
    first = transfer(session="0-1", path="a", bytes_per_second=9e6)
    second = transfer(session="0-2", path="b", bytes=0, bytes_per_second=1e6)
    told(given, transfers=[first, second])
    tab = visit_as(Role.OPERATOR, "/transfers")
    paths = tab.page.locator(f"{ROWS} td:nth-child(2) div:first-child")
    expect(paths).to_have_text(["a", "b"])
    paths.first.hover()
    moved = itertools.count(1)
    given.answers[GetSessions] = lambda _action: SessionTable((), (first, replace(second, bytes=next(moved) * 10**7)))
    expect(tab.page.locator(f"{ROWS} td:nth-child(4)").nth(1)).to_contain_text("MiB")
    expect(tab.page.locator(f"{ROWS} td:nth-child(5)").nth(1)).to_contain_text("MiB/s")
    expect(paths).to_have_text(["a", "b"])
    tab.page.mouse.move(5, 5)
    expect(paths).to_have_text(["b", "a"])


def test_a_session_is_ended_by_keyboard_alone(visit_as, given):
    told(given, session(), transfers=[transfer()])
    tab = visit_as(Role.OPERATOR, "/sessions")
    tab.page.get_by_role("button", name="End the session from 198.51.100.7:50122").focus()
    tab.page.keyboard.press("Enter")
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 transfer of it is cut")
    assert_accessible(tab)
    expect(dialog.get_by_role("button", name="End the session")).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#toasts")).to_contain_text("kill 0-1f: ended")
    assert KillSession("0-1f") in given.actions


def test_two_thousand_sessions_freeze_nothing(visit_as, given):
    given.answers[GetSessions] = busy(2000, changing=50)
    tab = visit_as(Role.OPERATOR, "/sessions")
    expect(tab.page.locator("#rows-count")).to_have_text("2000 sessions")
    assert tab.page.locator(ROWS).count() < 60

    def work():
        tab.page.wait_for_timeout(4000)
        tab.page.get_by_role("button", name="Rate").click()
        tab.page.get_by_label("Search").press_sequentially("user 7", delay=50)
        tab.page.get_by_label("Search").fill("")
        tab.page.locator(ROWS).first.hover()
        for _ in range(20):
            tab.page.mouse.wheel(0, 900)
            tab.page.wait_for_timeout(30)

    print(f"longest task: {longest_task_ms(tab, work):.0f} ms of CPU")
    assert tab.page.locator(ROWS).count() < 60, "only what is in sight is drawn"
    expect(tab.page.locator("#rows-count")).to_have_text("2000 sessions")


def busy(count, changing):
    """Give so many sessions, of which some move some bytes each time one asks."""
    chance, moved = random.Random(7), [0] * count

    def table(_action):
        for at in chance.sample(range(count), changing):
            moved[at] += chance.randrange(1, 9_000_000)
        rows = (
            session(
                id=f"0-{at:x}", user=f"user {at}", bytes_down=moved[at], client=f"198.51.{at // 250}.{at % 250}:2121"
            )
            for at in range(count)
        )
        return SessionTable(tuple(rows), ())

    return table


def test_a_table_says_that_it_lives_and_is_whole_again_after_a_break(visit_as, given):
    told(given, session(id="0-1", user="anna"), session(id="0-2", user="bert"))
    tab = visit_as(Role.VIEWER, "/sessions")
    expect(tab.page.locator(".when-live")).to_be_visible()
    expect(tab.page.locator(ROWS)).to_have_count(2)
    tab.forgive("ERR_")
    given.process.kill()
    expect(tab.page.locator(".when-away")).to_be_visible()
    expect(tab.page.locator(ROWS)).to_have_count(2)
    told(given, session(id="0-3", user="carl"))
    given.replace_api()
    given.serve_https(papers(), given.port)
    expect(tab.page.locator(ROWS)).to_have_count(1)
    expect(tab.page.locator(".when-live")).to_be_visible()
    assert users(tab) == ["carl"]


def test_a_tab_that_nobody_sees_is_paused(visit_as, given):
    told(given, session())
    tab = visit_as(Role.VIEWER, "/sessions")
    expect(tab.page.locator(".when-live")).to_be_visible()
    tab.page.evaluate(HIDE, True)
    expect(tab.page.locator(".when-paused")).to_be_visible()
    tab.page.evaluate(HIDE, False)
    expect(tab.page.locator(".when-live")).to_be_visible()


def test_a_ban_is_added_with_what_was_wrong_said_at_its_field(visit_as, given):
    tab = visit_as(Role.OPERATOR, "/bans")
    tab.page.get_by_role("button", name="Ban", exact=True).click()
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Address or user").fill("   ")
    tab.forgive("422")
    dialog.get_by_role("button", name="Ban").click()
    expect(dialog.get_by_label("Address or user")).to_be_focused()
    expect(dialog.get_by_label("Address or user")).to_have_accessible_description(
        "Write an address such as 198.51.100.7, or the name of a user."
    )
    assert_accessible(tab)
    dialog.get_by_label("Address or user").fill("203.0.113.9")
    dialog.get_by_label("For how long").select_option("1 day")
    dialog.get_by_role("button", name="Ban").click()
    expect(tab.page.locator("#toasts")).to_contain_text("address 203.0.113.9 for 86400.0 s")
    expect(dialog).not_to_be_visible()


def line(number, text, level="info", process="worker 0"):
    return LogLine(number, 1767225600.25 + number, level, process, text)


def test_the_log_is_followed_filtered_and_paused(visit_as, given):
    first = tuple(line(at, f"session {at} began") for at in range(1, 400))
    given.answers[GetLog] = following(LogIs(first, 399), LogIs((), 399))
    tab = visit_as(Role.VIEWER, "/log")
    shown = tab.page.locator("#log li:not([hidden])")
    expect(shown).to_have_count(399)
    expect(shown.last).to_be_in_viewport()  # It follows.
    tab.page.get_by_role("button", name="Pause").click()
    wrong = (line(400, HOSTILE, "error", "prober"),)
    given.answers[GetLog] = following(LogIs(wrong, 400), LogIs((), 400))
    expect(tab.page.locator("#log-count")).to_contain_text("1 more wait")
    expect(shown).to_have_count(399)
    tab.page.get_by_role("button", name="Pause").click()
    expect(shown.last).to_contain_text(SHOWN)
    tab.page.get_by_label("Level").select_option("warning and above")
    expect(shown).to_have_count(1)
    tab.page.get_by_label("Level").select_option("All levels")
    tab.page.get_by_label("Process").select_option("worker 0")
    tab.page.get_by_label("Search").fill("session 39")
    expect(shown).to_have_count(14)
    assert query(tab) == {"q": "session 39", "process": "worker 0"}
    tab.page.get_by_label("Search").fill("nothing like it")
    expect(tab.page.get_by_text("No line is like that")).to_be_visible()
    assert tab.page.locator("main img").count() == 0


def test_the_history_is_searched_by_its_form_and_paged(visit_as, given):
    found = TransferHistoryIs((past_transfer(path="one.txt"),), 40, 0)
    given.answers[GetTransferHistory] = lambda wanted: replace_found(found, wanted)
    tab = visit_as(Role.VIEWER, "/transfers")
    tab.page.get_by_role("link", name="History").click()
    tab.page.get_by_label("Result").select_option("cut")
    tab.page.get_by_label("From (UTC)").fill("2026-01-01T10:00")
    tab.page.get_by_role("button", name="Search").click()
    tab.page.get_by_role("link", name="Older").click()
    expect(tab.page.get_by_text("before-40.txt")).to_be_visible()
    assert query(tab) == {"result": "cut", "from": "2026-01-01T10:00", "before": "40"}
    tab.page.go_back()
    expect(tab.page.get_by_text("before-0.txt")).to_be_visible()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "transfers.csv"


def replace_found(found, wanted):
    """The same, but for a name that tells what was asked for; the second page is the last."""
    (one,) = found.transfers
    transfers = (replace(one, path=f"before-{wanted.before}.txt"),)
    return TransferHistoryIs(transfers, 0 if wanted.before or wanted.limit > 50 else found.next, 0)
