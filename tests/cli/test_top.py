"""`top`: what it shows, what its keys do, and how it behaves where nobody looks on."""

import pytest

from ftpair.cli.top import SPARK_COLUMNS, Moment, Past, View, keys_line, next_order, top_sheet
from ftpair.core.actions import GetSessions, GetStatus, SessionTable, StatusIs
from ftpair.core.status import Admin, Health
from tests.api.supervisor import node, server, service, session
from tests.cli.terminal import Terminal, on_terminal

MIB = 2**20


def moment(at, *sessions, **changes):
    return Moment(at, node(services=(service(**changes),)), list(sessions))


def seen(past, *moments, rows=40, order="rate"):
    for each in moments:
        past.take(each)
    return top_sheet(moments[-1], past, View(rows, order))


def users(sheet):
    return [row[1].text for row in sheet[3].rows]


def test_a_session_is_as_busy_as_its_bytes_since_the_moment_before():
    past = Past()
    slow = session(id="a", user="slow", bytes_up=0, bytes_down=100 * MIB, seconds=100.0)
    new = session(id="b", user="new", bytes_up=8 * MIB, bytes_down=0, seconds=4.0)
    sheet = seen(past, moment(10.0, slow, new))
    assert [(row[1].text, row[4].text) for row in sheet[3].rows] == [("new", "2.0 MiB/s"), ("slow", "1.0 MiB/s")]
    later = session(id="a", user="slow", bytes_up=0, bytes_down=110 * MIB, seconds=102.0)
    sheet = seen(past, moment(12.0, later, new))
    assert [(row[1].text, row[4].text) for row in sheet[3].rows] == [("slow", "5.0 MiB/s"), ("new", "0 B/s")]
    sheet = seen(past, moment(14.0, session(id="a", user="slow", bytes_down=0)))
    assert [(row[1].text, row[4].text) for row in sheet[3].rows] == [("slow", "0 B/s")]


@pytest.mark.parametrize(("order", "expected"), [("age", "bca"), ("user", "abc"), ("server", "cab"), ("rate", "abc")])
def test_sessions_are_sorted_as_wished(order, expected):
    rows = [
        session(id="1", user="a", seconds=1.0, server="S2", bytes_up=0, bytes_down=30),
        session(id="2", user="b", seconds=3.0, server="S3", bytes_up=0, bytes_down=60),
        session(id="3", user="c", seconds=2.0, server="S1", bytes_up=0, bytes_down=30),
    ]
    assert "".join(users(seen(Past(), moment(10.0, *rows), order=order))) == expected


def test_the_orders_go_round():
    assert [next_order(order) for order in ("rate", "age", "user", "server")] == ["age", "user", "server", "rate"]
    assert "now by age" in "".join(cell.text for cell in keys_line("age").cells)


def test_as_many_sessions_as_there_is_room_for_and_how_many_more():
    rows = [session(id=str(number)) for number in range(100)]
    sheet = seen(Past(), moment(10.0, *rows), rows=19)
    assert len(sheet[3].rows) == 10
    assert sheet[4].cells[0].text == "and 90 sessions more"
    assert len(seen(Past(), moment(10.0, *rows), rows=1)[3].rows) == 3


def test_bars_and_sparklines_tell_of_the_largest_and_of_lately():
    past = Past()
    for number in range(SPARK_COLUMNS + 5):
        sheet = seen(
            past, moment(float(number), bytes_per_second=number * MIB, servers=(server("A", bytes_per_second=0),))
        )
    whole, one = sheet[1].rows
    assert whole[6].text == "█" * 16
    assert one[6].text == "░" * 16
    assert (len(whole[7].text), whole[7].text[0], whole[7].text[-1]) == (SPARK_COLUMNS, "▂", "█")
    assert one[7].text == "▁" * SPARK_COLUMNS


def test_lights_tell_in_words_too():
    servers = (
        server("A"),
        server("B", health=Health.DOWN, reason="down: refused"),
        server("C", admin=Admin.DRAIN),
    )
    sheet = seen(Past(), moment(1.0, servers=servers, is_serving=False, reason="nobody can serve"))
    states = [(row[2].text, row[2].style, row[8].text) for row in sheet[1].rows]
    assert states == [
        ("not serving", "bold red", "nobody can serve"),
        ("up", "green", ""),
        ("down", "bold red", "down: refused"),
        ("drain, up", "yellow", "220 in 3 ms"),
    ]
    assert all(row[0].style == row[2].style for row in sheet[1].rows)


def test_where_nobody_looks_on_it_is_one_frame(ftpair, supervisor):
    ran = ftpair("top")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[0] == "ftpair 0.1.0 is ready, revision 4, 12 sessions, 4 transfers, 241.0 MiB/s"
    assert lines[1].split()[:4] == ["SERVICE,", "SERVER", "STATE", "SESSIONS"]
    assert lines[2].split()[:2] == ["FTPS_VIP", "serving"]
    assert any(line.split()[:2] == ["FTP_SVR2", "down"] for line in lines)
    assert any("alice" in line for line in lines)
    assert "\x1b" not in ran.out


def test_keys_sort_and_quit_and_the_terminal_is_as_before(supervisor):
    terminal = Terminal(["top", "--every", "60", "--sort", "age"])
    terminal.wait_for("now by age")
    terminal.type("s")
    terminal.wait_for("now by user")
    terminal.type("xq")
    ended = terminal.end()
    assert ended.status == 0
    assert "\x1b[?1049l" in ended.text
    assert "alice" in ended.text


def test_it_goes_on_by_itself_and_ctrl_c_is_a_good_end(supervisor):
    terminal = Terminal(["top", "--every", "0.2"])
    terminal.wait_for("now by rate")
    supervisor.answers[GetSessions] = SessionTable((session(user="newcomer"),), ())
    terminal.wait_for("newcomer")
    terminal.type("\x03")
    assert terminal.end().status == 0


def test_it_outlives_an_api_that_does_not_answer(supervisor):
    terminal = Terminal(["top", "--every", "0.2"], FTPAIR_SOCKET=str(supervisor.path))
    terminal.wait_for("now by rate")
    moved = supervisor.path.rename(supervisor.path.with_name("away"))
    supervisor.process.kill()
    terminal.wait_for("No ftpair answers")
    supervisor.start_api()
    moved.rename(supervisor.path)
    supervisor.answers[GetStatus] = StatusIs(node(services=(service("BACK_VIP"),)))
    terminal.wait_for("BACK_VIP")
    terminal.type("q")
    assert terminal.end().status == 0


def test_no_color_and_a_narrow_terminal_are_obeyed(supervisor):
    text = on_terminal_until_quit(columns=60, NO_COLOR="1")
    assert "\x1b[32m" not in text
    assert "RATE" in text
    assert "LATELY" not in text


def test_hostile_names_do_not_reach_the_terminal(supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(user="\x1b]0;owned\x07[red]", command="\u202ex"),), ())
    text = on_terminal_until_quit()
    assert "\x1b]0;" not in text
    assert "\\x1b]0;owned\\x07[red]" in text
    assert "\u202e" not in text


def test_no_ftpair_is_one_sentence(ftpair, tmp_path):
    ran = ftpair("top", "--socket", str(tmp_path / "none"))
    assert ran.status == 4
    assert "No ftpair answers" in ran.err
    assert on_terminal("top", "--socket", str(tmp_path / "none")).status == 4


def on_terminal_until_quit(**options):
    terminal = Terminal(["top", "--every", "60"], **options)
    terminal.wait_for("now by rate")
    terminal.type("q")
    return terminal.end().text
