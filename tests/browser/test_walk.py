"""The whole walk of somebody who knows appliances: a service of one's own, its first transfers, a server out and in."""

import contextlib
import itertools
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.kit.held import CUT, NAME, held_download, put_big_files
from tests.browser.kit.house import SPARE, House
from tests.interop.lab.clients.curl import Curl
from tests.interop.lab.clients.lftp import Lftp
from tests.interop.lab.clients.steps import Download, List, Upload
from tests.interop.lab.files import digest, fill
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT

LABEL = "OFFICE_VIP"
PORTS = f"{CONTROL_PORT},{IMPLICIT_PORT},21000-21027"
APPLIED_MS = 20_000
"""What an apply and the first health checks may take."""


def test_from_the_overview_to_a_service_that_carries_files_and_lets_a_server_go(house, at_home, tmp_path):
    put_big_files(house)
    page = at_home("/").page
    go_to_the_form(page)
    fill_in_the_service(page, house)
    save_look_and_apply(page)
    for client, entrance in itertools.product((Curl(), Lftp()), ("explicit", "implicit")):
        carry_a_file_there_and_back(house, client, entrance, tmp_path)
    drain_while_a_transfer_runs(page, house)
    halt_while_a_transfer_runs(page, house)
    see_what_has_ended(page)


def go_to_the_form(page: Page) -> None:
    page.get_by_role("link", name="Virtual Services").click()
    page.get_by_role("link", name="Add a new Virtual Service").click()
    expect(page.get_by_role("heading", name="Add a new Virtual Service")).to_be_visible()


def fill_in_the_service(page: Page, house: House) -> None:
    page.get_by_label("Label", exact=True).fill(LABEL)
    page.get_by_label("Address", exact=True).fill(house.spare)
    page.get_by_label("Ports", exact=True).fill(PORTS)
    expect(page.locator("#understood")).to_contain_text("implicit 2990")
    page.get_by_label("Certificate", exact=True).select_option(SPARE)
    page.get_by_role("button", name="Add a real server").click()
    for row, (name, server) in enumerate(house.servers.items()):
        page.get_by_label("Label of the real server").nth(row).fill(name)
        page.get_by_label("Address of the real server").nth(row).fill(server.address)
        page.get_by_label("Port of the real server").nth(row).fill(str(CONTROL_PORT))
    expect(page.locator("#yaml")).to_contain_text("FTP_SVR2:")


def save_look_and_apply(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name=LABEL, level=1)).to_be_visible()
    banner = page.locator("#banner")
    expect(banner).to_contain_text("1 change waits to be applied")
    banner.get_by_role("link", name="Look at the difference").click()
    expect(page.locator("#waiting")).to_contain_text("FTP_SVR2")
    page.locator("#banner").get_by_role("button", name="Apply").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(LABEL)
    dialog.get_by_role("button", name="Apply").click()
    expect(page.locator("#toasts")).to_contain_text("runs")
    expect(page.locator("#banner")).to_be_empty()
    page.get_by_role("link", name="System Overview", exact=True).first.click()
    for name in ("FTP_SVR1", "FTP_SVR2"):
        expect(server_of(page, name)).to_contain_text("up", timeout=APPLIED_MS)


def carry_a_file_there_and_back(house: House, client: Curl | Lftp, entrance: str, here: Path) -> None:
    name = f"{client.name}-{entrance}"
    sent, back = here / name, here / f"{name}-back"
    fill(name, 3 << 20)(sent)
    outcomes = client.run(
        house.way(entrance, house.spare), [Upload(sent, f"files/{name}"), Download(f"files/{name}", back)]
    )
    assert all(outcome.is_done for outcome in outcomes), outcomes
    assert digest(back) == digest(sent)
    assert digest(sent) in {digest(server.take(name)) for server in house.servers.values()}, "no server has the file"


def drain_while_a_transfer_runs(page: Page, house: House) -> None:
    with held_download(house, house.way("explicit", house.spare)) as transfer:
        row = server_of(page, transfer.server)
        wish(page, row, "Drain")
        expect(transfers_of(row)).to_have_text("1")
        assert transfer.server not in servers_of_three_more(house), "a server that drains got a new session"
        assert transfer.finish() == digest(house.servers[transfer.server].take(NAME))
        expect(transfers_of(row)).to_have_text("0")
        expect(row).to_contain_text("drain")
    wish(page, row, "Online")


def servers_of_three_more(house: House) -> set[str]:
    """Return where three more go that are there at once: were it not for a drain, each server would get one of them."""
    way = house.way("implicit", house.spare)
    with contextlib.ExitStack() as at_once:
        return {at_once.enter_context(held_download(house, way)).server for _ in range(3)}


def halt_while_a_transfer_runs(page: Page, house: House) -> None:
    with held_download(house, house.way("explicit", house.spare)) as transfer:
        row = server_of(page, transfer.server)
        wish(page, row, "Halt")
        expect(transfers_of(row)).to_have_text("0")
        assert transfer.finish() == CUT
    wish(page, row, "Online")
    assert Curl().run(house.way("explicit", house.spare), [List("empty")])[0].is_done


def see_what_has_ended(page: Page) -> None:
    page.get_by_role("link", name="Transfers", exact=True).click()
    page.get_by_role("link", name="History").click()
    ended = page.get_by_role("row").filter(has_text=NAME)
    expect(ended.filter(has_text="complete")).to_have_count(1)
    expect(ended.filter(has_text="cut").first).to_be_visible()


def wish(page: Page, row: Locator, title: str) -> None:
    row.get_by_role("button", name=title).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=title).click()
    if title == "Drain":  # It may be drained in another way.
        expect(row).to_contain_text("drain FTP_SVR")
    else:
        expect(row.get_by_role("button", name=title)).to_be_disabled()


def server_of(page: Page, name: str) -> Locator:
    return page.locator(f"#server-{LABEL}-{name}")


def transfers_of(row: Locator) -> Locator:
    return row.get_by_role("cell").nth(5)
