"""Limits and bans in the file: what they become in the plan, what is refused, and how changes are told."""

import pytest
from pydantic import ValidationError

from ftpair.config.limiting import Bans, Limits, bans_of, limits_of
from ftpair.core import limits as plan


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
