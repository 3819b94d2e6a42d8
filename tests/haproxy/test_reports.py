"""Tests of ftpair.haproxy.reports: what HAProxy 2.6 answered, read."""

import pytest

from ftpair.haproxy.reports import (
    Connection,
    Entry,
    columns,
    connections,
    entries,
    figures,
    has_learned,
    processes,
    seconds,
)

STAT = """\
# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,status,weight,last_chk,
VIP,FRONTEND,,,3,4,1000,9,100,200,OPEN,,,
VIP,A,0,0,2,2,,5,60,120,UP,100,(tcp-check),
VIP,B,0,0,1,1,,4,40,80,DOWN 1/3,50,Connection refused,
VIP:data,A,0,0,0,1,,1,7,9,no check,0,,
VIP:data,B,0,0,0,1,,1,7,9,MAINT (via VIP/B),0,,
"""
PROC = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
7255            master          1 [failed: 0]   0d00h00m07s     2.6.12-1+deb12u4
# workers
7388            worker          0               0d00h00m02s     2.6.12-1+deb12u4
# old workers
7258            worker          1               0d00h00m07s     2.6.12-1+deb12u4
7259            worker          2               0d00h00m09s     2.6.12-1+deb12u4
# programs
"""
SESS = """\
0x56257f5d3080: proto=tcpv4 src=127.0.0.1:34718 fe=VIP be=VIP srv=A ts=00 epoch=0 age=1m4s calls=2 rate=0 exp=1s rc=0
0x56257f5d3081: proto=tcpv6 src=2001:db8::7:34719 fe=VIP be=VIP srv=<none> ts=00 epoch=0 age=4s calls=2
0x56257f6f9f90: proto=sockpair src=unix:2 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s calls=1
"""
TABLE = """\
# table: VIP:pairs, type: ipv6, size:102400, used:2
0x5594f7a337f0: key=::ffff:127.0.0.1 use=1 exp=7198995 server_id=1 server_key=A conn_cur=2
0x5594f7a337f1: key=2001:db8::7 use=0 exp=1 server_id=2 server_key=B conn_cur=0
"""


def test_figures_are_read_by_the_names_of_their_columns():
    front, first, second, *data = figures(STAT)
    assert (front.proxy, front.server, front.sessions, front.bytes_in, front.bytes_out) == (
        "VIP",
        "FRONTEND",
        3,
        100,
        200,
    )
    assert (first.server, first.state, first.weight, first.check) == ("A", "UP", 100, "(tcp-check)")
    assert (second.status, second.state) == ("DOWN 1/3", "DOWN")
    assert [each.state for each in data] == ["no check", "MAINT"]


def test_processes_are_told_apart():
    now = processes(PROC)
    assert (now.master, now.reloads, now.failed, now.workers, now.former) == (7255, 1, 0, (7388,), (7258, 7259))
    with pytest.raises(ValueError, match="no list"):
        processes("Unknown command")


def test_a_failed_reload_is_seen():
    assert processes(PROC.replace("[failed: 0]", "[failed: 2]")).failed == 2


def test_connections_with_a_server_are_listed():
    assert list(connections(SESS)) == [Connection("0x56257f5d3080", "VIP", "A", "127.0.0.1:34718", 64.0, 0.0)]


def test_entries_of_a_table_are_read():
    assert list(entries(TABLE)) == [Entry("::ffff:127.0.0.1", 1, 2), Entry("2001:db8::7", 2, 0)]


@pytest.mark.parametrize(("text", "value"), [("4s", 4), ("1h59m", 7140), ("2d3h", 183600), ("", 0)])
def test_durations_are_read(text, value):
    assert seconds(text) == value


def test_servers_are_read_by_the_names_of_their_columns():
    (row,) = columns("1\n# be_id be_name srv_admin_state\n3 VIP 8\n")
    assert row == {"be_id": "3", "be_name": "VIP", "srv_admin_state": "8"}


@pytest.mark.parametrize(("flags", "is_so"), [("0x0", False), ("0x1", False), ("0x3", True), ("0x33", True)])
def test_a_process_has_learned_when_both_flags_are_set(flags, is_so):
    assert (
        has_learned(f"0x55: [27/Nov/2026] id=ftpair disabled=0 flags={flags} resync_timeout=2s task_calls=1") is is_so
    )
    assert not has_learned("")
