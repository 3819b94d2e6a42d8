"""The set-up link: there is one as long as nobody can log in."""

import asyncio

import pytest

from ftpair.app.inviting import get_set_up_link
from ftpair.core.account_actions import GetSetUpLink
from ftpair.core.errors import NotFoundError
from tests.app.conftest import free_ports


def link_of(site):
    async def scenario():
        async with site.running() as node:
            return (await get_set_up_link(node, GetSetUpLink())).link

    return asyncio.run(scenario())


def test_it_leads_to_the_web_ui(site):
    (port,) = free_ports(1)
    site.write(more=f"web: {{port: {port}}}")
    assert link_of(site).startswith(f"https://127.0.0.1:{port}/setup?key=")


def test_without_a_web_ui_the_remedy_is_told(site):
    with pytest.raises(NotFoundError, match=r"add `web: \{\}` to the configuration"):
        link_of(site)
