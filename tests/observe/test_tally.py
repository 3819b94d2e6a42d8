"""Facts become counters with the names and labels of the metrics table."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.core import facts
from ftpair.core.ending import Leg
from ftpair.core.facts import (
    DataConnection,
    Handshake,
    LoginAnswered,
    ProtocolError,
    Rescued,
    RescueFailed,
    ServerChosen,
    ServerFailed,
    Tls,
)
from ftpair.observe.tally import BUCKETS, COUNTING, METRICS, Tally
from tests.observe.examples import LEVELS, session, transfer


def counted(*happened):
    tally = Tally()
    for fact in happened:
        tally.add(fact)
    return {(sample.name, sample.labels): sample.value for sample in tally.samples()}


def test_every_kind_of_fact_is_counted():
    kinds = {kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, facts.Fact)}
    assert kinds - {facts.Fact} == COUNTING.keys()


@pytest.mark.parametrize(
    ("fact", "name", "labels"),
    [
        (session(), "sessions_total", ("FTPS_VIP",)),
        (
            DataConnection("S", "passive", Leg.CLIENT, "stray"),
            "data_connections_total",
            ("S", "passive", "client", "stray"),
        ),
        (
            Handshake("S", Leg.SERVER, "data", Tls("TLSv1.2", "X", resumed=True)),
            "tls_handshakes_total",
            ("S", "server", "data", "TLSv1.2", "yes", "done"),
        ),
        (
            Handshake("S", Leg.CLIENT, "control", Tls("TLSv1.3", "X", resumed=False)),
            "tls_handshakes_total",
            ("S", "client", "control", "TLSv1.3", "no", "done"),
        ),
        (
            Handshake("S", Leg.CLIENT, "control", None, "no"),
            "tls_handshakes_total",
            ("S", "client", "control", "", "", "failed"),
        ),
        (ProtocolError("S", Leg.CLIENT, "injection", "a", "c"), "protocol_errors_total", ("S", "client", "injection")),
        (ServerFailed("S", "R", "connect refused"), "server_failures_total", ("S", "R")),
        (ServerChosen("S", "a1", "c", "u", "new", "2", "R", ""), "routes_total", ("S", "2", "new")),
        (
            Rescued("S", "a", "c", "u", "session", "R", "T", 0.1, "reset"),
            "rescues_total",
            ("S", "session", "rescued"),
        ),
        (RescueFailed("S", "a", "c", "u", "transfer", "R", "no"), "rescues_total", ("S", "transfer", "failed")),
    ],
)
def test_a_fact_counts_as(fact, name, labels):
    assert counted(fact, fact) == {(name, labels): 2.0}


@pytest.mark.parametrize(("accepted", "result"), [(True, "accepted"), (False, "refused")])
def test_a_login_counts_for_its_service_and_its_server(accepted, result):
    counts = counted(LoginAnswered("S", "a", "c", "u", "R", accepted=accepted))
    assert counts == {("logins_total", ("S", result)): 1, ("server_logins_total", ("S", "R", result)): 1}


def test_a_choice_counts_by_rule_and_by_what_affinity_found():
    counts = counted(ServerChosen("S", "a1", "c", "u", "default", "none", "R", "kept"))
    assert counts == {("routes_total", ("S", "none", "default")): 1, ("affinity_total", ("S", "kept")): 1}


def test_a_transfer_counts_by_number_bytes_and_duration():
    counts = counted(transfer(bytes=10, seconds=0.3), transfer(bytes=5, seconds=7.0))
    assert counts["transfers_total", ("FTPS_VIP", "FTP_SVR1", "down", "complete")] == 2
    assert counts["transfer_bytes_total", ("FTPS_VIP", "FTP_SVR1", "down")] == 15
    assert counts["transfer_seconds_sum", ("FTPS_VIP", "down")] == pytest.approx(7.3)
    buckets = [counts["transfer_seconds_bucket", ("FTPS_VIP", "down", label)] for label in BUCKETS.values()]
    assert buckets == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]


@given(st.lists(st.floats(0, 10_000)))
def test_buckets_are_cumulative(durations):
    counts = counted(*(transfer(seconds=seconds) for seconds in durations))
    for bound, label in BUCKETS.items():
        expected = sum(seconds <= bound for seconds in durations)
        assert counts.get(("transfer_seconds_bucket", ("FTPS_VIP", "down", label)), 0) == expected


def test_no_user_file_or_client_is_ever_a_label():
    counts = counted(*(fact for fact, _ in LEVELS))
    labels = {label for _, labels in counts for label in labels}
    assert labels.isdisjoint({"anna", "/a.bin", "a1", "192.0.2.7", "192.0.2.7:40000", "connect refused"})
    assert not {label for metric in METRICS.values() for label in metric.labels} & {"user", "path", "client", "session"}


def test_every_counter_is_in_the_table_with_as_many_labels():
    for name, labels in counted(*(fact for fact, _ in LEVELS)):
        known = METRICS.get(name) or METRICS[name.removesuffix("_bucket").removesuffix("_sum")]
        assert len(labels) == len(known.labels) + name.endswith("_bucket")


def test_samples_can_cross_a_channel():
    tally = Tally()
    tally.add(transfer())
    encoded = msgspec.msgpack.encode(tally.samples())
    assert len(msgspec.msgpack.decode(encoded)) == len(tally.samples())
