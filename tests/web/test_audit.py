"""The audit trail: what is asked for, page by page, and who may read it."""

from ftpair.api import account_examples
from ftpair.core.account_actions import AuditIs, GetAudit
from ftpair.core.accounts import AuditRow, Role
from tests.web.streams import ESCAPED, HOSTILE


def entry(**changes):
    return AuditRow(**account_examples.AUDIT | changes)


def many(count, newest=900):
    return AuditIs(tuple(entry(number=newest - at) for at in range(count)))


def test_it_says_who_did_what_and_how_it_went(admin, supervisor):
    refused = entry(name="", via="nobody", action="log-in", outcome="refused", sentence="wrong password")
    supervisor.answers[GetAudit] = AuditIs((refused,))
    page = admin.get("/audit").text
    for word in ("nobody known", "log-in", "refused", "wrong password"):
        assert word in page


def test_every_field_is_asked_for(admin, supervisor):
    admin.get("/audit", params={"user": "an-admin", "action": "drain", "outcome": "refused", "before": 77})
    assert GetAudit(51, 77, "an-admin", "drain", "refused") in supervisor.actions


def test_a_further_page_is_offered_where_there_is_one(admin, supervisor):
    supervisor.answers[GetAudit] = many(51)
    page = admin.get("/audit", params={"user": "a&b"}).text
    assert 'href="/audit?user=a%26b&amp;before=851"' in page
    supervisor.answers[GetAudit] = many(50)
    page = admin.get("/audit", params={"before": 851}).text
    assert "Older" not in page
    assert "Newest" in page


def test_what_people_wrote_is_text(admin, supervisor):
    supervisor.answers[GetAudit] = AuditIs((entry(name=HOSTILE, subject=HOSTILE, sentence=HOSTILE),))
    page = admin.get("/audit").text
    assert page.count(ESCAPED) == 3
    assert "<img src=x" not in page


def test_an_empty_trail_says_what_will_stand_there(admin, supervisor):
    supervisor.answers[GetAudit] = AuditIs(())
    assert "Nothing has been changed yet" in admin.get("/audit").text
    assert "Nothing of that kind" in admin.get("/audit?user=anna").text


def test_only_admins_read_it_and_only_they_are_shown_the_way(browsing, admin):
    with browsing(Role.OPERATOR) as operator:
        assert operator.get("/audit").status_code == 403
        assert 'href="/audit"' not in operator.get("/").text
    assert 'href="/audit"' in admin.get("/").text
