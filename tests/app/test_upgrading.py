"""`ftpair upgrade`: another version takes over under load; nobody is refused, and nothing is lost."""

import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import ftpair
from tests.app.test_adoption import WORKER, kill, log_in, status_of
from tests.app.test_supervisor import (
    SIZE,
    begin_download,
    bytes_until_the_end,
    connect,
    is_alive,
    real_server,
    running,
    until,
)

__all__ = ["real_server"]
SOURCE = Path(ftpair.__file__).parent
VERSION = ftpair.__version__


class Code:
    """Where ftpair is installed: a link, as `/opt/ftpair` may be, to one version or another."""

    def __init__(self, folder):
        self.folder, self.link = folder, folder / "code"
        (folder / "old").mkdir()
        (folder / "old" / "ftpair").symlink_to(SOURCE)
        self.link.symlink_to(folder / "old")

    def install(self, version, **changed):
        """Install a version, some of whose files say something else."""
        new = self.folder / f"new-{version}"
        shutil.copytree(SOURCE, new / "ftpair", ignore=shutil.ignore_patterns("__pycache__"))
        (new / "ftpair" / "__init__.py").write_text(f'"""Another ftpair."""\n\n__version__ = "{version}"\n')
        for name, change in changed.items():
            path = new / "ftpair" / name.replace("__", "/")
            path = path.with_suffix(".py")
            path.write_text(change(path.read_text()))
        draft = self.folder / "draft"
        draft.symlink_to(new)
        draft.replace(self.link)


def other_words(text):
    """Messages that the former version does not know."""
    return text.replace("class Leave(", "class Unheard(Message): ...\n\n\nclass Leave(")


@pytest.fixture
def code(tmp_path):
    return Code(tmp_path)


class Knocking:
    """Clients that come all the time, one after the other; what is not a greeting is kept."""

    def __init__(self, port):
        self._port, self._ended = port, threading.Event()
        self.greeted, self.wrong = 0, []
        self._thread = threading.Thread(target=self._knock)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _knock(self):
        while not self._ended.is_set():
            try:
                sock, greeting = connect(self._port)
                sock.close()
            except OSError as error:
                self.wrong.append(error)
                continue
            if greeting == b"220 Hello.\r\n":
                self.greeted += 1
            else:
                self.wrong.append(greeting)
            time.sleep(0.002)


@contextmanager
def serving(site, code):
    with running(site, PYTHONPATH=str(code.link)) as node:
        node.heard("READY=1")
        yield node


def upgraded(node):
    """Upgrade, and wait for the new supervisor; return its sentence."""
    answer = node.api("/api/v1/upgrade", "POST")
    assert answer.status_code == 200, answer.text
    node.heard("READY=1")
    return answer.json()["sentence"], status_of(node)["last_apply"]


def test_another_version_takes_over_under_load_and_nothing_is_refused_or_broken(site, code, real_server):
    with serving(site, code) as node:
        pids, started = node.children()[WORKER], status_of(node)["started"]
        client, data = begin_download(site.port)
        first = data.recv(1000)
        code.install("9.0.0", core__messages=other_words)
        with Knocking(site.port) as clients:
            until(lambda: clients.greeted > 20)
            said, outcome = upgraded(node)
            after = clients.greeted
            until(lambda: clients.greeted > after + 50)
        assert clients.wrong == []
        assert said.startswith(f"upgrading from {VERSION} to 9.0.0: ")
        assert outcome.startswith(f"upgraded from {VERSION} to 9.0.0: ")
        status = status_of(node)
        assert (status["version"], status["started"] > started) == ("9.0.0", True)
        present = [worker["pid"] for worker in status["workers"] if not worker["is_former"]]
        assert len(present) == 2
        assert not set(pids) & set(present)
        assert bytes_until_the_end(data) == SIZE - len(first)
        assert client.voidresp().startswith("226")
        assert client.nlst("large.bin") == ["large.bin"], "the session goes on with its former worker"
        client.quit()
        until(lambda: not any(map(is_alive, pids)))
        until(lambda: [worker["is_former"] for worker in status_of(node)["workers"]] == [False, False])
        assert status_of(node)["services"][0]["sessions"] == 0
        rows = node.api("/api/v1/audit").json()
        assert "upgrade" in str(rows)
        assert node.end() == 0


