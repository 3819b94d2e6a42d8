"""What a client has set at its server, and what another one is told of it."""

import pytest

from ftpair.ftp.command import parse
from ftpair.ftp.reply import Reply
from ftpair.session.memory import MOST_MOVES, MOST_SETTINGS, Memory, Setting


def taught(*lessons: str) -> Memory:
    """A memory of commands and the replies to them: `CWD a: 250 ok`."""
    memory = Memory()
    for lesson in lessons:
        line, _, reply = lesson.partition(": ")
        command = parse(line.encode())
        assert command is not None
        memory.learn(command, Reply(int(reply[:3]), f"{reply}\r\n".encode()))
    return memory


def lines(memory: Memory) -> list[str]:
    return [setting.line.decode() for setting in memory.replay()]


def test_settings_are_replayed_in_their_newest_form():
    memory = taught("TYPE A: 200 ok", "OPTS MLST size;: 200 ok", "MODE Z: 200 ok", "TYPE I: 200 ok", "STRU F: 200 ok")
    assert lines(memory) == ["TYPE I", "OPTS MLST size;", "MODE Z", "STRU F"]


def test_what_a_server_refuses_is_not_remembered():
    assert not lines(taught("TYPE E: 504 no", "CWD a: 550 no", "REST 5: 502 no", "OPTS: 501 no"))


def test_of_site_only_what_holds_on_is_remembered():
    assert lines(taught("SITE UMASK 022: 200 ok", "SITE CHMOD 600 a: 200 ok", "SITE: 200 ok")) == ["SITE UMASK 022"]


def test_another_server_may_refuse_a_courtesy_but_nothing_else():
    memory = taught("CLNT x: 200 ok", "LANG de: 200 ok", "OPTS: 200 ok", "EPSV ALL: 200 ok", "TYPE I: 200 ok")
    assert [setting.is_needed for setting in memory.replay()] == [False, False, True, False, True]


def test_moves_are_repeated_until_the_path_is_known():
    memory = taught("CWD a: 250 ok", "CDUP: 250 ok", "XCWD b: 250 ok")
    assert lines(memory) == ["CWD a", "CDUP", "XCWD b"]


def test_an_absolute_move_makes_the_others_needless():
    assert lines(taught('PWD: 257 "/x"', "CWD a: 250 ok", "CWD /b: 250 ok", "CWD c: 250 ok")) == ["CWD /b", "CWD c"]


def test_a_path_that_the_client_was_told_is_entered_and_compared():
    memory = taught("CWD a: 250 ok", 'PWD: 257 "/home/a" is it')
    assert memory.replay() == [Setting(b"CWD /home/a"), Setting(b"PWD", path=b"/home/a")]


def test_a_path_that_the_client_has_left_is_not_compared():
    assert lines(taught('PWD: 257 "/home"', "CWD a: 250 ok")) == ["CWD /home", "CWD a"]


@pytest.mark.parametrize("reply", ["257 somewhere", '250 "/home"'])
def test_a_reply_that_names_no_path_changes_nothing(reply):
    assert lines(taught("CWD a: 250 ok", f"PWD: {reply}")) == ["CWD a"]


def test_questions_to_site_and_opts_set_nothing():
    memory = taught(
        "SITE UMASK 077: 200 ok", "SITE UMASK: 200 it is 077", "OPTS HASH SHA-256: 200 ok", "OPTS HASH: 200 ok"
    )
    assert lines(memory) == ["SITE UMASK 077", "OPTS HASH SHA-256"]


