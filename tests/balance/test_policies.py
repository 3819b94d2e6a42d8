"""The policies: weights are kept, turns are spread, hashing moves only whom it must."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.balance.policies import POLICIES, Candidate, Request
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import ServerPlan


def server(number, weight=100):
    return ServerPlan(
        slot=number, service="ftp", name=f"FTP_SVR{number}", address=Endpoint("10.0.0.1", 21), weight=weight
    )


def pool(*weights, sessions=None):
    counts = sessions or [0] * len(weights)
    return [
        Candidate(server(number, weight), count)
        for number, (weight, count) in enumerate(zip(weights, counts, strict=True), start=1)
    ]


def ask(client="192.0.2.7", user="anna", turn=0, chance=random.random):
    return Request(client=client, user=user, turn=turn, chance=chance)


def slowly(share, *weights, sessions=None):
    """Return a pool whose last server has but that share of its weight, in percent."""
    *others, last = pool(*weights, sessions=sessions)
    return [*others, Candidate(last.server, last.sessions, share)]


def pick(policy, candidates, **asked):
    return POLICIES[policy](candidates, ask(**asked)).server.name[-1]


def turns(candidates, count, start=0):
    return "".join(pick("round-robin", candidates, turn=turn) for turn in range(start, start + count))


weights = st.lists(st.integers(1, 60), min_size=1, max_size=10)


@pytest.mark.parametrize("policy", POLICIES)
@given(data=st.data())
def test_every_policy_answers_with_one_of_its_candidates(policy, data):
    shares = data.draw(weights)
    candidates = pool(
        *shares, sessions=data.draw(st.lists(st.integers(0, 50), min_size=len(shares), max_size=len(shares)))
    )
    asked = ask(turn=data.draw(st.integers(0, 10**9)), user=data.draw(st.text()))
    assert POLICIES[policy](candidates, asked) in candidates


def test_round_robin_of_equals_goes_around():
    assert turns(pool(100, 100, 100), 7) == "1231231"


def test_round_robin_spreads_weights_instead_of_serving_them_in_bursts():
    assert turns(pool(5, 1, 1), 14) == "11123111112311"
    assert turns(pool(100, 50), 6) == "121121"


@given(shares=weights, start=st.integers(0, 10**6))
def test_a_round_gives_each_server_exactly_its_weight_in_turns(shares, start):
    candidates = pool(*shares)
    served = Counter(
        POLICIES["round-robin"](candidates, ask(turn=turn)).server.slot for turn in range(start, start + sum(shares))
    )
    assert [served[candidate.server.slot] for candidate in candidates] == shares


@given(shares=weights)
def test_no_server_waits_longer_between_its_turns_than_its_weight_says(shares):
    candidates = pool(*shares)
    total = sum(shares)
    order = [POLICIES["round-robin"](candidates, ask(turn=turn)).server.slot for turn in range(2 * total)]
    for slot, weight in enumerate(shares, start=1):
        places = [place for place, served in enumerate(order) if served == slot]
        longest = max(after - before for before, after in pairwise(places))
        assert longest <= total / weight + len(shares)


@given(shares=weights, counts=st.data(), turn=st.integers(0, 1000))
def test_least_sessions_is_exact(shares, counts, turn):
    sessions = counts.draw(st.lists(st.integers(0, 500), min_size=len(shares), max_size=len(shares)))
    candidates = pool(*shares, sessions=sessions)
    taken = POLICIES["least-sessions"](candidates, ask(turn=turn))
    assert all(taken.sessions * other.server.weight <= other.sessions * taken.server.weight for other in candidates)


def test_equals_of_least_sessions_take_turns():
    candidates = pool(100, 100, 50, sessions=[2, 2, 1])
    assert {pick("least-sessions", candidates, turn=turn) for turn in range(5)} == {"1", "2", "3"}


def test_random_two_takes_the_idler_of_two_different_servers():
    candidates = pool(100, 100, 100, sessions=[9, 5, 7])
    draws = iter([0.0, 0.99]).__next__
    assert pick("random-two", candidates, chance=draws) == "3"


def test_random_two_never_takes_the_busiest():
    candidates = pool(1, 1, 1, sessions=[9, 0, 0])
    chance = random.Random(1).random
    assert "1" not in {pick("random-two", candidates, chance=chance) for _ in range(500)}


def test_random_two_with_one_server_takes_it():
    assert pick("random-two", pool(7)) == "1"


def test_random_two_keeps_the_first_of_equals():
    assert pick("random-two", pool(100, 100), chance=lambda: 0.6) == "2"


def test_random_two_keeps_to_the_weights():
    candidates = pool(300, 100, 100)
    chance = random.Random(2).random
    served = Counter(pick("random-two", candidates, chance=chance) for _ in range(10_000))
    assert abs(served["1"] / 10_000 - 0.6) < 0.03


def test_source_hash_goes_by_the_client_alone():
    candidates = pool(100, 100, 100)
    assert len({pick("source-hash", candidates, user=f"u{number}") for number in range(50)}) == 1
    assert len({pick("source-hash", candidates, client=f"10.1.1.{number}") for number in range(50)}) == 3


def test_user_hash_goes_by_the_user_alone():
    candidates = pool(100, 100, 100)
    assert len({pick("user-hash", candidates, client=f"10.1.1.{number}") for number in range(50)}) == 1
    assert len({pick("user-hash", candidates, user=f"u{number}") for number in range(50)}) == 3


def test_user_hash_goes_by_the_client_while_the_user_is_unknown():
    candidates = pool(100, 100, 100)
    for number in range(50):
        client = f"10.1.1.{number}"
        assert pick("user-hash", candidates, user="", client=client) == pick("source-hash", candidates, client=client)


def test_hashing_is_the_same_in_every_version_and_process():
    candidates = pool(100, 50, 100)
    assert (
        "".join(pick("user-hash", candidates, user=f"user{number}") for number in range(24))
        == "123312312121313121332112"
    )


def test_hashing_does_not_depend_on_the_order_of_the_servers():
    candidates = pool(100, 50, 100)
    for number in range(100):
        user = f"user{number}"
        assert pick("user-hash", candidates, user=user) == pick("user-hash", candidates[::-1], user=user)


def test_hashing_takes_names_that_are_no_text():
    assert pick("user-hash", pool(1, 1), user="\udcff\udce9") in "12"


def test_hashing_keeps_to_the_weights_within_a_few_percent():
    candidates = pool(100, 50, 250)
    served = Counter(pick("user-hash", candidates, user=f"user{number}") for number in range(10_000))
    for candidate in candidates:
        share = served[candidate.server.name[-1]] / 10_000
        assert abs(share - candidate.server.weight / 400) < 0.02


@given(shares=st.lists(st.integers(1, 300), min_size=2, max_size=8), gone=st.integers(0), users=st.lists(st.text()))
def test_a_server_that_leaves_moves_only_its_own_users(shares, gone, users):
    before = pool(*shares)
    leaver = before[gone % len(before)]
    after = [candidate for candidate in before if candidate is not leaver]
    for user in users:
        former = POLICIES["user-hash"](before, ask(user=user))
        assert former is leaver or POLICIES["user-hash"](after, ask(user=user)) is former


def test_more_weight_only_draws_users_in():
    before, after = pool(100, 100, 100), pool(100, 100, 150)
    for number in range(1000):
        user = f"user{number}"
        moved = pick("user-hash", after, user=user)
        assert moved in (pick("user-hash", before, user=user), "3")


@pytest.mark.parametrize("policy", ["round-robin", "random-two", "source-hash", "user-hash"])
@pytest.mark.parametrize("share", [1, 25, 50, 100])
def test_a_server_in_its_slow_start_gets_its_share_of_its_weight(policy, share):
    candidates, chance = slowly(share, 100, 100), random.Random(7)
    wanted = share / (100 + share)
    picks = Counter(
        pick(policy, candidates, turn=turn, client=f"10.1.{turn}", user=f"user{turn}", chance=chance.random)
        for turn in range(4040)
    )
    if policy == "random-two":  # Both are drawn, and the first one that was keeps it.
        assert picks["2"] / 4040 == pytest.approx(wanted, abs=0.03)
    else:
        assert picks["2"] / 4040 == pytest.approx(wanted, abs=0.02)


def test_turns_keep_to_the_share_while_it_grows():
    picks = Counter(pick("round-robin", slowly(1 + turn // 100, 100, 100), turn=turn) for turn in range(10_000))
    expected = sum(share / (100 + share) * 100 for share in range(1, 101))
    assert picks["2"] == pytest.approx(expected, rel=0.05)


def test_a_server_that_comes_back_empty_is_not_flooded_by_least_sessions():
    assert pick("least-sessions", slowly(10, 100, 100, sessions=[50, 4])) == "2"
    assert pick("least-sessions", slowly(10, 100, 100, sessions=[50, 5])) in "12"
    assert pick("least-sessions", slowly(10, 100, 100, sessions=[50, 6])) == "1"


@given(share=st.integers(1, 99), user=st.text(min_size=1))
def test_a_share_that_grows_takes_no_user_back(share, user):
    if pick("user-hash", slowly(share, 100, 100, 50), user=user) == "3":
        assert pick("user-hash", slowly(share + 1, 100, 100, 50), user=user) == "3"
