"""REST and RANG over a rescue: where the next transfer begins, and which uploads may not go on."""

import pytest

from ftpair.core.facts import TransferEnded
from tests.transcripts.play import Stage, passive

from .test_continuing import at_home as with_files
from .test_rescuing import AGAIN, LOST, at_home, told

PORT = "D< drop server\nS< PASV\nS> 227 ok (10,0,0,2,4,211)\nD< dial 10.0.0.2:1235\n"
CHANGED = "C< 450 The server has changed: look at the size of the file again, this one may have another part of it."


def ready(stage: Stage) -> Stage:
    """Let a client whose session is at B ask for a data connection."""
    return stage.play("C> PASV\nD< expect\nS< PASV\nS> 227 ok (10,0,0,2,4,211)\nC< 227 ...\nD< dial 10.0.0.2:1235")


def test_rest_is_told_to_the_next_server_right_before_its_download():
    stage = told(passive(at_home()), ("REST 7", "350 ok")).play(LOST + PORT)
    stage.play("C> RETR a\nS< REST 7\nS> 350 ok\nS< RETR a\nS> 150 x\nC< 150 x\nD< join down")


def test_a_next_server_that_refuses_rest_refuses_the_download():
    stage = told(passive(at_home()), ("REST 7", "350 ok")).play(LOST + PORT)
    stage.play("C> RETR a\nS< REST 7\nS> 502 no\nD< drop ended\nC< 502 no\nC> NOOP\nS< NOOP")


def test_a_listing_needs_no_rest_that_was_said_to_a_lost_server():
    stage = told(passive(at_home()), ("REST 7", "350 ok")).play(LOST + PORT)
    stage.play("C> LIST\nS< LIST\nS> 150 x\nC< 150 x\nD< join down\nS~ end 5\nS> 226 ok\nD< drop ended\nC< 226 ok")
    ready(stage).play("C> RETR a\nS< RETR a")


def test_rest_that_is_said_again_by_the_client_is_said_once():
    stage = told(passive(at_home()), ("REST 7", "350 ok")).play(LOST + PORT)
    told(stage, ("REST 9", "350 ok")).play("C> RETR a\nS< RETR a")


@pytest.mark.parametrize("event", ["S> [lost reset]", "O> drain", "O> halt A is halted"])
@pytest.mark.parametrize("command", ["STOR f", "STOU"])
def test_an_upload_does_not_go_on_with_a_part_that_another_server_has(event, command):
    stage = told(passive(with_files()), ("SIZE f", "213 1000"), ("REST 1000", "350 ok"))
    stage.play(f"{event}\nS< [ended]{AGAIN}S< TYPE I\nS> 200 ok\n{PORT}C> {command}\n{CHANGED}")
    # Whatever it is told next, the server does not go by the old REST.
    stage.play(f"C> {command}\nS< REST 0\nS> 350 ok\nS< {command}\nS> 150 ok\nC< 150 ok\nD< join up")


def test_nor_one_whose_size_was_told_by_the_lost_server_and_whose_rest_by_the_next():
    stage = told(passive(at_home()), ("SIZE f", "213 1000")).play(LOST + PORT)
    told(stage, ("REST 1000", "350 ok")).play(f"C> STOR f\n{CHANGED}")
    told(stage, ("SIZE f", "213 500"), ("REST 500", "350 ok")).play("C> STOR f\nS< STOR f")


@pytest.mark.parametrize("look", ["SIZE f", "MLST f", "STAT f"])
def test_nothing_is_appended_to_a_part_that_another_server_has(look):
    stage = told(passive(at_home()), (look, "213 1000")).play(LOST + PORT)
    stage.play(f"C> APPE f\n{CHANGED}\nC> APPE f\nS< APPE f\nS> 150 ok\nC< 150 ok\nD< join up")


def test_who_has_looked_again_may_append():
    stage = told(passive(at_home()), ("SIZE f", "213 1000")).play(LOST + PORT)
    told(stage, ("SIZE f", "213 0")).play("C> APPE f\nS< APPE f")


def test_a_listing_tells_sizes_too():
    stage = passive(at_home()).play("C> LIST\nS< LIST\nS> 150 ok\nC< 150 ok\nD< join down\nS~ end 9")
    stage.play("S> 226 ok\nD< drop ended\nC< 226 ok" + LOST)
    ready(stage).play(f"C> APPE f\n{CHANGED}")


@pytest.mark.parametrize("command", ["STOR f", "APPE f"])
def test_uploads_that_go_by_nothing_simply_work(command):
    passive(at_home()).play(LOST + PORT + f"C> {command}\nS< {command}")


def test_rest_0_is_no_part():
    told(passive(at_home()), ("REST 0", "350 ok")).play(LOST + PORT + "C> DELE a\nS< DELE a\nS> 250 ok\nC< 250 ok")


@pytest.mark.parametrize("refused", [False, True])
def test_a_rest_that_its_server_may_still_hold_makes_a_file_unknown(refused):
    stage = passive(told(with_files(), ("REST 60", "350 ok")))
    if refused:
        stage.play("C> RETR b\nS< SIZE b\nS> 550 no\nS< MDTM b\nS> 550 no\nS< REST 60\nS> 350 ok\nS< RETR b")
        stage.play("S> 550 no\nD< drop ended\nC< 550 no")
    else:
        stage.play(
            "C> LIST\nS< LIST\nS> 150 ok\nC< 150 ok\nD< join down\nS~ end 5\nS> 226 ok\nD< drop ended\nC< 226 ok"
        )
    stage.play("C> PASV\nD< expect\nS< PASV\nS> 227 ok (10,0,0,1,4,210)\nC< 227 ...\nD< dial 10.0.0.1:1234")
    stage.play(
        "C> RETR a\nS< RETR a\nS> 150 ok\nC< 150 ok\nD< join down\nS~ end 40\nS> 226 whole\nD< drop ended\nC< 226 whole"
    )
    assert stage.noted(TransferEnded)[-1].result == "complete"
    # The server has begun with a file: it holds nothing any more.
    stage.play("C> PASV\nD< expect\nS< PASV\nS> 227 ok (10,0,0,1,4,210)\nC< 227 ...\nD< dial 10.0.0.1:1234")
    stage.play("C> RETR a\nS< SIZE a")


def test_a_download_under_such_a_rest_does_not_go_on():
    stage = passive(told(with_files(), ("REST 60", "350 ok")))
    stage.play("C> LIST\nS< LIST\nS> 150 ok\nC< 150 ok\nD< join down\nS~ end 5\nS> 226 ok\nD< drop ended\nC< 226 ok")
    stage.play("C> PASV\nD< expect\nS< PASV\nS> 227 ok (10,0,0,1,4,210)\nC< 227 ...\nD< dial 10.0.0.1:1234")
    stage.play(
        "C> RETR a\nS< RETR a\nS> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN + "S< TYPE I\nS> 200 ok"
    )


def test_a_login_in_between_leaves_it_to_the_server():
    stage = passive(told(with_files(), ("REST 60", "350 ok"), ("PASS secret", "230 Again.")))
    stage.play(
        "C> RETR a\nS< RETR a\nS> 150 ok\nC< 150 ok\nD< join down\nS~ end 40\nS> 226 whole\nD< drop ended\nC< 226 whole"
    )
