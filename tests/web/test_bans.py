"""Bans: the list, a ban by hand with what is wrong at its field, and the end of one."""

import pytest

from ftpair.core.accounts import Role
from ftpair.core.actions import AddBan, BansAre, GetBans, GetStatus, LiftBan, Refused, StatusIs
from ftpair.core.limits import Ban
from tests.api.supervisor import node, service
from tests.web.streams import ESCAPED, HOSTILE, told

WISH = {"service": "FTPS_VIP", "by": "address", "subject": " 198.51.100.7 ", "seconds": "3600"}


def test_the_list_says_who_why_and_until_when(admin):
    page = admin.get("/bans").text
    for word in ("198.51.100.7", "5 wrong passwords within 600 s", "anna", 'data-until="1767226500.0"', "OTHER_VIP"):
        assert word in page


def test_nobody_is_banned(admin, supervisor):
    supervisor.answers[GetBans] = BansAre(())
    assert "Nobody is banned" in admin.get("/bans").text


def test_a_new_ban_is_seen_without_a_reload(admin, supervisor):
    assert any("198.51.100.7" in said["html"] for said in told(admin, "bans", 2, "part"))


def test_names_from_the_net_are_text_and_can_be_lifted(admin, supervisor):
    supervisor.answers[GetBans] = BansAre((Ban("FTPS_VIP", "user", HOSTILE, 4e9, "by hand"),))
    page = admin.get("/bans").text
    assert ESCAPED in page
    assert "<img src=x" not in page
    link = page.split('hx-get="/bans/lift?')[1].split('"')[0].replace("&amp;", "&")
    dialog = admin.get(f"/bans/lift?{link}").text
    assert ESCAPED in dialog
    assert "<img src=x" not in dialog


def test_the_form_knows_whom_a_session_page_means(admin):
    form = admin.get("/bans/add", params={"service": "OTHER_VIP", "subject": "198.51.100.9"}).text
    assert '<option value="OTHER_VIP" selected>' in form
    assert 'value="198.51.100.9"' in form
    assert "/bans/add?service=FTPS_VIP&amp;subject=198.51.100.7" in admin.get("/sessions/0-1f").text


def test_a_ban_is_added_and_the_sentence_is_shown(admin, supervisor):
    answer = admin.act("POST", "/bans", data=WISH)
    assert (answer.status_code, answer.headers["hx-trigger"]) == (200, "dialog:close")
    assert "address 198.51.100.7 for 3600.0 s" in answer.text
    assert supervisor.actions[-1] == AddBan("FTPS_VIP", "address", "198.51.100.7", 3600.0)


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [("  ", "Write an address such as 198.51.100.7"), ("nonsense", "&#39;nonsense&#39; is no IP address")],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(admin, supervisor, subject, sentence):
    supervisor.answers[AddBan] = Refused("wrong-request", "'nonsense' is no IP address: write one")
    answer = admin.act("POST", "/bans", data=WISH | {"subject": subject})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true" aria-describedby="wrong-subject"' in answer.text
    assert '<option value="3600" selected>' in answer.text


def test_where_only_tcp_mode_is_there_is_nothing_to_ban_from(admin, supervisor):
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(mode="tcp"),)))
    assert "it bans nobody" in admin.get("/bans/add").text
    assert 'hx-get="/bans/add"' not in admin.get("/bans").text


def test_a_ban_is_lifted(admin, supervisor):
    answer = admin.act("POST", "/bans/lift", data={"service": "FTPS_VIP", "by": "user", "subject": "anna"})
    assert (answer.status_code, "lifted" in answer.text) == (200, True)
    assert supervisor.actions[-1] == LiftBan("FTPS_VIP", "user", "anna")


def test_one_that_is_over_is_a_message_on_the_page(admin, supervisor):
    supervisor.answers[LiftBan] = Refused("not-found", "FTPS_VIP has no ban of user 'anna'")
    answer = admin.act("POST", "/bans/lift", data={"service": "FTPS_VIP", "by": "user", "subject": "anna"})
    assert (answer.status_code, 'role="alert"' in answer.text) == (404, True)


def test_who_only_sees_bans_nobody(browsing, supervisor):
    with browsing(Role.VIEWER) as viewer:
        assert "hx-get" not in viewer.get("/bans").text.split('id="bans"')[1].split("<footer")[0]
        assert viewer.act("POST", "/bans", data=WISH).status_code == 403
        assert viewer.act("POST", "/bans/lift", data={}).status_code == 403
    assert not any(isinstance(action, AddBan | LiftBan) for action in supervisor.actions)
