"""Rise and fall: the first outcome decides at once, afterwards it takes several in a row."""

from hypothesis import given
from hypothesis import strategies as st

from ftpair.balance.verdict import HealthRecord, ProbeOutcome
from ftpair.core.status import Health, ServerCertificate

PASSED = ProbeOutcome(passed=True, reason="login accepted", seconds=0.01, features=("UTF8", "MLST"))
FAILED = ProbeOutcome(passed=False, reason="connect refused", seconds=0.02)
RISE, FALL = 2, 3


def told(outcomes, rise=RISE, fall=FALL):
    """Play `+` and `-`, one a second, and return every record on the way."""
    records = [HealthRecord()]
    for now, sign in enumerate(outcomes, start=1):
        records.append(records[-1].after(PASSED if sign == "+" else FAILED, rise, fall, float(now)))
    return records


def last(outcomes):
    return told(outcomes)[-1]


def test_a_server_starts_unknown_and_may_take_sessions():
    assert HealthRecord().state.is_eligible
    assert (HealthRecord().health, HealthRecord().reason) == (Health.UNKNOWN, "not probed yet")


def test_the_first_success_brings_it_up_at_once():
    assert (last("+").health, last("+").reason) == (Health.UP, "up: login accepted")


def test_the_first_failure_brings_it_down_at_once():
    assert (last("-").health, last("-").reason) == (Health.DOWN, "down: connect refused (first check failed)")


def test_it_goes_down_after_fall_failures_in_a_row():
    assert [record.health.value for record in told("+---")[1:]] == ["up", "up", "up", "down"]
    assert [record.reason for record in told("+---")[2:]] == [
        "up: connect refused (1 of 3 checks failed)",
        "up: connect refused (2 of 3 checks failed)",
        "down: connect refused (3 of 3 checks failed)",
    ]


def test_a_success_in_between_forgives_the_failures():
    assert last("+--+--").health is Health.UP
    assert last("+--+").reason == "up: login accepted"


def test_it_comes_up_after_rise_successes_in_a_row():
    assert [record.health.value for record in told("-++")[1:]] == ["down", "down", "up"]
    assert [record.reason for record in told("-++")[2:]] == [
        "down: login accepted (1 of 2 checks passed)",
        "up: login accepted",
    ]


def test_a_failure_in_between_forgets_the_successes():
    assert last("-+-+").health is Health.DOWN
    assert last("-+-").reason == "down: connect refused (last check failed)"


def test_a_server_that_stays_down_says_the_same_all_the_time():
    assert last("+---").reason == last("+------").reason
    assert last("-").reason == last("----").reason


def test_since_is_the_moment_of_the_turn():
    assert [record.since for record in told("++---++")[1:]] == [1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 7.0]


def test_features_are_kept_through_failures_and_renewed_by_success():
    assert last("+---").features == ("UTF8", "MLST")
    bare = ProbeOutcome(passed=True, reason="greeting received")
    assert last("+").after(bare, RISE, FALL, 9.0).features is None


def test_certificates_are_kept_where_none_was_seen_and_forgotten_where_none_is_looked_for():
    seen = ProbeOutcome(passed=True, reason="TLS agreed", certificates=(ServerCertificate(9.0),))
    refused = ProbeOutcome(passed=False, reason="login refused", certificates=(ServerCertificate(8.0),))
    record = HealthRecord().after(seen, RISE, FALL, 1.0)
    assert record.state.certificates == (ServerCertificate(9.0),)
    assert record.after(FAILED, RISE, FALL, 2.0).certificates == (ServerCertificate(9.0),)
    assert record.after(refused, RISE, FALL, 2.0).certificates == (ServerCertificate(8.0),)
    assert record.after(PASSED, RISE, FALL, 2.0).certificates == ()


def test_the_state_tells_all_that_the_probes_know():
    state = last("+---").state
    assert (state.health, state.since, state.check_seconds) == (Health.DOWN, 4.0, 0.02)
    assert (state.reason, state.features) == ("down: connect refused (3 of 3 checks failed)", ("UTF8", "MLST"))


@given(st.text("+-", min_size=1, max_size=40), st.integers(1, 5), st.integers(1, 5))
def test_health_is_what_the_last_runs_of_outcomes_say(outcomes, rise, fall):
    expected = outcomes[0] == "+"
    for seen in range(2, len(outcomes) + 1):
        needed = fall if expected else rise
        if outcomes[:seen].endswith(("-" if expected else "+") * needed):
            expected = not expected
    record = told(outcomes, rise, fall)[-1]
    assert record.health is (Health.UP if expected else Health.DOWN)
    assert record.reason.startswith(record.health.value + ": ")
