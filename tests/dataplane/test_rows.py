"""People see a session and its transfer as they are, and no password."""

from .raw_client import RawClient, reset
from .scripted_server import Dialogue, friendly, scripted_server
from .stage import IMPLICIT, USER, server_plan, service_plan, stage


def test_a_session_before_login_has_no_user_and_no_server():
    with stage(service_plan(server_plan(("127.0.0.1", 9)))) as running, RawClient(port=IMPLICIT) as client:
        assert client.reply().startswith("220 ")
        (row,) = running.sessions()
        assert (row.service, row.user, row.server, row.state, row.entrance) == ("VIP", "", "", "ready", "implicit")
        assert row.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384"
        assert row.command == ""


def test_a_password_is_never_shown():
    def waiting(dialogue: Dialogue) -> None:
        dialogue.say("220 scripted")
        dialogue.until("PASS")
        dialogue.hear()

    with scripted_server(waiting) as (address, _), stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            assert client.reply().startswith("220 ")
            assert client.ask(f"USER {USER}").startswith("331 ")
            client.say("PASS secret")
            running.wait(lambda: running.sessions()[0].command.startswith("PASS"))
            (row,) = running.sessions()
            assert (row.command, row.tls, row.state) == ("PASS ****", "clear", "awaiting a reply")


def test_a_transfer_is_shown_with_its_rate_and_its_session_is_not_idle():
    def endless(dialogue: Dialogue) -> None:
        dialogue.log_in()
        data = dialogue.begin_data("RETR")
        while True:
            data.sendall(b"x" * 65536)

    with scripted_server(endless) as (address, _), stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            client.log_in()
            data = client.begin("RETR a b")
            for _ in range(20):
                data.recv(65536)
            listed = running.call(lambda: running.worker.sessions(0))
            (session,), (transfer,) = listed.sessions, listed.transfers
            assert session.idle_seconds == 0
            assert (transfer.session, transfer.user, transfer.server) == (session.id, USER, "SVR1")
            assert (transfer.verb, transfer.path, transfer.direction) == ("RETR", "a b", "down")
            assert round(transfer.bytes_per_second * transfer.seconds) == transfer.bytes > 100_000
            reset(data)


def test_idle_time_grows_and_a_command_ends_it():
    with scripted_server(friendly) as (address, _), stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            client.log_in()
            running.wait(lambda: running.sessions()[0].idle_seconds > 0.3)
            assert client.ask("NOOP").startswith("200 ")
            assert running.sessions()[0].idle_seconds < 0.3
