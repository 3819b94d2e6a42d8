"""One transfer: the final reply is given only when it is true (S12)."""

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import ProtocolError, SessionEnded, TransferEnded
from ftpair.core.plan import ServerTls
from ftpair.session import events
from ftpair.session.ongoing import Progress
from tests.transcripts.play import (
    LOGIN,
    SECURE,
    TLS,
    Stage,
    greeted,
    logged_in,
    passive,
    plan,
    play,
    servers,
    started,
    tls_plan,
)

LOST = "426 Connection lost; transfer aborted"


def fact(stage: Stage) -> TransferEnded:
    (only,) = stage.noted(TransferEnded)
    return only


def test_a_refusal_behind_the_150_reaches_the_client_when_the_data_have_ended():
    """vsftpd says its 522 (session reuse required) only here."""
    stage = started().play("""
        S> 522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf
        S~ cut
        C< 522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf
        C> PWD
        S< PWD
    """)
    assert [fact.result for fact in stage.noted(TransferEnded)] == ["cut"]


def test_a_download_is_complete_when_both_legs_and_the_reply_say_so():
    stage = started().play("""
        S~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
    """)
    assert (fact(stage).result, fact(stage).bytes, fact(stage).direction) == ("complete", 5, "down")
    assert (fact(stage).verb, fact(stage).path, fact(stage).reply) == ("RETR", "a.bin", "226 Done.")
    assert (stage.session.transfers, stage.session.bytes_down, stage.session.bytes_up) == (1, 5, 0)
    assert stage.session.transfer is None


def test_226_waits_for_the_last_byte():
    started().play("""
        S> 226 Done.
        S~ end 5
        D< drop ended
        C< 226 Done.
    """)


@pytest.mark.parametrize("command", ["STOR a.bin", "APPE a.bin", "STOU"])
def test_an_upload_goes_up(command):
    stage = started(command).play("""
        C~ end 7
        S> 226 Done.
        C< 226 Done.
    """)
    assert (fact(stage).direction, stage.session.bytes_up) == ("up", 7)


def test_a_transfer_without_pasv_is_refused():
    play("""
        C> RETR a.bin
        C< 425 Use PASV or EPSV first.
    """)


def test_a_port_serves_one_transfer():
    started().play("""
        S~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        C> RETR b.bin
        C< 425 Use PASV or EPSV first.
    """)


def test_a_refused_transfer_drops_the_data_at_once():
    stage = passive(logged_in()).play("""
        C> RETR missing
        S< RETR missing
        S> 550 No such file.
        D< drop ended
        C< 550 No such file.
        C> PWD
        S< PWD
    """)
    assert (fact(stage).result, fact(stage).bytes) == ("refused", 0)
    assert stage.session.transfers == 0


def test_a_final_reply_without_1xx_still_moves_the_data():
    stage = passive(logged_in()).play("""
        C> NLST
        S< NLST
        S> 226 Empty.
        D< join down
        S~ end 0
        D< drop ended
        C< 226 Empty.
    """)
    assert fact(stage).result == "complete"


def test_a_second_1xx_is_relayed():
    started().play("""
        S> 125 Still here.
        C< 125 Still here.
        S~ end 5
        S> 150 Almost.
        C< 150 Almost.
        S> 226 Done.
        D< drop ended
        C< 226 Done.
    """)


def test_tls_is_joined_as_each_leg_has_it():
    service = tls_plan(servers=servers(tls=ServerTls(mode="implicit")))
    stage = greeted(service).play(SECURE + LOGIN + "S< PBSZ 0")
    stage.play("""
        S> 200 ok
        S< PROT P
        S> 200 ok
        C> EPSV
        D< expect tls
        S< EPSV
        S> 229 (|||1234|)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
        C> STOR a
        S< STOR a
        S> 150 Go.
        C< 150 Go.
        D< join up client-tls server-tls
    """)


def test_s12_a_cut_download_is_never_reported_complete():
    stage = started().play(f"""
        C~ cut 3
        S> 226 Done.
        C< {LOST}: the client's data connection was reset.
        C> PWD
        S< PWD
    """)
    assert (fact(stage).result, fact(stage).bytes) == ("cut", 3)
    assert fact(stage).reason == "the client's data connection was reset"


def test_s12_a_cut_upload_is_never_reported_complete():
    started("STOR a.bin").play(f"""
        C~ cut
        S> 226 Done.
        C< {LOST}: the client's data connection was reset.
    """)


def test_s12_a_226_that_was_held_is_not_given_after_a_cut():
    started().play(f"""
        S> 226 Done.
        S~ cut
        C< {LOST}: the server's data connection was reset.
    """)


def test_a_server_whose_data_connection_never_comes_may_take_its_time():
    stage = started().play("""
        C~ cut
        T> 299
        S> 425 Failed to establish connection.
        C< 425 Failed to establish connection.
    """)
    assert fact(stage).result == "cut"


def test_a_server_that_has_moved_bytes_notices_a_cut_soon():
    started().play(f"""
        C~ cut 3
        T> 10
        C< {LOST}: the client's data connection was reset.
        S< [cut]
        C< 421 The server does not answer.
        C< [ended]
    """)


