"""Every example in the documentation is a file that ftpair takes: nobody copies a mistake from there."""

import re
import textwrap
from pathlib import Path

import pytest

from ftpair.config.load import draft
from ftpair.config.pooling import vain_routes
from ftpair.config.problems import describe

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
EXAMPLES = [
    pytest.param(example, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, example in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
]
FEATURES = {
    "ccc": "allow",
    "server_tls": "match",
    "affinity": "source",
    "rescue": "transfers",
    "data_binding": "",
    "bans": "",
    "commands": "",
    "accept_from": "",
    "client_certificate": "",
    "server_crl": "",
    "active_source_port": "20",
    "server_data": "",
    "routes": "",
    "user_regex": "",
    "percent": "",
    "pools": "",
    "source": "client",
    "advertised_by_network": "",
    "certificate_subject": "",
    "certificate_san": "",
}


_AROUND = """
certificates:
  files: {certificate: tls/fullchain.pem, key: tls/privkey.pem}
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,990,1025-1052
    tls: {certificate: files, client_certificate: {ca: tls/ca.pem}}
    real_servers: {A: {address: 10.0.0.11}}
    pools:
      new: {real_servers: {B: {address: 10.0.0.12}}}
      partners: {real_servers: {C: {address: 10.0.0.13}}}
"""


def _whole(example: str) -> str:
    """Return a file: an example without a service, and without what makes one, shows keys of one."""
    if re.search(r"^(virtual_services|web):", example, re.MULTILINE):
        return example
    return _AROUND + textwrap.indent(example, "    ")


def test_the_documentation_has_examples():
    assert len(EXAMPLES) > 15


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_configuration(machine, example):
    made = draft(_whole(example).encode(), machine)
    assert [describe(problem) for problem in made.problems] == []
    if "virtual_services:" in example:
        assert list(vain_routes(made.config)) == []


@pytest.mark.parametrize("key", FEATURES)
def test_a_feature_has_an_example(key):
    wanted = rf"\b{key}: *\[?{FEATURES[key]}"
    assert any(re.search(wanted, param.values[0]) for param in EXAMPLES), f"no page shows {key}"


def test_a_service_with_an_address_of_ipv6_has_an_example():
    assert any(re.search(r'address: "?[0-9a-f]*:', param.values[0]) for param in EXAMPLES)
