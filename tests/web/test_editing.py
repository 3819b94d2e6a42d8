"""The editor of the configuration file."""

import html

import pytest

from ftpair.core.actions import Problem, Refused, SaveConfiguration

TYPED = {"content": "mode: ftp\r\nname: <b>\r\n", "comment": "mine", "etag": '"tag of file"'}


def test_it_shows_the_file_as_it_is(admin):
    page = admin.get("/revisions/edit").text
    assert "file: 1\n</textarea>" in page
    assert 'value="&#34;tag of file&#34;"' in page
    assert "/etc/ftpair/ftpair.yaml" in page


def test_what_is_saved_is_the_text_and_the_next_page_says_what_waits(admin, supervisor):
    answer = admin.act("POST", "/revisions/edit", data=TYPED)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/revisions/waiting")
    assert supervisor.actions[-1] == SaveConfiguration("mode: ftp\nname: <b>\n", '"tag of file"', "", "mine")


def test_problems_are_listed_with_their_lines_and_nothing_typed_is_lost(admin, supervisor):
    problem = Problem("virtual_services.VIP.mode", "There is no mode <x>.", 2)
    supervisor.answers[SaveConfiguration] = Refused("invalid", "it has 1 problem", (problem,))
    answer = admin.act("POST", "/revisions/edit", data=TYPED)
    assert answer.status_code == 422
    assert 'data-line="2">line 2</a>' in answer.text
    for text in ("There is no mode <x>.", "name: <b>\n</textarea>"):
        assert html.escape(text).replace("&lt;/textarea&gt;", "</textarea>") in answer.text
    assert 'value="mine"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_lost_race_shows_what_the_other_did_and_the_next_save_means_that(admin, supervisor):
    supervisor.answers[SaveConfiguration] = Refused("changed", "somebody else has changed the file")
    answer = admin.act("POST", "/revisions/edit", data=TYPED | {"etag": '"old"'})
    assert answer.status_code == 412
    assert "somebody else has changed the file" in answer.text
    assert 'class="line add">file: 1</td>' in answer.text
    assert 'value="&#34;tag of file&#34;"' in answer.text
    assert "name: &lt;b&gt;\n</textarea>" in answer.text


@pytest.mark.parametrize("text", ["\n\nindented: 1\n", ""])
def test_blank_lines_at_the_beginning_stay(admin, supervisor, text):
    supervisor.answers[SaveConfiguration] = Refused("setup", "no")
    answer = admin.act("POST", "/revisions/edit", data=TYPED | {"content": text})
    assert f">\n{text}</textarea>" in answer.text
