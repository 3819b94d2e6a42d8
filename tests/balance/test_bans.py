"""Bans: whom wrong passwords ban, for how long, and that no attack makes the lists grow."""

import pytest

from ftpair.balance import bans
from ftpair.balance.bans import LONGEST_DELAY_S, MOST_BANS, MOST_WATCHED, Bans
from ftpair.core.limits import Ban, BanPolicy

POLICY = BanPolicy(failures=3, within_s=60, for_s=900)
HOST = "198.51.100.7"


def failed(brain: Bans, times: list[float], policy: BanPolicy = POLICY, host: str = HOST, user: str = "anna"):
    """Fail at these moments; return the bans of the last."""
    new: tuple[Ban, ...] = ()
    for now in times:
        new = brain.fail(policy, "VIP", host, user, now)
    return new


def test_the_third_wrong_password_bans_the_address_and_the_user():
    brain = Bans()
    assert failed(brain, [0, 1]) == ()
    assert [(ban.by, ban.subject, ban.until) for ban in failed(brain, [2])] == [
        ("address", HOST, 902),
        ("user", "anna", 902),
    ]
    assert brain.all(2)[0].reason == "3 wrong passwords within 60 s"


def test_wrong_passwords_of_long_ago_are_forgotten():
    assert failed(Bans(), [0, 1, 62]) == ()
    assert failed(Bans(), [0, 1, 60, 61, 62]) != ()


def test_who_is_banned_is_not_banned_once_more():
    brain = Bans()
    failed(brain, [0, 1, 2])
    assert failed(brain, [3, 4, 5]) == ()
    assert len(brain.all(5)) == 2


def test_once_a_ban_is_over_the_count_begins_anew():
    brain = Bans()
    failed(brain, [0, 1, 2])
    assert brain.all(902) == ()
    assert failed(brain, [903, 904]) == ()
    assert len(failed(brain, [905])) == 2


@pytest.mark.parametrize("by", ["address", "user"])
def test_only_what_the_policy_names_is_banned(by):
    new = failed(Bans(), [0, 1, 2], BanPolicy(failures=3, by=(by,)))
    assert [ban.by for ban in new] == [by]


def test_a_failure_bans_at_once_where_one_is_enough():
    assert len(failed(Bans(), [0], BanPolicy(failures=1))) == 2


def test_nobody_is_banned_for_who_comes_from_an_allowed_network():
    brain = Bans()
    assert failed(brain, [0, 1, 2, 3], BanPolicy(failures=3, allow=("198.51.100.0/24",))) == ()
    assert brain.all(3) == ()


def test_one_user_guessed_at_from_many_addresses_is_banned():
    brain = Bans()
    for last in range(3):
        new = brain.fail(POLICY, "VIP", f"198.51.100.{last}", "Anna", 0)
    assert [(ban.by, ban.subject) for ban in new] == [("user", "anna")]


def test_a_password_without_a_user_counts_for_the_address_alone():
    assert [ban.by for ban in failed(Bans(), [0, 1, 2], user="")] == ["address"]


@pytest.mark.parametrize(
    ("host", "subject"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_an_ipv6_client_counts_as_its_network(host, subject):
    assert bans.subject_of_address(host) == subject


def test_a_long_name_of_a_user_is_cut():
    assert bans.subject_of_user("X" * 9999) == "x" * bans.LONGEST_SUBJECT


def test_each_further_wrong_password_is_answered_later_but_never_too_late():
    policy = BanPolicy(delay_s=1)
    assert [bans.delay_s(policy, count) for count in (0, 1, 2, 3, 10_000)] == [1, 1, 2, 4, LONGEST_DELAY_S]
    assert bans.delay_s(BanPolicy(delay_s=0), 3) == 0


# By hand.


def by_hand(subject: str = HOST, service: str = "VIP", until: float = 100.0) -> Ban:
    return Ban(service, "address", subject, until, "by hand")


def test_a_ban_by_hand_replaces_the_one_there_is_and_can_be_lifted():
    brain = Bans([by_hand(until=50)])
    brain.add(by_hand(until=100))
    assert brain.all(60) == (by_hand(until=100),)
    assert brain.lift(by_hand().key) == by_hand(until=100)
    assert brain.lift(by_hand().key) is None
    assert brain.all(60) == ()


def test_who_is_lifted_begins_with_a_clean_slate():
    brain = Bans()
    failed(brain, [0, 1])
    brain.lift(("VIP", "address", HOST))
    assert [ban.by for ban in failed(brain, [2])] == ["user"]


def test_bans_that_are_over_are_told_once():
    brain = Bans([by_hand(until=50), by_hand("198.51.100.8", until=70)])
    assert brain.expire(50) == (by_hand(until=50),)
    assert brain.expire(50) == ()


def test_bans_of_services_that_are_gone_are_forgotten():
    brain = Bans([by_hand(), by_hand(service="OLD")])
    assert brain.keep_services({"VIP"}) == (by_hand(service="OLD"),)
    assert brain.all(0) == (by_hand(),)


# Attacks.


def addresses(count: int):
    return (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(count))


def test_tens_of_thousands_of_addresses_do_not_make_the_lists_grow():
    brain, policy = Bans(), BanPolicy(failures=2, by=("address",))
    for host in addresses(MOST_WATCHED + 500):
        brain.fail(policy, "VIP", host, "anna", 0)
    assert len(brain._failures) == MOST_WATCHED
    for host in addresses(MOST_BANS + 500):
        brain.add(by_hand(host))
    assert len(brain.all(0)) == MOST_BANS
    assert [ban.subject for ban in brain.lost] == list(addresses(500))