@pytest.mark.parametrize(
    ("lesson", "lack"),
    [
        ("SITE FILETYPE=JES: 200 ok", "SITE FILETYPE=JES may have changed what commands mean"),
        ("SITE DIRSTYLE: 200 ok", "SITE DIRSTYLE may have changed what commands mean"),
        ("MACB ENABLE: 200 ok", "MACB may have changed what commands mean"),
        ("MACB ENABLE: 500 what", ""),
        ("SITE FILETYPE=JES: 500 what", ""),
        ("SITE CHMOD 600 a: 200 ok", ""),
        ("MFMT 20261130120000 a: 213 ok", ""),
    ],
)
def test_what_may_change_the_meaning_of_commands_is_not_repeated(lesson, lack):
    assert taught(lesson).lack == lack


def test_a_rename_that_was_begun_is_lost_with_its_server():
    memory = taught("RNFR a: 350 ok")
    memory.lose_rename()
    assert not memory.misses("NOOP")
    assert memory.misses("RNTO") == "503 The server has changed: use RNFR again."
    assert not memory.misses("RNTO")


def test_a_rename_that_was_ended_or_begun_anew_is_not():
    memory = taught("RNFR a: 350 ok", "RNTO b: 250 ok")
    memory.lose_rename()
    assert not memory.misses("RNTO")
    memory = taught("RNFR a: 350 ok")
    memory.lose_rename()
    memory.learn(parse(b"RNFR a"), Reply(350, b"350 ok\r\n"))
    assert not memory.misses("RNTO")


def test_memory_is_bounded():
    memory = taught(*(f"CWD {number}: 250 ok" for number in range(MOST_MOVES + 9)))
    assert (memory.is_full, len(memory.moves)) == (True, MOST_MOVES + 1)
    memory = taught(*(f"OPTS {number}: 200 ok" for number in range(MOST_SETTINGS + 9)), "OPTS 1 x: 200 ok")
    assert (memory.is_full, len(memory.settings)) == (True, MOST_SETTINGS + 1)
    assert memory.settings["OPTS 1"] == b"OPTS 1 x"


@pytest.mark.parametrize(
    ("lessons", "is_binary"),
    [
        ((), False),
        (("TYPE I: 200 ok",), True),
        (("type l 8: 200 ok", "STRU f: 200 ok", "MODE s: 200 ok"), True),
        (("TYPE I: 200 ok", "TYPE A: 200 ok"), False),
        (("TYPE I: 200 ok", "STRU R: 200 ok"), False),
        (("TYPE I: 200 ok", "MODE Z: 200 ok"), False),
    ],
)
def test_a_byte_of_a_download_is_one_of_its_file_in_image_type_alone(lessons, is_binary):
    assert taught(*lessons).is_binary is is_binary


def test_a_login_begins_at_home():
    memory = taught("CLNT x: 200 ok", 'PWD: 257 "/home"', "CWD a: 250 ok", "REST 5: 350 ok", "RNFR a: 350 ok")
    memory.begin()
    assert memory.is_known
    assert lines(memory) == ["CLNT x"]


@pytest.mark.parametrize("lesson", ["TYPE I: 200 ok", "CWD a: 250 ok", 'PWD: 257 "/a"', "REST 7: 350 ok"])
def test_what_a_second_login_leaves_of_all_that_was_set_is_not_known(lesson):
    memory = Memory()
    memory.begin()
    memory.begin()
    assert not memory.lack
    line, _, reply = lesson.partition(": ")
    memory.learn(parse(line.encode()), Reply(int(reply[:3]), f"{reply}\r\n".encode()))
    memory.begin()
    memory.begin()
    assert memory.lack == "a second login may have changed what commands mean"


def test_a_host_that_the_first_server_took_must_be_known_to_the_next():
    taken, refused = Reply(220, b"220 ok\r\n"), Reply(504, b"504 no\r\n")
    memory = Memory()
    assert not memory.has_refused(b"HOST a", taken, is_first=True)
    assert not memory.has_refused(b"CLNT a", refused, is_first=False)
    assert memory.has_refused(b"HOST a", refused, is_first=False)
    assert not memory.has_refused(b"HOST a", refused, is_first=True)
    assert not memory.has_refused(b"HOST a", refused, is_first=False)
