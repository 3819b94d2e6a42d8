"""Downloads that go on at another server: from the byte that the client has, with the same file, or not at all."""

import pytest

from ftpair.core.facts import Rescued, RescueFailed, TransferEnded
from ftpair.session.ongoing import Progress
from tests.transcripts.play import TLS, Stage, logged_in, passive, plan, servers

from .test_rescuing import AGAIN, told

MATCHED = """
    D< drop server
    S< PASV
    S> 227 ok (10,0,0,2,4,211)
    D< dial 10.0.0.2:1235
"""
EXAMINED = """
    S< SIZE a
    S> 213 100
    S< MDTM a
    S> 213 20261130120000
"""


def at_home(rescue: str = "transfers", kind: str = "TYPE I", **changes) -> Stage:
    stage = logged_in(plan(**{"servers": servers(3), "rescue": rescue} | changes))
    stage.session.ask_features(lambda: ("SIZE", "Rest Stream"))
    return told(stage, (kind, "200 ok"))


def moving(rescue: str = "transfers", size: str = "213 100", time: str = "213 20261130120000", rest: int = 0) -> Stage:
    """A client whose download moves data; `rest` is where it began."""
    stage = at_home(rescue)
    if rest:
        told(stage, (f"REST {rest}", "350 ok"))
    asked = f"S< SIZE a\nS> {size}\nS< MDTM a\nS> {time}\n" + f"S< REST {rest}\nS> 350 ok\n" * bool(rest)
    asked *= rescue == "transfers"
    return passive(stage).play(f"C> RETR a\n{asked}S< RETR a\nS> 150 ok\nC< 150 ok\nD< join down")


def lost(stage: Stage, came: int, then: str, loss: str = "S> [lost reset]", dropped: str = "D< drop server\n") -> Stage:
    """Lose the server when the client has so many bytes."""
    stage.progress = Progress(came)
    again = AGAIN + "S< TYPE I\nS> 200 ok"
    return stage.play(f"{loss}\n{dropped}S< [ended]{again}\n{then}")


RESUMED = MATCHED + EXAMINED + "S< REST 40\nS> 350 ok\nS< RETR a\nS> 150 ok\nD< join down\n"


@pytest.mark.parametrize("loss", ["S> [lost reset]", "S> 421 bye", "O> halt A is halted"])
def test_a_download_goes_on_at_the_byte_that_the_client_has(loss):
    stage = lost(moving(), 40, RESUMED, loss)
    stage.play("S~ end 100\nS> 226 whole\nD< drop ended\nC< 226 whole")
    first, second = stage.noted(Rescued)
    assert (first.kind, second.kind, second.bytes, second.server) == ("session", "transfer", 40, "B")
    (ended,) = stage.noted(TransferEnded)
    assert (ended.bytes, ended.result, ended.server) == (100, "complete", "B")
    assert stage.session.transfers == 1


def test_where_the_client_began_counts():
    then = MATCHED + EXAMINED + "S< REST 70\nS> 350 ok\nS< RETR a\nS> 150 ok\nD< join down\n"
    lost(moving(rest=30), 40, then).play("S~ end 70\nS> 226 whole\nD< drop ended\nC< 226 whole")


def test_a_download_that_has_every_byte_needs_none_of_another_server():
    stage = moving().play("S~ end 100")
    lost(stage, 0, EXAMINED + "D< drop ended\nC< 226 Transfer complete.", dropped="")
    (ended,) = stage.noted(TransferEnded)
    assert (ended.bytes, ended.result) == (100, "complete")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ("S< SIZE a\nS> 213 99", "the file has another size there"),
        ("S< SIZE a\nS> 550 no", "the file has another size there"),
        ("S< SIZE a\nS> 213 100\nS< MDTM a\nS> 213 20261130120001", "the file has another time there"),
        ("S< SIZE a\nS> 213 100\nS< MDTM a\nS> 502 what", "the file has another time there"),
        (EXAMINED + "S< REST 40\nS> 501 no", "REST is answered with 501"),
        (EXAMINED + "S< REST 40\nS> 350 ok\nS< RETR a\nS> 550 no", "RETR is answered with 550"),
    ],
)
def test_no_file_is_mixed_of_two(answers, reason):
    stage = lost(moving(), 40, f"{MATCHED}{answers}\nD< drop cut\nC< 426 ...\nC> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")
    assert stage.noted(RescueFailed)[0].reason == reason
    (ended,) = stage.noted(TransferEnded)
    assert (ended.result, ended.bytes, ended.server) == ("cut", 40, "B")


@pytest.mark.parametrize("time", ["20261130120000.123", "20261130120000"])
def test_fractions_of_a_second_are_compared_where_both_servers_tell_them(time):
    lost(moving(time=f"213 {time}"), 40, RESUMED.replace("120000", "120000.123"))


