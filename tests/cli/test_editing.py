"""`service` and `server`: the configuration file changed by commands."""

import json

import pytest

from ftpair.core.actions import Applied, Apply, ConfigurationIs, GetConfiguration, PatchConfiguration, Refused

FILE = """\
virtual_services:
  VIP:
    address: 192.0.2.10
    real_servers:
      A: {address: 10.0.0.11}
"""


@pytest.fixture(autouse=True)
def file(monkeypatch, supervisor):
    monkeypatch.setenv("SUDO_USER", "anna")
    supervisor.answers[GetConfiguration] = ConfigurationIs("/etc/ftpair/ftpair.yaml", FILE, '"tag"')
    supervisor.answers[PatchConfiguration] = Applied(6, ("VIP: add B at 10.0.0.12:21",))


def patch_of(supervisor):
    return next(each for each in supervisor.actions if isinstance(each, PatchConfiguration))


@pytest.mark.parametrize(
    ("words", "patch"),
    [
        (
            ["server", "add", "VIP", "B", "address=10.0.0.12", "weight=50"],
            {"B": {"address": "10.0.0.12", "weight": 50}},
        ),
        (["server", "set", "VIP", "A", "weight="], {"A": {"weight": None}}),
        (["server", "set", "VIP", "A", "proxy_protocol.to_data=v2"], {"A": {"proxy_protocol": {"to_data": "v2"}}}),
        (["server", "delete", "VIP", "A"], {"A": None}),
    ],
)
def test_a_server_is_changed_in_the_file_that_was_read(ftpair, supervisor, words, patch):
    ran = ftpair(*words, "-m", "why")
    assert (ran.status, ran.out) == (0, "VIP: add B at 10.0.0.12:21\n")
    assert ran.err == "Saved as revision 6; `ftpair apply` brings it in.\n"
    wanted = {"virtual_services": {"VIP": {"real_servers": patch}}}
    assert patch_of(supervisor) == PatchConfiguration(json.dumps(wanted), '"tag"', "anna", "why")
    assert not any(isinstance(each, Apply) for each in supervisor.actions)


def test_a_service_is_added_as_it_is_written_in_the_file(ftpair, supervisor):
    ftpair(
        "service", "add", "NEW", "ports=21,990,1025-1052", "real_servers={X: {address: 10.0.0.1}}", "tls.certificate=c"
    )
    assert json.loads(patch_of(supervisor).patch)["virtual_services"] == {
        "NEW": {
            "ports": "21,990,1025-1052",
            "real_servers": {"X": {"address": "10.0.0.1"}},
            "tls": {"certificate": "c"},
        }
    }


def test_it_may_be_applied_at_once(ftpair, supervisor):
    ran = ftpair("service", "delete", "VIP", "--apply", "--confirm", "60")
    assert ran.status == 0
    assert supervisor.actions[-1] == Apply(False, "anna", "", 60.0)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["server", "add", "VIP", "A", "weight=1"], 2, "There is a real server A already: change it with set."),
        (["service", "add", "VIP", "mode=tcp"], 2, "There is a virtual service VIP already: change it with set."),
        (["server", "set", "VIP", "B", "weight=1"], 1, "The file has no real server 'B'; there are: A."),
        (["server", "add", "V", "B", "weight=1"], 1, "The file has no virtual service 'V'; there are: VIP."),
        (["service", "delete", "V"], 1, "The file has no virtual service 'V'; there are: VIP."),
        (["service", "delete", "VIP", "mode=tcp"], 2, "delete takes no KEY=VALUE."),
        (["service", "set", "VIP"], 2, "set needs a KEY=VALUE at least."),
        (["service", "set", "VIP", "mode"], 2, "'mode' is no KEY=VALUE: write for example weight=50."),
        (["service", "set", "VIP", ".x=1"], 2, "'.x=1' is no KEY=VALUE: write for example weight=50."),
        (["service", "set", "VIP", "tls={"], 2, "'{' cannot be understood: write it as in the file (YAML)."),
        (["service", "set", "VIP", "tls=1", "tls.x=1"], 2, ("tls.x and one of its parts are set at the same time: "
         "leave one of them out.")),
        (["service", "set", "VIP", "a=1", "--confirm", "5"], 2, ("--confirm says how long an apply waits for "
         "`ftpair confirm`; it needs --apply.")),
    ],
)  # fmt: skip
def test_nonsense_is_told_and_changes_nothing(ftpair, supervisor, words, status, sentence):
    ran = ftpair(*words)
    assert (ran.status, ran.err) == (status, f"ftpair: {sentence}\n")
    assert not any(isinstance(each, PatchConfiguration) for each in supervisor.actions)


def test_who_was_slower_exits_with_5(ftpair, supervisor):
    supervisor.answers[PatchConfiguration] = Refused("changed", "somebody else has changed the file")
    ran = ftpair("server", "delete", "VIP", "A")
    assert (ran.status, ran.err) == (5, "ftpair: somebody else has changed the file\n")
