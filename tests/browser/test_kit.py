"""The kit itself: what it must not overlook, it does not overlook."""

import io

import pytest
from PIL import Image

from tests.browser.kit.accessibility import assert_accessible, findings
from tests.browser.kit.looks import DESKTOP, LOOKS, PHONE
from tests.browser.kit.pictures import shrunk

GOOD = '<main><h1>Servers</h1><p>All is well.</p><button class="btn" type="button">Drain</button></main>'
FAULTS = {
    "an inline script": ("<script>document.title = 'x'</script>", "", "script-src 'self'"),
    "an inline style": ('<p style="color: red">Red.</p>', "", "style-src 'self'"),
    "a handler in an attribute": ('<p onclick="x()">x</p>', "", "script-src 'self'"),
    "an eval": ("", "new Function('return 1')()", "script error: .*(unsafe-eval|script-src)"),
    "an error in a script": ("", "nothing.is = there", "script error: .*nothing is not defined"),
    "a picture that is missing": ('<img src="/no.png" alt="">', "", "404"),
    "a picture from elsewhere": ('<img src="https://127.0.0.1:9/x.png" alt="">', "", "another host: https://127.0.0.1:9/x"),
}  # fmt: skip
BARRIERS = {
    "a button without a name": ('<button type="button"></button>', "button-name"),
    "a field without a label": ('<input name="port">', "label"),
    "a picture without words": ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "image-alt"),
    "grey on grey": ('<p class="text-white bg-light">faint</p>', "color-contrast"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_tab_complains_of(browser, shown, fault):
    body, script, complaint = FAULTS[fault]
    url = shown.show("fault", GOOD + body, script)
    with pytest.raises(AssertionError, match=complaint), browser.visiting(shown.url, DESKTOP) as tab:
        tab.page.goto(url)
        tab.page.wait_for_load_state("networkidle")


def test_a_tab_does_not_complain_of_what_a_test_has_caused(visit, shown):
    tab = visit(shown.url)
    tab.forgive("404")
    tab.page.goto(shown.show("forgiven", GOOD + '<img src="/no.png" alt="">'))
    tab.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("barrier", BARRIERS)
def test_axe_finds(visit, shown, barrier):
    body, rule = BARRIERS[barrier]
    tab = visit(shown.url)
    tab.page.goto(shown.show("barrier", GOOD + f"<main>{body}</main>"))
    assert any(found.startswith(f"{rule}: ") for found in findings(tab))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_good_page_is_good_in_every_look(visit, shown, look):
    tab = visit(shown.url, look)
    tab.page.goto(shown.show("good", GOOD))
    assert_accessible(tab)
    tab.assert_no_sideways_scrolling()
    assert tab.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (look.scheme == "dark")


def test_what_is_wider_than_a_phone_is_named(visit, shown):
    tab = visit(shown.url, PHONE)
    tab.page.goto(shown.show("wide", GOOD + f'<p class="text-nowrap" id="wide">{"x" * 200}</p>'))
    with pytest.raises(AssertionError, match='id="wide"'):
        tab.assert_no_sideways_scrolling()


def test_a_walk_by_keyboard_names_where_it_was(visit, shown):
    tab = visit(shown.url)
    tab.page.goto(
        shown.show("walk", GOOD + '<label>Port <input name="port"></label><a href="#x" aria-label="Help">?</a>')
    )
    assert tab.walk(3) == ["Drain", "Port", "Help"]


def test_a_picture_is_small_and_still_sharp(visit, shown):
    tab = visit(shown.url)
    tab.page.goto(shown.show("picture", GOOD))
    whole = tab.page.screenshot()
    small = shrunk(whole)
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.size == (1280, 900)
        assert picture.mode == "P"
    assert len(small) < len(whole)
