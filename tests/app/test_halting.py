"""`ftpair halt` says what really becomes of the sessions: with `rescue` they go to other servers."""

from contextlib import contextmanager, suppress

from tests.app.test_adoption import log_in
from tests.app.test_supervisor import SIZE, bytes_until_the_end, real_server, running

__all__ = ["real_server"]
SERVERS = "/api/v1/services/VIP/servers"


@contextmanager
def halted(site, rescue):
    """An idle session and a download whose server is halted; and what was said of it, before and after."""
    site.write(more=f'    rescue: "{rescue}"')
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        ftpair.api(f"{SERVERS}/FTP_SVR2/drain", "POST")
        idle, client = log_in(site.port), log_in(site.port)
        client.voidcmd("TYPE I")
        data = client.transfercmd("RETR large.bin")
        data.recv(1)
        ftpair.api(f"{SERVERS}/FTP_SVR2/online", "POST")
        said = [ftpair.api(f"{SERVERS}/FTP_SVR1/halt{how}", "POST").json()["sentence"] for how in ("?dry_run=true", "")]
        yield [each.removeprefix("halt FTP_SVR1: ") for each in said], idle, client, data
        assert said[1] in ftpair.log.read_text()
        assert ftpair.end() == 0


def test_without_rescue_sessions_end(site, real_server):
    with halted(site, "off") as (said, idle, _client, _data):
        assert said == ["2 sessions ended, 1 transfer cut"] * 2
        assert idle.getline().startswith("421")


def test_rescued_sessions_go_to_another_server_and_transfers_are_cut(site, real_server):
    with halted(site, "sessions") as (said, idle, client, data):
        assert said == ["2 sessions go to other servers, 1 transfer cut"] * 2
        assert idle.nlst("large.bin") == ["large.bin"]
        with suppress(ConnectionResetError):
            assert bytes_until_the_end(data) < SIZE
        assert client.getline().startswith("426")


def test_rescued_transfers_go_on_and_are_not_said_to_be_cut(site, real_server):
    with halted(site, "transfers") as (said, idle, client, data):
        before, after = said
        assert before == "2 sessions go to other servers, 1 transfer cut unless they go on there"
        assert after == "2 sessions go to other servers, 0 transfers cut"
        assert bytes_until_the_end(data) == SIZE - 1
        assert client.voidresp().startswith("226")
        assert idle.nlst("large.bin") == ["large.bin"]