@pytest.mark.parametrize("unknown", [{"size": "550 no"}, {"time": "500 what"}])
def test_a_file_that_cannot_be_told_again_is_not_gone_on_with(unknown):
    stage = moving(**unknown)
    stage.progress = Progress(40)
    stage.play("S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN + "S< TYPE I\nS> 200 ok")


def test_with_sessions_alone_a_download_that_has_bytes_ends_with_426():
    stage = moving("sessions")
    stage.progress = Progress(40)
    stage.play("S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN + "S< TYPE I\nS> 200 ok")


def test_with_sessions_alone_one_that_has_none_begins_again_and_the_client_hears_one_150():
    then = MATCHED + "S< RETR a\nS> 150 ok\nD< join down\n"
    lost(moving("sessions"), 0, then).play("S~ end 5\nS> 226 done\nD< drop ended\nC< 226 done")


def test_a_listing_that_has_no_byte_yet_begins_again():
    stage = passive(at_home("sessions")).play(
        "C> LIST\nS< LIST\nS> [lost reset]\nD< drop server\nS< [ended]"
        + AGAIN
        + "S< TYPE I\nS> 200 ok"
        + MATCHED
        + "S< LIST\nS> 150 ok\nC< 150 ok\nD< join down"
    )
    stage.play("S~ end 5\nS> 226 done\nD< drop ended\nC< 226 done")


def test_in_text_a_byte_is_none_of_the_file():
    stage = passive(at_home(kind="TYPE A")).play("C> RETR a\nS< RETR a\nS> 150 ok\nC< 150 ok\nD< join down")
    stage.progress = Progress(40)
    stage.play("S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN + "S< TYPE A\nS> 200 ok")


def test_a_range_is_not_gone_on_with():
    stage = passive(told(at_home(), ("RANG 1 5", "350 ok")))
    stage.play("C> RETR a\nS< RETR a\nS> 150 ok\nC< 150 ok\nD< join down")


def test_a_rest_that_servers_may_read_in_two_ways_is_not_gone_on_with():
    stage = passive(told(at_home(), ("REST +5", "350 ok")))
    stage.play("C> RETR a\nS< RETR a\nS> 150 ok\nC< 150 ok\nD< join down")


def test_a_server_that_takes_no_heed_of_rest_makes_no_file():
    stage = lost(moving(), 40, RESUMED).play("S~ end 140\nS> 226 done\nD< drop cut\nC< 426 ...")
    assert stage.noted(TransferEnded)[0].reason == "the server ended after 140 of 100 bytes"
    stage = lost(moving(), 40, RESUMED)
    stage.progress = Progress(140)
    stage.play(
        "S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN.replace("B]", "A]") + "S< TYPE I\nS> 200 ok"
    )


@pytest.mark.parametrize("known", [None, (), ("SIZE", "MDTM")])
def test_a_server_that_may_take_no_heed_of_rest_is_gone_on_from_only_if_nothing_came_of_it(known):
    again = (AGAIN + "S< TYPE I\nS> 200 ok").replace("B]", "A]")
    stage = lost(moving(), 40, RESUMED)
    stage.session.ask_features(lambda: known)
    stage.play("S> [lost reset]\nD< drop server\nS< [ended]" + again + RESUMED.replace("10.0.0.2", "10.0.0.1"))
    stage.progress = Progress(41)
    stage.play("S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + again.replace("A]", "B]"))


def test_one_that_the_client_let_begin_within_the_file_is_no_other():
    stage = moving(rest=30)
    stage.session.ask_features(lambda: None)
    lost(stage, 40, "", dropped="D< drop cut\nC< 426 ...\n")


def test_a_file_that_grows_is_as_it_comes():
    moving().play("S~ end 140\nS> 226 done\nD< drop ended\nC< 226 done")


def test_a_server_that_is_lost_while_it_is_asked_for_the_file_is_no_harm():
    stage = passive(at_home()).play("C> RETR a\nS< SIZE a")
    lost(stage, 0, MATCHED + EXAMINED + "S< RETR a\nS> 150 ok\nC< 150 ok\nD< join down")


def test_a_rest_that_is_refused_when_it_is_said_again_ends_the_download():
    stage = passive(told(at_home(), ("REST 5", "350 ok")))
    stage.play(f"C> RETR a{EXAMINED}S< REST 5\nS> 120 wait\nS> 501 no\nD< drop ended\nC< 501 no\nC> NOOP\nS< NOOP")


def test_a_download_is_not_begun_a_third_time():
    stage = moving("sessions")
    lost(stage, 0, MATCHED + "S< RETR a")
    stage.play(
        "S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN.replace("B]", "A]") + "S< TYPE I\nS> 200 ok"
    )


