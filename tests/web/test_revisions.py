"""Revisions, what waits, and the dialogs that bring a configuration in."""

import re

import pytest

from ftpair.core.accounts import Role
from ftpair.core.actions import (
    Applied,
    Apply,
    ConfigurationIs,
    Confirm,
    GetConfiguration,
    GetRevisions,
    GetStatus,
    GetWaiting,
    Problem,
    Refused,
    RevisionsAre,
    RollBack,
    StatusIs,
    WaitingIs,
)
from ftpair.core.revisions import Revision, Unconfirmed
from tests.api.supervisor import node

TEXTS = {
    "file": "# hello\nweight: 50\n",
    "running": "# hello\nweight: 100\n",
    "5": "# hello\nweight: 50\n",
    "4": "# hello\nweight: 100\n",
    "3": "weight: 100\n",
}
HOSTILE = "<img src=x onerror=alert(1)>"


def rows(*numbers, **changes):
    return [Revision(number, 1_767_225_600.0 + number, "anna", f"comment {number}", **changes) for number in numbers]


@pytest.fixture
def supervisor(supervisor):
    known = rows(5, 4, 3)
    supervisor.answers |= {
        GetConfiguration: lambda action: (
            ConfigurationIs(f"revision {action.which}", TEXTS[action.which], f'"tag of {action.which}"')
            if action.which in TEXTS
            else Refused("not-found", f"there is no revision {action.which}")
        ),
        GetRevisions: lambda action: RevisionsAre(
            tuple([row for row in known if not action.before or row.number < action.before][: action.limit])
        ),
    }
    return supervisor


def orders(supervisor, kind):
    return [action for action in supervisor.actions if isinstance(action, kind) and not action.dry_run]


def test_the_list_says_who_made_what_and_which_one_runs(admin):
    page = admin.get("/revisions").text
    assert re.search(r'id="revision-4".*?runs</span>', page, re.DOTALL)
    for word in ("comment 5", "anna", "2026-01-01 00:00:05 UTC", "never"):
        assert word in page
    assert 'hx-get="/revisions/3/rollback"' in page
    assert 'hx-get="/revisions/4/rollback"' not in page, "it runs already"


def test_more_than_a_page_has_a_way_to_the_older_ones(admin, supervisor):
    supervisor.answers[GetRevisions] = lambda action: RevisionsAre(tuple(rows(*range(60, 60 - action.limit, -1))))
    assert 'href="/revisions?before=11"' in admin.get("/revisions").text
    admin.get("/revisions?before=11")
    assert GetRevisions(51, 11) in supervisor.actions


@pytest.mark.parametrize(
    ("shown", "marked"),
    [("", ["weight: 100", "weight: 50"]), ("?show=running", ["weight: 100", "weight: 50"])],
)
def test_a_revision_shows_what_it_changed_and_what_separates_it_from_what_runs(admin, shown, marked):
    page = admin.get(f"/revisions/5{shown}").text
    assert re.findall(r'class="line (?:del|add)">(.*?)</td>', page)[:2] == marked
    assert 'aria-label="removed"' in page
    assert 'aria-label="added"' in page


def test_the_first_one_is_compared_with_nothing(admin):
    page = admin.get("/revisions/3").text
    assert "nothing" in page
    assert re.findall(r'class="line add">(.*?)</td>', page)[0] == "weight: 100"


def test_a_revision_has_its_text_to_copy(admin):
    page = admin.get("/revisions/5?show=text").text
    assert "<span># hello\n</span><span>weight: 50\n</span>" in page


def test_a_revision_that_does_not_exist_is_told_by_a_page(admin):
    answer = admin.get("/revisions/77")
    assert answer.status_code == 404
    assert "there is no revision 77" in answer.text


def test_what_others_wrote_is_text_and_nothing_else(admin, supervisor):
    supervisor.answers[GetRevisions] = RevisionsAre((Revision(5, 0.0, HOSTILE, HOSTILE),))
    supervisor.answers[GetConfiguration] = lambda action: ConfigurationIs(HOSTILE, HOSTILE + action.which, '"tag"')
    for path in ("/revisions", "/revisions/5", "/revisions/5?show=text", "/revisions/waiting", "/revisions/edit"):
        page = admin.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img" in page


def test_what_waits_is_shown_as_steps_and_as_a_difference(admin, supervisor):
    supervisor.answers[GetWaiting] = WaitingIs(
        is_changed=True, steps=("weight 100 -> 50",), warnings=(Problem("a.b", "It will hurt.", 2),)
    )
    page = admin.get("/revisions/waiting").text
    for word in ("weight 100 -&gt; 50", "It will hurt.", "line 2", 'hx-get="/revisions/4/rollback"'):
        assert word in page


def test_when_nothing_waits_that_is_said(admin, supervisor):
    supervisor.answers[GetWaiting] = WaitingIs()
    assert "Nothing waits to be applied" in admin.get("/revisions/waiting").text


def test_a_file_that_is_wrong_is_told_with_its_lines_and_has_no_apply(admin, supervisor):
    supervisor.answers[GetWaiting] = WaitingIs(is_changed=True, problems=(Problem("a.b", "No.", 2),))
    page = admin.get("/revisions/waiting").text
    assert "line 2" in page
    assert 'hx-get="/revisions/apply"' not in page