def test_the_servers_own_426_is_relayed():
    started().play("""
        S~ cut
        S> 426 Broken pipe.
        C< 426 Broken pipe.
    """)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("426 Failure writing network stream.", "426 Connection lost; transfer aborted: not one byte moved for 300 s."),
        ("226 Done.", "426 Connection lost; transfer aborted: not one byte moved for 300 s."),
        ("452 Disk full.", "452 Disk full."),
    ],
)
def test_what_a_clock_has_cut_is_told_with_its_reason_unless_the_server_knows_more(said, heard):
    stage = started()
    stage.tell(events.DataEnded(End.CUT, 5, "not one byte moved for 300 s", None, clock="stall-timeout"))
    stage.play(f"""
        S> {said}
        C< {heard}
    """)
    assert fact(stage).reason == "not one byte moved for 300 s"


def test_vsftpds_522_after_the_150_is_relayed():
    started().play("""
        S~ cut
        S> 522 SSL connection failed; session reuse required
        C< 522 SSL connection failed; session reuse required
    """)


def test_a_download_that_the_server_gives_up_is_refused_after_its_last_byte():
    stage = started().play("""
        S> 451 Disk error.
        S~ end 3
        D< drop cut
        C< 451 Disk error.
    """)
    assert fact(stage).result == "refused"


def test_a_download_that_ended_well_may_still_fail():
    stage = started().play("""
        S~ end 3
        S> 451 Disk error.
        D< drop cut
        C< 451 Disk error.
    """)
    assert fact(stage).result == "refused"


def test_an_upload_that_the_server_refuses_in_its_middle_is_cut_at_once():
    stage = started("STOR a.bin")
    stage.progress = Progress(4096)
    stage.play("""
        S> 452 Disk full.
        D< drop cut
        C< 452 Disk full.
    """)
    assert (fact(stage).result, fact(stage).bytes) == ("refused", 4096)


def test_a_server_that_says_nothing_about_a_cut_is_left_after_ten_seconds():
    stage = started().play(f"""
        S~ cut 2
        T> 9
        T> 1
        C< {LOST}: the server's data connection was reset.
        S< [cut]
        C< 421 The server does not answer.
        C< [ended]
    """)
    assert (fact(stage).result, fact(stage).reply) == ("cut", f"{LOST}: the server's data connection was reset.")


def test_a_server_that_never_starts_a_transfer_is_left():
    passive(logged_in()).play("""
        C> RETR a
        S< RETR a
        T> 300
        D< drop cut
        S< [cut]
        C< 421 The server does not answer.
        C< [ended]
    """)


def test_a_server_that_is_lost_in_a_transfer_means_426_and_421():
    stage = started()
    stage.progress = Progress(11, TLS, TLS)
    stage.play(f"""
        S> [lost reset]
        D< drop cut
        C< {LOST}: the connection to the server is lost.
        S< [cut]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)
    assert (fact(stage).result, fact(stage).bytes) == ("cut", 11)
    assert (fact(stage).client_tls, fact(stage).server_tls) == (TLS, TLS)


def test_the_log_says_what_made_a_client_leave():
    stage = started()
    stage.progress = Progress(lack="no data connection that resumes the session's TLS")
    stage.play("""
        C> [cut]
        D< drop cut
        S< [cut]
        C< [cut]
    """)
    assert fact(stage).reason == "no data connection that resumes the session's TLS"


def test_s12_a_server_that_is_lost_before_its_226_means_426():
    started().play(f"""
        S~ end 5
        S> [lost reset]
        D< drop cut
        C< {LOST}: the connection to the server is lost.
        S< [cut]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)


def test_a_421_in_a_transfer_is_relayed_and_ends_the_session():
    stage = started().play("""
        S> 421 Shutting down.
        D< drop cut
        S< [cut]
        C< 421 Shutting down.
        C< [ended]
    """)
    assert fact(stage).reply == "421 Shutting down."


def test_a_client_that_vanishes_cuts_everything():
    stage = started("STOR a.bin").play("""
        C> [cut]
        D< drop cut
        S< [cut]
        C< [cut]
    """)
    assert fact(stage).result == "cut"
    assert stage.noted(SessionEnded)[0].ended == "the client's connection was cut"


def test_a_reply_too_many_in_a_transfer_is_counted():
    stage = started().play("""
        S> 226 Done.
        S> 226 Done again.
        S~ end 5
        D< drop ended
        C< 226 Done.
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["stray-reply"]


def test_commands_wait_for_the_end_of_the_transfer():
    stage = started().play("""
        C> NOOP
        C> STAT
        S~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        S< NOOP
        S> 200 ok
        C< 200 ok
        S< STAT
        S> 211 fine
        C< 211 fine
    """)
    assert stage.session.state == "ready"


def test_s18_a_hostile_path_is_shown_escaped():
    stage = passive(logged_in()).play("""
        C> RETR \x1b[2J<script>
        S< RETR \x1b[2J<script>
        S> 550 No.
        D< drop ended
        C< 550 No.
    """)
    assert fact(stage).path == "\\x1b[2J<script>"


def test_the_running_transfer_can_be_seen():
    stage = started(service=plan())
    transfer = stage.session.transfer
    assert transfer is not None
    assert (transfer.verb, transfer.path, transfer.direction, transfer.started) == ("RETR", "a.bin", "down", 1000.0)
    assert stage.session.state == "transferring"


def test_a_session_in_clear_text_that_the_policy_allows_moves_clear_data():
    started(service=tls_plan(clear_text="allow", data_protection="require"))