def test_one_that_has_bytes_goes_on_twice_without_another_one():
    stage = lost(moving(), 40, RESUMED)
    again = (AGAIN + "S< TYPE I\nS> 200 ok" + RESUMED).replace("B]", "A]").replace("10.0.0.2", "10.0.0.1")
    stage.play("S> [lost reset]\nD< drop server\nS< [ended]" + again)
    stage.play("S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN + "S< TYPE I\nS> 200 ok")


def test_each_further_byte_counts():
    stage = lost(moving(), 40, RESUMED)
    for came, name, number in ((50, "A", 1), (60, "B", 2), (70, "A", 1)):
        stage.progress = Progress(came)
        again = (
            (AGAIN + "S< TYPE I\nS> 200 ok" + RESUMED).replace("B]", f"{name}]").replace("10.0.0.2", f"10.0.0.{number}")
        )
        stage.play("S> [lost reset]\nD< drop server\nS< [ended]" + again.replace("REST 40", f"REST {came}"))


def test_no_data_connection_with_the_next_server_ends_the_download():
    stage = lost(moving(), 40, "D< drop server\nS< PASV\nS> 500 no\nD< drop cut\nC< 426 ...\nC> NOOP\nS< NOOP")
    assert stage.noted(RescueFailed)[0].reason == "there is no data connection with the next one"


def test_no_server_that_takes_the_session_ends_both():
    stage = moving()
    stage.progress = Progress(40)
    stage.unreachable = {"B", "C"}
    stage.play(
        "S> [lost reset]\nD< drop server\nS< [ended]\nS< [dial B]\nS< [ended]\nS< [dial C]\nS< [ended]\n"
        "D< drop cut\nC< 426 ...\nC< 421 ...\nC< [ended]"
    )
    assert stage.noted(TransferEnded)[0].bytes == 40


def test_an_abort_that_comes_meanwhile_is_heard_when_the_command_is_out():
    stage = moving()
    stage.progress = Progress(40)
    stage.play("S> [lost reset]\nD< drop server\nS< [ended]\nS< [dial B]\nC> ABOR\nC> NOOP")
    stage.play(
        AGAIN.replace("S< [dial B]", "")
        + "S< TYPE I\nS> 200 ok"
        + MATCHED
        + EXAMINED
        + "S< REST 40\nS> 350 ok\nS< RETR a\nS< ABOR\nD< drop cut\nS> 426 cut\nC< 426 cut\nS> 226 ok\nC< 226 ok\n"
        "S< NOOP"
    )


def test_the_legs_tls_is_in_the_log_though_the_server_is_gone():
    stage = moving()
    stage.progress = Progress(100, client_tls=TLS)
    lost(stage, 100, EXAMINED + "D< drop ended\nC< 226 Transfer complete.")
    stage.progress = Progress()


# A server that is still there.


ELSEWHERE = "S< [ended]" + AGAIN + "S< TYPE I\nS> 200 ok" + RESUMED


@pytest.mark.parametrize(
    "fault",
    [
        "S~ end 40\nS> 226 done",
        "S> 226 done\nS~ end 40",
        "S~ cut 40\nS> 426 cut",
        "S~ cut 40\nS> 226 done",
        "S~ end 40\nS> 125 wait\nC< 125 wait\nS> 451 the disk broke",
    ],
)
def test_a_server_that_gives_a_part_of_the_file_is_left(fault):
    moving().play(fault + "\n" + ELSEWHERE).play("S~ end 100\nS> 226 whole\nD< drop ended\nC< 226 whole")


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        ("S~ end 40\nS> 226 done", "426 ..."),
        ("S~ cut 40\nS> 226 done", "426 ..."),
        ("S~ end 40\nS> 451 broken", "451 broken"),
    ],
)
def test_without_another_server_the_download_ends_but_not_its_session(fault, reply):
    stage = moving()
    stage.route["anna"] = "A"
    stage.play(f"{fault}\nD< drop cut\nC< {reply}\nC> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")
    (failed,) = stage.noted(RescueFailed)
    assert (failed.kind, failed.former) == ("transfer", "A")


def test_a_half_file_is_no_file_however_often_it_is_tried():
    stage = moving().play(
        "S~ end 0\nS> 226 done\nS< [ended]"
        + AGAIN
        + "S< TYPE I\nS> 200 ok"
        + MATCHED
        + EXAMINED
        + "S< RETR a\nS> 150 ok\nD< join down\nS~ end 0\nS> 226 done\nD< drop cut\nC< 426 ..."
    )
    assert stage.noted(TransferEnded)[0].result == "cut"


def test_what_the_client_has_cut_is_not_gone_on_with():
    moving().play("C~ cut 40\nS> 426 cut\nD< drop cut\nC< 426 cut".replace("D< drop cut\n", ""))
