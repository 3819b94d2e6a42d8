"""Limits and bans in the file: what they become in the plan, what is refused, and how changes are told."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from ftpair.config.check import check
from ftpair.config.limiting import Bans, Limits, bans_of, limits_of
from ftpair.config.problems import InvalidConfigError
from ftpair.config.slots import Slots
from ftpair.core import limits as plan
from ftpair.core.overload import Overload


def test_without_a_word_nothing_is_limited_and_nobody_banned():
    assert limits_of(Limits()) == plan.Limits()
    assert bans_of(None) is None
    assert bans_of(Bans()) == plan.BanPolicy()
    assert not plan.Limits().has_bandwidth
    assert not plan.Limits().has_logins


def test_what_is_written_is_what_runs():
    wanted = Limits(sessions_per_address=20, commands_per_second=50.0, bytes_per_second_per_user=1000)
    assert limits_of(wanted) == plan.Limits(
        sessions_per_address=20, commands_per_second=50.0, bytes_per_second_per_user=1000
    )
    assert limits_of(wanted).has_bandwidth
    assert plan.Limits(logins_per_minute_per_user=3).has_logins
    banned = bans_of(Bans(failures=3, allow=["10.0.0.0/8"], by=["user"]))
    assert banned == plan.BanPolicy(failures=3, allow=("10.0.0.0/8",), by=("user",))


@pytest.mark.parametrize("wrong", [[], ["user", "user"]])
def test_bans_are_by_something(wrong):
    with pytest.raises(ValidationError, match=r"write by: \[address, user\]"):
        Bans(by=wrong)


def test_a_ban_is_known_by_service_kind_and_subject():
    assert plan.Ban("VIP", "user", "anna", 5.0).key == ("VIP", "user", "anna")


DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["limits.md", "bans.md"])
def test_the_examples_of_the_page_are_configurations_that_work(page, write, machine):
    examples = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert examples
    for example in examples:
        made = check(write(example), 1, Slots(), machine).plan
        (service,) = made.services
        limits = (service.bans, service.limits, made.overload)
        assert limits != (None, plan.Limits(), Overload())


def test_a_wrong_block_is_refused_with_path_line_and_remedy(write, machine):
    wrong = (DOCS / "bans.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    wrong = wrong.replace("[10.0.0.0/8]", "[10.0.0.1/8]").replace("failures: 5", "failures: 0")
    with pytest.raises(InvalidConfigError) as refused:
        check(write(wrong), 1, Slots(), machine)
    path = "virtual_services.FTP_VIP.bans"
    assert [(problem.path, problem.line) for problem in refused.value.problems] == [
        (f"{path}.failures", 5),
        (f"{path}.allow.0", 5),
    ]
    assert "write 10.0.0.0/8, or 10.0.0.1 for that host alone" in refused.value.problems[1].sentence
