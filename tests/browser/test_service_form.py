"""The form of a virtual service: what is wrong is told at its field, nothing is lost, nobody overwrites anybody."""

import pytest
from playwright.sync_api import Locator, Page, expect
from ruamel.yaml import YAML

from ftpair.web.service_fields import MODES, Mode, server_columns, service_fields
from tests.browser.kit.accessibility import assert_accessible
from tests.browser.kit.house import SERVICE, House

WRONG = "¤ wrong ¤"
"""What no field takes but those of `FREE`: files are looked for when all else is right; some texts may be anything."""
FREE = {
    *("health.user", "health.password_file", "health.folder", "greeting", "sorry_text"),
    *("tls.client_certificate.ca", "tls.client_certificate.crl", "server_ca", "server_crl"),
}
BY_HAND = {"text", "number", "list", "ports"}
"""Kinds of fields that are typed; in others, which are chosen, nothing wrong can stand."""
CHANGE = f"/services/{SERVICE}/change"


@pytest.mark.parametrize("mode", MODES)
def test_what_is_wrong_is_told_at_every_field_and_stays_there(at_home, mode):
    tab = at_home("/services/new")
    tab.forgive("422")
    page = tab.page
    page.get_by_label("Label", exact=True).fill("WRONG_VIP")
    page.get_by_label("Label of the real server").fill("SVR")
    if mode == "tcp":
        choose_tcp(page)
    for name in names(mode):
        field(page, name).evaluate("(field, text) => { field.value = text; }", WRONG)
    save(page)
    expect(page.get_by_label("Address", exact=True)).to_be_focused()
    assert_accessible(tab)
    for name in names(mode):
        expect(field(page, name)).to_have_value(WRONG)
        assert name in FREE or "wrong" in sentence_at(page, name)
    assert "WRONG_VIP" not in page.request.get("/services").text()


@pytest.mark.parametrize(
    ("label", "sentence"),
    [("", "is missing"), ("two words", "is not a name"), (SERVICE, "is the label of another virtual service")],
)
def test_a_label_that_is_missing_wrong_or_taken_is_told_at_the_label(at_home, label, sentence):
    tab = at_home("/services/new")
    tab.forgive("422")
    tab.page.get_by_label("Label", exact=True).fill(label)
    save(tab.page)
    expect(tab.page.locator("#e-label")).to_contain_text(sentence)
    expect(tab.page.get_by_label("Label", exact=True)).to_be_focused()
    assert sentence in sentence_at(tab.page, "label")


def test_a_real_server_without_a_label_and_one_that_is_there_twice_are_told_in_their_lines(at_home):
    tab = at_home(CHANGE)
    tab.forgive("422")
    page = tab.page
    labels = page.get_by_label("Label of the real server")
    for text in ("", "FTP_SVR1"):
        page.get_by_role("button", name="Add a real server").click()
        expect(labels.last).to_be_focused()
        page.get_by_label("Address of the real server").last.fill("127.0.0.1")
        labels.last.fill(text)
    save(page)
    expect(page.get_by_text("Label is there twice")).to_have_count(2)
    expect(page.get_by_text("Label is missing")).to_be_visible()
    expect(labels).to_have_count(4)


def test_who_is_second_is_told_and_saves_on_top_of_the_first(house, at_home):
    first, second = at_home(CHANGE), at_home(CHANGE)
    second.forgive("412")
    first.page.get_by_label("Weight of the real server").nth(0).fill("70")
    second.page.get_by_label("Weight of the real server").nth(1).fill("30")
    save(first.page)
    expect(first.page.locator("#banner")).to_contain_text("weight")
    save(second.page)
    expect(second.page.get_by_role("alert")).to_contain_text("admin saved revision")
    expect(second.page.get_by_label("Weight of the real server").nth(1)).to_have_value("30")
    assert_accessible(second)
    assert (weight(house, "FTP_SVR1"), weight(house, "FTP_SVR2")) == (70, None), "the second was saved without a word"
    second.page.get_by_role("button", name="Save mine on top of it").click()
    expect(second.page.get_by_role("heading", name=SERVICE, exact=True)).to_be_visible()
    assert (weight(house, "FTP_SVR1"), weight(house, "FTP_SVR2")) == (70, 30)


def names(mode: Mode) -> list[str]:
    fields = [each.key for each in service_fields(mode) if each.kind in BY_HAND and each.key != "tls.certificate"]
    return fields + [f"server.r0.{each.key}" for each in server_columns(mode) if each.kind in BY_HAND]


def field(page: Page, name: str) -> Locator:
    return page.locator(f"input[name='{name}']")


def sentence_at(page: Page, name: str) -> str:
    """Return what is said to somebody who hears the page when the field has the focus, if it has a problem."""
    if field(page, name).get_attribute("aria-invalid") != "true":
        return ""
    said = (field(page, name).get_attribute("aria-describedby") or "").split()
    return " ".join(page.locator(f"#{each}.invalid-feedback").inner_text() for each in said if each.startswith("e-"))


def choose_tcp(page: Page) -> None:
    page.get_by_label("Mode", exact=True).select_option("tcp")
    expect(page.get_by_label("Engine", exact=True)).to_be_attached()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def weight(house: House, server: str) -> int | None:
    """Return what the file says."""
    file = YAML(typ="safe").load(house.balancer.configuration)
    return file["virtual_services"][SERVICE]["real_servers"][server].get("weight")
