"""`ftpair doctor` as a command: exit status, sentences, tables, JSON, progress. Real servers are in tests/interop."""

import contextlib
import json
import socket

import pytest
import yaml

from tests.cli.terminal import Terminal, on_terminal
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.scripted_server import ScriptedServer


@pytest.fixture
def doctor(tmp_path, ftpair):
    """Ask the doctor about a service in clear text whose VIP and servers are at these addresses."""

    def consult(*options, vip=None, servers=("127.0.0.1",), **settings):
        return ftpair("doctor", "--config", write(tmp_path, vip or fresh_address(), servers, **settings), *options)

    return consult


def write(folder, vip, servers, **settings):
    """Write a configuration file and return its path."""
    password = folder / "password"
    password.write_text("correct horse\n")
    service = {
        "mode": "tcp",
        "engine": "builtin",
        "address": vip,
        "ports": {"explicit": CONTROL_PORT, "passive": "21000-21009"},
        "server_tls": "off",
        "health": {"check": "login", "user": "probe", "password_file": str(password)},
        "real_servers": {f"SVR{number}": {"address": each} for number, each in enumerate(servers, 1)},
    }
    path = folder / "ftpair.yaml"
    path.write_text(yaml.safe_dump({"virtual_services": {"FTP_VIP": service | settings}}))
    return str(path)


def refuses_everybody(talk):
    talk.say("220 scripted")
    talk.answer_until("PASS", {"USER": "331 password, please"})
    talk.say("530 No such user, or wrong password correct horse")
    talk.answer_until("QUIT")


@contextlib.contextmanager
def silence(address):
    """Have somebody accept connections at the control port who never says a word."""
    with socket.create_server((address, CONTROL_PORT)):
        yield


def test_a_dead_server_is_told_in_one_sentence_with_what_to_do(doctor):
    address, vip = fresh_address(), fresh_address()
    ran = doctor(vip=vip, servers=[address])
    assert (ran.status, ran.err) == (1, "")
    assert f"error: SVR1: {address}:{CONTROL_PORT} cannot be reached: connect refused.  [unreachable]" in ran.out
    assert "do: Start the server, let it listen on this address and port" in ran.out
    assert f"error: VIP: {vip}:{CONTROL_PORT}" in ran.out


def test_a_dead_vip_is_the_matter_of_ftpair_and_not_of_a_server(doctor):
    server = ScriptedServer(refuses_everybody)
    ran = doctor(servers=[server.address])
    assert "do: Let ftpair run with this file (`systemctl status ftpair`, `ftpair apply`)" in ran.out
    assert "Start the server" not in ran.out


def test_a_silent_vip_is_told_with_the_time_that_it_was_given(doctor):
    vip = fresh_address()
    with silence(vip):
        ran = doctor("--timeout", "0.3", vip=vip, servers=[ScriptedServer(refuses_everybody).address, fresh_address()])
    assert f"error: VIP: {vip}:{CONTROL_PORT} gives no `220`: no greeting within 0.3 s.  [greeting-refused]" in ran.out
    assert "do: `ftpair status` says whether a server is up" in ran.out


def test_a_wrong_password_is_tried_once_only_and_never_shown(doctor):
    server = ScriptedServer(refuses_everybody)
    ran = doctor(vip=fresh_address(), servers=[server.address])
    assert "SVR1: The login is answered by 530 No such user, or wrong password ****." in ran.out
    assert "do: Check user and password (`health.user`, or `--user` and `--password-file`)" in ran.out
    assert server.verbs.count("PASS") == 1
    assert "correct horse" not in ran.out + ran.err


def test_who_has_no_user_is_told_what_was_not_examined(doctor):
    ran = doctor(servers=[ScriptedServer(refuses_everybody).address], health={"check": "tcp"})
    assert "Everything behind the login: give a user by `health.user`, or by --user and --password-file." in ran.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["X"], "no service 'X'; there are: FTP_VIP"),
        (["--user", "ann"], "--user needs --password-file: a file with the password on its first line."),
        (["--password-file", "/x"], "--password-file needs --user: whose password is it?"),
        (["--user", "ann", "--password-file", "/x"], "--password-file: /x cannot be read: no such file"),
        (["--ca", "/x"], "--ca: /x cannot be read: no such file or directory."),
        (["--timeout", "0"], "--timeout"),
        (["--wait", "-1"], "--wait"),
        (["--directory", "a\r\nDELE b"], "--directory: a line end cannot be said in FTP."),
        (["--file", "a", "--file", "b\nc"], "--file: a line end cannot be said in FTP."),
    ],
)
def test_wrong_use_is_told_and_nobody_is_visited(doctor, words, sentence):
    ran = doctor(*words)
    assert ran.status == 2
    assert sentence in ran.out + ran.err
    assert ran.out == ""


def test_a_file_that_is_invalid_or_missing_is_no_finding(doctor, ftpair, tmp_path):
    wrong = doctor(servers=[], mode="udp")
    assert (wrong.status, wrong.out) == (3, "")
    assert "virtual_services.FTP_VIP" in wrong.err
    missing = ftpair("doctor", "--config", str(tmp_path / "absent.yaml"))
    assert (missing.status, missing.out) == (3, "")
    assert "absent.yaml" in missing.err


def test_json_has_the_shape_that_the_page_documents(doctor):
    ran = doctor("--json", servers=[ScriptedServer(refuses_everybody).address])
    said = json.loads(ran.out)
    assert (ran.status, ran.err, set(said)) == (1, "", {"is_healthy", "services"})
    (service,) = said["services"]
    keys = {"service", "mode", "is_healthy", "findings", "not_examined", "servers", "logins"}
    assert set(service) == keys
    assert (service["service"], service["mode"], service["servers"]) == ("FTP_VIP", "tcp", {"SVR1": ""})
    keys = {"id", "severity", "where", "sentence", "why", "remedy", "lines", "guide", "modes"}
    assert [set(each) for each in service["findings"]] == [keys] * len(service["findings"])
    assert {each["id"] for each in service["findings"]} == {"login-refused", "unreachable"}
    assert {each["severity"] for each in service["findings"]} <= {"error", "warning"}


def test_a_terminal_is_shown_how_far_he_is_and_a_pipe_is_not(doctor, tmp_path):
    vip = fresh_address()
    with silence(vip):
        path = write(tmp_path, vip, [ScriptedServer(refuses_everybody).address])
        seen = on_terminal("doctor", "--config", path, "--timeout", "1")
        assert doctor("--timeout", "0.1", vip=vip).err == ""
    assert seen.status == 1
    assert "VIP: clear text" in seen.text
    assert seen.text.index("VIP: clear text") < seen.text.index("FTP_VIP: ")
    assert "Check user and password" in seen.text


def test_who_is_tired_of_waiting_gets_the_terminal_back_at_once(tmp_path):
    vip = fresh_address()
    with silence(vip):
        path = write(tmp_path, vip, [ScriptedServer(refuses_everybody).address])
        terminal = Terminal(["doctor", "--config", path, "--timeout", "60"])
        terminal.wait_for("VIP: clear text")
        terminal.type("\x03")
        seen = terminal.end(timeout_s=5)
    assert seen.status == 130
    assert "Traceback" not in seen.text
    assert seen.text.endswith("\x1b[2K"), "the line is wiped out"
