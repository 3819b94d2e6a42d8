"""What happened since the last reading: never negative, nothing twice, nothing lost."""

from dataclasses import replace

from ftpair.app.readings import NODE, Happened, Readings
from ftpair.core.status import Health, Sample
from tests.api.supervisor import node, server, service


def counters(done=0, cut=0, refused=0, logins=0, wrong=0, failures=0, errors=0, refusals=0):
    labels = ("VIP", "A")
    return (
        Sample("transfers_total", (*labels, "up", "complete"), float(done)),
        Sample("transfers_total", (*labels, "down", "cut"), float(cut)),
        Sample("transfers_total", (*labels, "down", "aborted"), float(refused)),
        Sample("server_logins_total", (*labels, "accepted"), float(logins)),
        Sample("server_logins_total", (*labels, "refused"), float(wrong)),
        Sample("server_failures_total", labels, float(failures)),
        Sample("protocol_errors_total", ("VIP", "client", "verb"), float(errors)),
        Sample("refusals_total", ("VIP", "max-sessions"), float(refusals)),
        Sample("commands_total", ("NOOP",), 99.0),
    )


def status(*servers, **changes):
    return node(services=(service("VIP", servers=servers or (moved(0, 0),), sessions=5, transfers=1, **changes),))


def moved(up, down, name="A", **changes):
    return server(name, bytes_up=up, bytes_down=down, sessions=3, transfers=1, **changes)


def taken(readings, status, counters=()):
    return {each.place: each for each in readings.take(status, counters)}


def test_a_reading_tells_what_happened_since_the_one_before():
    readings = Readings()
    taken(readings, status(moved(100, 1000)), counters(done=2, errors=1))
    found = taken(readings, status(moved(150, 1000)), counters(5, 1, 1, 7, 2, 3, 4, 6))
    assert found["VIP", "A"].happened == Happened(50, 0, 3, 2, 7, 2, 3)
    assert found["VIP", ""].happened == Happened(50, 0, 3, 2, 7, 2, errors=6, refusals=6)
    assert found[NODE].happened == found["VIP", ""].happened
    assert (found["VIP", "A"].sessions, found["VIP", ""].sessions, found[NODE].sessions) == (3, 5, 5)
    assert found[NODE].transfers == 1


def test_a_count_that_began_anew_is_never_negative():
    readings = Readings()
    taken(readings, status(moved(1000, 1000)), counters(done=50))
    found = taken(readings, status(moved(30, 1000)), counters(done=2))
    assert found["VIP", "A"].happened == Happened(bytes_up=30, transfers_done=2)


def test_a_server_that_leaves_takes_nothing_from_its_service():
    readings = Readings()
    taken(readings, status(moved(1000, 0), moved(500, 0, "B")))
    found = taken(readings, status(moved(1001, 0)))
    assert found["VIP", ""].happened.bytes_up == 1


def test_removed_services_and_servers_are_read_while_sessions_stay():
    readings = Readings()
    gone = moved(7, 0, "GONE")
    before = replace(status(removed_servers=(gone,)), removed_services=(service("OLD", servers=()),))
    found = taken(readings, before)
    assert found["VIP", "GONE"].happened.bytes_up == 7
    assert ("OLD", "") in found


def test_a_server_is_healthy_unless_it_is_down_and_a_service_while_it_serves():
    servers = (moved(0, 0), moved(0, 0, "B", health=Health.DOWN), moved(0, 0, "C", health=Health.UNKNOWN))
    found = taken(Readings(), status(*servers, is_serving=False))
    assert [found["VIP", name].is_healthy for name in ("A", "B", "C", "")] == [True, False, True, False]
    assert not found[NODE].is_healthy