def test_the_dialog_tells_the_steps_and_the_warnings_before_anything_is_done(admin, supervisor):
    supervisor.answers[Apply] = Applied(5, ("add FTP_SVR3",), (Problem("a.b", "It will hurt.", 2),))
    dialog = admin.get("/revisions/apply", headers={"HX-Request": "true"}).text
    for word in ("add FTP_SVR3", "It will hurt.", 'value="&#34;tag of file&#34;"', 'name="trial_s" value="120"'):
        assert word in dialog
    assert supervisor.actions[-1] == Apply(dry_run=True, if_match='"tag of file"')


def test_an_apply_means_the_text_whose_steps_were_told(admin, supervisor):
    sent = {"etag": '"tag of file"', "comment": "less load", "is_trial": "true", "trial_s": "60"}
    answer = admin.act("POST", "/revisions/apply", data=sent)
    assert (answer.status_code, answer.headers["hx-retarget"]) == (200, "#toasts")
    assert answer.headers["hx-trigger"] == "dialog:close"
    assert "Revision 5 runs." in answer.text
    assert orders(supervisor, Apply) == [Apply(False, "", "less load", 60.0, '"tag of file"')]


def test_without_a_trial_it_stays(admin, supervisor):
    admin.act("POST", "/revisions/apply", data={"etag": '"tag of file"', "trial_s": "120"})
    assert [order.confirm_s for order in orders(supervisor, Apply)] == [0.0]


@pytest.mark.parametrize("seconds", ["", "9", "-60", "1e3", "86401", "soon", "\u0661\u0662\u0660"])
def test_a_time_that_is_none_comes_back_at_its_field_with_all_that_was_typed(admin, supervisor, seconds):
    sent = {"etag": '"tag of file"', "comment": "less load", "is_trial": "true", "trial_s": seconds}
    answer = admin.act("POST", "/revisions/apply", data=sent)
    assert answer.status_code == 422
    for word in ('aria-describedby="trial-problem" autofocus', 'value="less load"', "checked", "from 10 to 86400"):
        assert word in answer.text
    assert orders(supervisor, Apply) == []


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (Refused("setup", "port 21 is taken by vsftpd"), 409),
        (Refused("changed", "somebody else has changed it"), 412),
        (Refused("invalid", "it has 1 problem", (Problem("a.b", "No such mode.", 7),)), 422),
    ],
)
def test_an_apply_that_fails_says_why_and_that_what_ran_still_runs(admin, supervisor, refused, status):
    supervisor.answers[Apply] = lambda action: Applied(5, ("a step",)) if action.dry_run else refused
    answer = admin.act("POST", "/revisions/apply", data={"etag": '"old"', "comment": "kept"})
    assert answer.status_code == status
    for word in (refused.sentence, "What ran before still runs.", 'value="kept"', "a step", "Apply again"):
        assert word in answer.text
    assert "hx-trigger" not in answer.headers
    assert 'value="&#34;tag of file&#34;"' in answer.text, "the next attempt means the file whose steps are told now"


def test_what_cannot_be_applied_has_no_button(admin, supervisor):
    supervisor.answers[Apply] = Refused("setup", "port 21 is taken by vsftpd")
    dialog = admin.get("/revisions/apply").text
    assert "port 21 is taken by vsftpd" in dialog
    assert 'type="submit"' not in dialog


def test_going_back_tells_its_steps_and_is_done_as_told(admin, supervisor):
    dialog = admin.get("/revisions/3/rollback").text
    assert "Go back to revision 3?" in dialog
    assert supervisor.actions[-1] == RollBack(3, if_match='"tag of file"', dry_run=True)
    answer = admin.act("POST", "/revisions/3/rollback", data={"etag": '"tag of file"', "comment": "too slow"})
    assert "Revision 7 runs, as revision 3 was." in answer.text
    assert orders(supervisor, RollBack) == [RollBack(3, "", "too slow", 0.0, '"tag of file"')]


def test_what_is_on_trial_is_confirmed_or_taken_back_from_the_banner(admin, supervisor):
    supervisor.answers[GetStatus] = StatusIs(node(unconfirmed=Unconfirmed(4, 3, 4_000_000_000.0)))
    page = admin.get("/revisions").text
    assert "runs on trial" in page
    assert 'hx-get="/revisions/3/rollback"' in page
    assert "revision 5 is confirmed and stays" in admin.act("POST", "/revisions/confirm").text
    assert any(isinstance(action, Confirm) for action in supervisor.actions)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_not_change_sees_all_and_has_no_button(browsing, supervisor, role):
    with browsing(role) as person:
        for path in ("/revisions", "/revisions/5", "/revisions/waiting"):
            page = person.get(path).text
            assert "rollback" not in re.sub(r'<div id="banner".*?</div>\s*<main', "", page, flags=re.DOTALL)
            assert "/revisions/edit" not in page
        for path in ("apply", "confirm", "3/rollback", "edit"):
            assert person.act("POST", f"/revisions/{path}").status_code == 403
    assert not any(isinstance(action, (Apply, Confirm, RollBack)) for action in supervisor.actions)


@pytest.mark.parametrize("before", ["9" * 25, "9" * 5000, "-1", "x"])
def test_a_page_of_the_list_that_cannot_be_is_the_first(admin, supervisor, before):
    with admin.stream("GET", "/live/revisions", params={"before": before}, timeout=5) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and '"revisions"' in line:
                break
        else:
            pytest.fail("the stream ended")
