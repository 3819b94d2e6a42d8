"""Whole conversations of known clients: what the server receives is what the client sent (rule 8 of the house)."""

from ftpair.core.facts import SessionEnded, TransferEnded
from ftpair.core.plan import ServerTls
from tests.transcripts.play import Stage, greeted, logged_in, passive, plan, servers, tls_plan

HANDLED = ("AUTH", "PBSZ", "PROT")


def conversation(stage: Stage, commands: list[tuple[str, str]]) -> list[str]:
    """Send each command, give the server's reply to it, let transfers end well; return all that the client got."""
    for command, reply in commands:
        before = len(stage.to_server)
        stage.client(command)
        if stage.session.state == "awaiting the greeting":
            stage.server("220 Welcome.")
        if len(stage.to_server) == before:
            continue
        stage.server(reply)
        if stage.session.transfer is not None:
            stage.server_data("end 5")
            stage.server("226 Transfer complete.")
    stage.done.clear()
    return stage.to_client.decode().split("\r\n")[:-1]


FTPLIB = [
    ("USER anna", "331 Please specify the password."),
    ("PASS secret", "230 Login successful."),
    ("TYPE I", "200 Switching to Binary mode."),
    ("PASV", "227 Entering Passive Mode (10,0,0,1,4,210)."),
    ("RETR  two  blanks.bin ", "150 Opening BINARY mode data connection."),
    ("SIZE caf\u00e9", "213 5"),
    ("EPSV", "229 Entering Extended Passive Mode (|||1234|)"),
    ("stor upper", "150 Ok to send data."),
    ("mdtm x", "550 Could not get file modification time."),
    ("SITE CHMOD 644 upper", "200 SITE CHMOD command ok."),
    ("xquota", "500 Unknown command."),
    ("NOOP", "200 NOOP ok."),
    ("QUIT", "221 Goodbye."),
]


def test_clear_to_clear_a_server_cannot_tell_ftpair_from_its_client():
    stage = greeted()
    replies = conversation(stage, FTPLIB)
    assert stage.to_server == "".join(f"{command}\r\n" for command, _ in FTPLIB).encode()
    assert replies == [
        "220 FTP service ready.",
        "331 Please specify the password.",
        "230 Login successful.",
        "200 Switching to Binary mode.",
        "227 Entering Passive Mode (192,0,2,10,4,1).",
        "150 Opening BINARY mode data connection.",
        "226 Transfer complete.",
        "213 5",
        "229 Entering Extended Passive Mode (|||1026|)",
        "150 Ok to send data.",
        "226 Transfer complete.",
        "550 Could not get file modification time.",
        "200 SITE CHMOD command ok.",
        "500 Unknown command.",
        "200 NOOP ok.",
        "221 Goodbye.",
    ]
    assert [fact.result for fact in stage.noted(TransferEnded)] == ["complete", "complete"]
    (ended,) = stage.noted(SessionEnded)
    assert (ended.transfers, ended.bytes_up, ended.bytes_down) == (2, 5, 5)


FILEZILLA = [
    ("AUTH TLS", ""),
    ("USER anna", "331 Password."),
    ("PASS secret", "230 In."),
    ("CLNT FileZilla", "200 Noted."),
    ("OPTS UTF8 ON", "202 Always."),
    ("PBSZ 0", ""),
    ("PROT P", ""),
    ("CWD /", "250 CWD command successful"),
    ("TYPE I", "200 Type set to I"),
    ("PASV", "227 Entering Passive Mode (10,0,0,1,4,210)"),
    ("MLSD", "150 Starting data transfer."),
    ("QUIT", "221 Goodbye."),
]


def test_tls_of_the_client_is_all_that_a_clear_server_does_not_hear_of():
    stage = greeted(tls_plan())
    replies = conversation(stage, FILEZILLA)
    sent = [command for command, _ in FILEZILLA if command.split()[0] not in HANDLED]
    assert stage.to_server.decode().split("\r\n")[:-1] == sent
    assert "226 Transfer complete." in replies


def test_the_chores_of_a_server_with_tls_are_all_that_is_added():
    stage = greeted(plan(servers=servers(tls=ServerTls(mode="explicit"))))
    stage.play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< AUTH TLS
        S> 234 Go.
        S< [TLS]
        S< USER anna
        S> 230 In.
        C< 230 In.
        S< PBSZ 0
        S> 200 ok
        S< PROT P
        S> 200 ok
    """)
    passive(stage).play("""
        C> NLST
        S< NLST
        S> 150 Here.
        C< 150 Here.
        D< join down server-tls
        S~ end 0
        S> 226 Done.
        D< drop ended
        C< 226 Done.
    """)


def test_lftp_pipelines_and_aborts_in_line():
    logged_in().play("""
        C> FEAT
        S< FEAT
        C> CLNT lftp/4.9.2
        C> LANG en
        C> OPTS UTF8 ON
        S> 500 What?
        C< 500 What?
        S< CLNT lftp/4.9.2
        S> 200 ok
        C< 200 ok
        S< LANG en
        S> 502 No.
        C< 502 No.
        S< OPTS UTF8 ON
        S> 200 ok
        C< 200 ok
        C> EPSV
        D< expect
        S< EPSV
        S> 229 (|||1234|)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
        C> RETR big
        S< RETR big
        S> 150 Here.
        C< 150 Here.
        D< join down
        C> ABOR
        S< ABOR
        D< drop cut
        S> 426 Failure writing network stream.
        C< 426 Failure writing network stream.
        S> 226 Closing.
        C< 226 Closing.
    """)


def test_curl_tries_auth_ssl_first_and_falls_back_to_pasv():
    greeted(tls_plan()).play("""
        C> AUTH SSL
        C< 234 Start TLS.
        C< [TLS]
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 230 In.
        C< 230 In.
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        C< 200 Data connections are protected now.
        C> EPSV
        D< expect tls
        S< EPSV
        S> 500 EPSV not understood.
        D< drop ended
        C< 500 EPSV not understood.
        C> PASV
        D< expect tls
        S< PASV
        S> 227 Entering Passive Mode (10,0,0,1,4,210).
        C< 227 Entering Passive Mode (192,0,2,10,4,2).
        D< dial 10.0.0.1:1234
        C> RETR a
        S< RETR a
        S> 150 Here.
        C< 150 Here.
        D< join down client-tls
    """)