def test_what_is_broken_changes_nothing(site, code):
    with serving(site, code) as node:
        before = status_of(node)
        code.install("9.0.0", app__worker=lambda text: text, app__supervisor=lambda _: "import of_nothing")
        answer = node.api("/api/v1/upgrade", "POST")
        assert answer.status_code == 409
        assert "what is installed cannot serve: ModuleNotFoundError" in answer.json()["detail"]
        now = status_of(node)
        assert (now["started"], now["version"]) == (before["started"], before["version"])
        assert node.end() == 0


def test_a_file_that_the_new_version_refuses_changes_nothing(site, code):
    with serving(site, code) as node:
        code.install("9.0.0")
        site.write(more="colour: red")
        answer = node.api("/api/v1/upgrade", "POST")
        assert (answer.status_code, "colour" in answer.json()["detail"]) == (409, True)
        assert status_of(node)["version"] == VERSION
        assert node.end() == 0


def test_a_trial_changes_nothing(site, code):
    with serving(site, code) as node:
        code.install("9.0.0")
        answer = node.api("/api/v1/upgrade?dry_run=true", "POST")
        assert answer.json()["sentence"].startswith(f"would upgrade from {VERSION} to 9.0.0: no sessions on")
        assert status_of(node)["version"] == VERSION
        assert node.end() == 0


def test_upgrades_may_follow_each_other_while_sessions_stay(site, code, real_server):
    with serving(site, code) as node:
        clients = []
        for number in range(5):
            clients.append(begin_download(site.port))
            code.install(f"9.0.{number}")
            _said, outcome = upgraded(node)
            assert f"to 9.0.{number}: " in outcome
        for client, data in clients:
            assert bytes_until_the_end(data) == SIZE
            assert client.voidresp().startswith("226")
            client.quit()
        until(lambda: len(status_of(node)["workers"]) == 2)
        assert node.end() == 0


def test_a_new_version_that_is_killed_finds_all_of_them_again(site, code, real_server):
    with serving(site, code) as node:
        client, data = begin_download(site.port)
        code.install("9.0.0")
        upgraded(node)
        kill(node)
        with running(site, PYTHONPATH=str(code.link)) as following:
            following.heard("READY=1")
            status = status_of(following)
            assert [worker["is_former"] for worker in status["workers"]].count(False) == 2
            assert status["services"][0]["sessions"] == 1
            assert bytes_until_the_end(data) == SIZE
            assert client.voidresp().startswith("226")
            assert following.end() == 0


HOUR = "upgrade_timeout_s: 3600"


def ends_of(node):
    """When former workers are ended at the latest, by their process."""
    return {worker["pid"]: worker["ends_at"] for worker in status_of(node)["workers"] if worker["is_former"]}


def test_when_the_time_of_former_workers_is_over_their_sessions_end_as_at_a_shutdown(site, code, real_server):
    with serving(site, code) as node:
        (client, data), idle = begin_download(site.port), log_in(site.port)
        data.recv(1000)
        _said, outcome = upgraded(node)
        assert outcome.endswith(" until they end")
        assert set(ends_of(node).values()) == {0.0}
        newcomer = log_in(site.port)
        site.write(more="upgrade_timeout_s: 1")  # An apply counts for those who are here.
        assert "upgrade_timeout_s 0 -> 1" in node.api("/api/v1/apply", "POST").text
        assert idle.getline().startswith("421")
        with pytest.raises(ConnectionResetError):
            bytes_until_the_end(data)
        assert client.getline().startswith("421")
        until(lambda: not ends_of(node))
        assert newcomer.nlst("large.bin") == ["large.bin"], "sessions of present workers go on"
        log = node.log.read_text()
        assert log.count("upgrade_timeout_s (1.0 s) is over: ") == 1
        assert "end, with 2 sessions" in log or "ends, with 2 sessions" in log
        assert node.end() == 0


def test_no_other_upgrade_and_no_crash_gives_former_workers_more_time(site, code, real_server):
    site.write(more=HOUR)
    with serving(site, code) as node:
        client, data = begin_download(site.port)
        _said, outcome = upgraded(node)
        assert outcome.endswith(" until they end, 1 h 0 min at most")
        ((pid, ends_at),) = lasting(node).items()
        assert 3400 < ends_at - time.time() <= 3601
        upgraded(node)
        assert abs(ends_of(node)[pid] - ends_at) <= 1
        kill(node)
        with running(site, PYTHONPATH=str(code.link)) as following:
            following.heard("READY=1")
            assert abs(ends_of(following)[pid] - ends_at) <= 1
            assert bytes_until_the_end(data) == SIZE
            client.quit()
            assert following.end() == 0


def lasting(node):
    """Wait until those have gone that have no session; return when the others end."""
    until(lambda: len(ends_of(node)) == 1)
    return ends_of(node)
