"""The examples of the pages about commands and clients are configurations that ftpair takes, and do what they say."""

import re
from pathlib import Path

import pytest

from ftpair.config.commanding import policy_of
from ftpair.config.load import draft
from ftpair.config.machine import this_machine

DOCS = Path(__file__).parents[2] / "docs"


def examples(page: str) -> list[bytes]:
    return [block.encode() for block in re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)]


@pytest.mark.parametrize(("page", "number"), [("commands.md", 0), ("clients.md", 0), ("tls.md", 1)])
def test_an_example_is_a_valid_configuration(page, number):
    assert draft(examples(page)[number], this_machine()).problems == ()


def test_the_services_of_the_example_refuse_what_the_page_says():
    services = draft(examples("commands.md")[0], this_machine()).config.virtual_services
    public, partners = (policy_of(services[name].commands) for name in ("FTP_PUBLIC", "FTP_PARTNERS"))
    assert public.refusals["STOR"] == "550 This service is read-only."
    assert set(partners.refusals) == {"DELE", "RMD", "XRMD"}
    assert partners.site == {"CHMOD": "", "UTIME": ""}
