"""The API process: it can die and be replaced, and it ends when its supervisor does."""

from concurrent.futures import ThreadPoolExecutor

from tests.api.supervisor import running


def test_a_request_that_comes_while_the_api_is_replaced_is_answered_by_the_next(tmp_path):
    with running(tmp_path) as supervisor, supervisor.http() as http, ThreadPoolExecutor() as threads:
        supervisor.process.kill()
        supervisor.process.wait()
        waiting = threads.submit(http.get, "/api/v1/version")
        supervisor.start_api()
        assert waiting.result(30).status_code == 200


def test_it_ends_in_order_when_told_to_stop(tmp_path):
    with running(tmp_path) as supervisor, supervisor.http() as http:
        http.get("/livez")
        supervisor.say_stop()
        assert supervisor.process.wait(10) == 0
        assert supervisor.process.stderr.read() == ""


def test_it_ends_when_the_supervisor_is_gone(tmp_path):
    with running(tmp_path) as supervisor:
        supervisor.leave_channel()
        assert supervisor.process.wait(10) == 0


def test_it_leaves_signals_to_the_supervisor(tmp_path):
    with running(tmp_path) as supervisor, supervisor.http() as http:
        http.get("/livez")
        supervisor.process.terminate()
        assert http.get("/livez").status_code == 200
