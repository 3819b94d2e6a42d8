"""What is counted where: a client in its service, a session at its server too; and what limits make of it."""

import contextlib
from pathlib import Path

from .raw_client import RawClient
from .stage import USER, real_server, server_plan, service_plan, stage

SERVICE, SERVER = 0, 1


def test_who_is_connected_counts_in_the_service_and_who_has_a_server_there_too(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with RawClient() as watching, RawClient() as working:
            watching.reply()
            working.log_in()
            gauges = {gauge.name: gauge.value for gauge in running.call(running.worker.gauges)}
            assert gauges["sessions"] == len(running.sessions()) == running.counts.sessions(SERVICE) == 2
            assert running.counts.sessions(SERVER) == 1
            with RawClient(port=12990) as other:  # The implicit port: a client that never shakes hands.
                running.wait(lambda: running.counts.sessions(SERVICE) == 3)
                other.sock.close()
            running.wait(lambda: running.counts.sessions(SERVICE) == 2)
        running.wait(running.is_at_rest)


def test_a_service_takes_as_many_clients_as_it_may_and_the_silent_take_no_place(tmp_path: Path):
    with real_server(tmp_path) as address:
        with stage(service_plan(server_plan(address), max_sessions=2)) as running:
            with contextlib.ExitStack() as clients:
                silent, first, second, third = (clients.enter_context(RawClient()) for _ in range(4))
                for client in (silent, first, second, third):
                    client.reply()
                assert first.ask(f"USER {USER}").startswith("331 ")
                assert second.ask(f"USER {USER}").startswith("331 ")
                assert running.counts.places(SERVICE) == 2
                assert third.ask(f"USER {USER}") == "421 Too many sessions: try again later."
            running.wait(running.is_at_rest)
            assert running.counts.places(SERVICE) == 0


def test_who_came_too_late_is_served_when_another_has_left_in_the_meantime(tmp_path: Path):
    with real_server(tmp_path) as address:
        with stage(service_plan(server_plan(address), max_sessions=1)) as running:
            with RawClient() as first, RawClient() as second:
                first.log_in()
                second.reply()
                first.sock.close()
                running.wait(lambda: running.counts.sessions(SERVICE) == 1)
                assert second.ask(f"USER {USER}").startswith("331 ")
            running.wait(running.is_at_rest)
