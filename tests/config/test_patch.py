"""A file changed in some places by a JSON merge patch: what was not meant stays, comments too."""

import pytest

from ftpair.config.machine import this_machine
from ftpair.config.patch import patched
from ftpair.config.problems import InvalidConfigError

FILE = """\
# of the head office
virtual_services:
  VIP:  # the old one
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers:
      A: {address: 10.0.0.11, weight: 50}  # slow disk
      B: {address: 10.0.0.12}
"""


def after(patch):
    return patched(FILE.encode(), patch, this_machine()).decode()


def in_vip(**patch):
    return {"virtual_services": {"VIP": patch}}


def test_nothing_else_is_touched():
    assert after(in_vip(real_servers={"B": {"weight": 7}})) == FILE.replace(
        "B: {address: 10.0.0.12}", "B: {address: 10.0.0.12, weight: 7}"
    )


def test_null_removes():
    assert after(in_vip(real_servers={"A": {"weight": None}})).count("weight") == 0
    assert "B:" not in after(in_vip(real_servers={"B": None}))


def test_removing_what_is_not_there_changes_nothing():
    assert after(in_vip(real_servers={"C": None}, greeting=None)) == FILE


def test_a_service_is_added():
    new = {
        "address": "192.0.2.11",
        "ports": "21,990,1025-1052",
        "mode": "tcp",
        "real_servers": {"X": {"address": "10.0.0.1"}},
    }
    text = after({"virtual_services": {"NEW": new}})
    assert text.startswith(FILE)
    assert "  NEW:\n" in text


def test_a_list_is_replaced_as_a_whole():
    once = patched(FILE.encode(), in_vip(proxy_protocol={"accept_from": ["10.1.0.0/24"]}), this_machine())
    again = patched(once, in_vip(proxy_protocol={"accept_from": ["10.2.0.0/24"]}), this_machine()).decode()
    assert "10.2.0.0/24" in again
    assert "10.1.0.0/24" not in again


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        (in_vip(address="nowhere"), "virtual_services.VIP.address"),
        (in_vip(real_servers={"A": {"wieght": 1}}), "virtual_services.VIP.real_servers.A.wieght"),
        (in_vip(address=None), "virtual_services.VIP.address"),
        (in_vip(ports={"passive": "5-1"}), "virtual_services.VIP.ports.passive"),
        ({"virtual_services": 5}, "virtual_services"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_told_by_its_path(patch, path):
    with pytest.raises(InvalidConfigError) as refused:
        after(patch)
    assert refused.value.problems[0].path == path
    assert refused.value.problems[0].line == 0, "the line would be that of no file"


def test_a_broken_file_is_not_edited():
    with pytest.raises(InvalidConfigError, match="the file to be changed has 1 problem"):
        patched(FILE.replace("192.0.2.10", "nowhere").encode(), in_vip(greeting="Hi."), this_machine())
