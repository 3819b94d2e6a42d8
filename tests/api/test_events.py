"""Server-sent events from the real API process, over its socket."""

import json
import time

from ftpair.core.actions import GetNews, NewsAre
from ftpair.core.happenings import Happening
from tests.api.supervisor import SILENCE, node, running


def events(lines):
    """The events of a stream: name, data and id of each."""
    fields = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"]), fields["id"]
            fields = {}


def test_the_stream_begins_with_the_status_and_goes_on_with_each_change(supervisor, http):
    with http.stream("GET", "/api/v1/events") as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache"
        stream = events(response.iter_lines())
        name, status, number = next(stream)
        assert (name, status["version"], number) == ("status", "0.1.0", "1700000000-0")
        drained = Happening(1, 7.0, "admin", "FTPS_VIP", "drain FTP_SVR2: 3 sessions stay, 0 transfers")
        supervisor.answers[GetNews] = NewsAre(node(is_draining=True), (drained,), 1)
        name, happening, number = next(stream)
        assert (name, happening["sentence"], number) == ("change", drained.sentence, "1700000000-1")
        assert next(stream)[1]["is_draining"]


def test_a_supervisor_that_stops_ends_the_stream_at_once(tmp_path):
    with running(tmp_path) as supervisor, supervisor.http() as http:
        with http.stream("GET", "/api/v1/events") as response:
            stream = events(response.iter_lines())
            assert next(stream)[0] == "status"
            began = time.monotonic()
            supervisor.say_stop()
            assert list(stream) == []
        assert supervisor.process.wait(10) == 0
        assert time.monotonic() - began < 2.5, "uvicorn had to end it"
        assert supervisor.process.stderr.read() == ""


def test_where_nobody_answers_there_is_a_problem_and_no_silent_stream(tmp_path):
    with running(tmp_path) as supervisor, supervisor.http() as http:
        supervisor.answers[GetNews] = lambda _action: SILENCE
        response = http.get("/api/v1/events")
        assert response.status_code == 504
        assert response.json()["type"] == "urn:ftpair:problem:no-answer"
