"""What those who look on are told: every change, once, and nothing that changed nothing."""

import asyncio

from msgspec.structs import replace

from ftpair.api.certificate_examples import ENTRY
from ftpair.app.actions import Actions
from ftpair.app.happenings import REMEMBERED, Happenings
from ftpair.core.actions import (
    Applied,
    Apply,
    GetNews,
    PatchConfiguration,
    Refused,
    Said,
    SetAdmin,
)
from ftpair.core.certificates import CertificateIs, SaveCertificate
from ftpair.core.happenings import Happening
from ftpair.core.status import Admin, Health, ServerState
from tests.app.asking import AskedLocally


def test_happenings_are_numbered_from_one_and_found_by_what_was_seen():
    happenings = Happenings(now=lambda: 7.0)
    assert happenings.latest == 0
    happenings.note("health", "FTP_SVR1 is down: refused", "VIP")
    happenings.note("configuration", "revision 2: 1 step")
    assert happenings.latest == 2
    assert happenings.after(1) == (Happening(2, 7.0, "configuration", "", "revision 2: 1 step"),)
    assert happenings.after(2) == ()


def test_only_the_last_ones_are_remembered_and_numbers_go_on():
    happenings = Happenings()
    for number in range(REMEMBERED + 5):
        happenings.note("admin", str(number))
    assert [each.number for each in happenings.after(0)] == list(range(6, REMEMBERED + 6))


def test_an_answer_is_a_happening_only_if_something_was_changed():
    happenings = Happenings()
    drain = SetAdmin("VIP", "FTP_SVR1", Admin.DRAIN)
    happenings.note_answer(drain, Refused("not-found", "no server"))
    happenings.note_answer(GetNews(), Said("only looked"))
    happenings.note_answer(Apply(), Applied(2, ()))  # Told where it is made.
    happenings.note_answer(replace(drain, dry_run=True), Said("drain FTP_SVR1: 0 sessions would stay"))
    happenings.note_answer(SaveCertificate("web", b"", b"", dry_run=True), CertificateIs(ENTRY, "web can be used"))
    assert happenings.latest == 0
    happenings.note_answer(drain, Said("drain FTP_SVR1: 0 sessions stay, 0 transfers"))
    happenings.note_answer(PatchConfiguration("{}"), Applied(2, ("weight of FTP_SVR1 100 -> 50",)))
    happenings.note_answer(SaveCertificate("web", b"", b""), CertificateIs(ENTRY, "web is kept"))
    assert [(each.kind, each.service, each.sentence) for each in happenings.after(0)] == [
        ("admin", "VIP", "drain FTP_SVR1: 0 sessions stay, 0 transfers"),
        ("configuration", "", "revision 2 is saved, not applied yet: weight of FTP_SVR1 100 -> 50"),
        ("configuration", "", "web is kept"),
    ]


def test_the_news_tell_of_a_drain_an_apply_and_a_server_that_went_down(site):
    async def whole():
        async with site.running() as node:
            actions = AskedLocally(Actions(node))
            await actions.answer(SetAdmin("VIP", "FTP_SVR2", Admin.DRAIN))
            seen = (await actions.answer(GetNews())).latest
            site.write(greeting="Otherwise.")
            await actions.answer(Apply(dry_run=True))
            await actions.answer(Apply())
            down = ServerState(health=Health.DOWN, reason="down: refused")
            node.states.hear(node.slots[("VIP", "FTP_SVR1")], down, node.plan.revision)
            news = await actions.answer(GetNews(seen))
            assert [(each.kind, each.service) for each in news.happenings] == [("configuration", ""), ("health", "VIP")]
            assert news.happenings[0].sentence.startswith("revision 2: ")
            assert news.happenings[1].sentence == "FTP_SVR1 is down: refused"
            assert news.status.revision == 2

    asyncio.run(whole())
