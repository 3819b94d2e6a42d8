"""Guides and rules by the file, and by what runs where the file is no good."""

import asyncio

from ftpair.app.actions import Actions
from ftpair.core.actions import Refused
from ftpair.core.guides import GetFirewall, GetGuide
from ftpair.guides.firewall import rules
from ftpair.guides.guide import part
from ftpair.guides.wanted import wanted_of
from tests.app.asking import AskedLocally


def play(site, scenario):
    async def whole():
        async with site.running() as node:
            await scenario(node, AskedLocally(Actions(node)))

    asyncio.run(whole())


def test_a_guide_is_that_of_the_file_in_parts_to_be_copied(site):
    async def scenario(node, actions):
        guide = (await actions.answer(GetGuide("VIP", "FTP_SVR1", "vsftpd"))).guide
        assert (guide.kind, guide.title, guide.source) == ("vsftpd", "vsftpd", "file")
        assert [each.name for each in guide.parts] == ["steps", "vsftpd.conf"]
        assert guide.parts[1].text == part("vsftpd", wanted_of(node.plan, "VIP", "FTP_SVR1"), "vsftpd.conf")
        site.write(servers=("FTP_SVR1", "NEW"))
        assert (await actions.answer(GetGuide("VIP", "NEW", "iis"))).guide.source == "file"
        site.path.write_text("nonsense")
        assert (await actions.answer(GetGuide("VIP", "FTP_SVR2", "iis"))).guide.source == "running"
        assert (await actions.answer(GetGuide("VIP", "NEW", "iis"))).kind == "not-found"

    play(site, scenario)


def test_without_a_kind_it_is_what_the_doctor_has_found(site):
    async def scenario(node, actions):
        refused = await actions.answer(GetGuide("VIP", "FTP_SVR1"))
        assert (refused.kind, "is not known (the doctor tells it): write one of iis" in refused.sentence) == (
            "wrong-request",
            True,
        )
        assert (await actions.answer(GetGuide("VIP", "FTP_SVR1", "apache"))).kind == "wrong-request"

    play(site, scenario)


def test_rules_are_those_of_the_command(site):
    async def scenario(node, actions):
        found = (await actions.answer(GetFirewall("VIP", "nftables"))).rules
        assert (found.text, found.source) == (rules(node.plan.services[0], "nftables"), "file")
        assert (await actions.answer(GetFirewall("VAP", "nftables"))).kind == "not-found"
        assert await actions.answer(GetFirewall("VIP", "pf")) == Refused(
            "wrong-request", "'pf' is no format: write one of nftables, iptables, ufw, windows, aws, azure"
        )

    play(site, scenario)
