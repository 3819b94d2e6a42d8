"""Tests of ftpair.haproxy.reports: what HAProxy 2.6 answered, read."""

import re

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
0x56257f5d3080: [28/Nov/2026:21:08:01.296404] id=0 proto=tcpv4 source=127.0.0.1:34718
  flags=0x4a, conn_retries=0, conn_exp=<NEVER> conn_et=0x000 srv_conn=0x562ea97d9ce0, pend_pos=(nil) waiting=0 epoch=0
  frontend=VIP (id=2 mode=tcp), listener=? (id=1) addr=127.92.0.1:9000
  backend=VIP (id=2 mode=tcp) addr=127.0.0.1:40670
  server=A (id=1) addr=127.92.0.2:9000
  task=0x562ea99b4570 (state=0x00 nice=0 calls=2 rate=0 exp=3s tmask=0x1 age=1m4s)
  scf=0x562ea9959010 flags=0x00000000 state=EST endp=CONN,0x562ea99b4480,0x028c0001 sub=1
      co0=0x562ea99b4210 ctrl=tcpv4 xprt=RAW mux=PASS data=STRM target=LISTENER:0x562ea97d9a40
  req=0x562ea9898df0 (f=0xa08000 an=0x0 pipe=0 tofwd=-1 total=70)
      an_exp=<NEVER> rex=59s wex=<NEVER>
  res=0x562ea9898e50 (f=0x80248202 an=0x0 pipe=1048576 tofwd=-1 total=9633792)
      an_exp=<NEVER> rex=59s wex=<NEVER>
0x56257f5d3081: [28/Nov/2026:21:08:01.296404] id=0 proto=tcpv6 source=2001:db8::7:34719
  frontend=VIP (id=2 mode=tcp), listener=? (id=1) addr=127.92.0.1:9000
  backend=VIP (id=2 mode=tcp)
  server=<NONE> (id=-1)
  task=0x562ea99b4570 (state=0x00 nice=0 calls=2 rate=0 exp=3s tmask=0x1 age=4s)
  req=0x562ea9898df0 (f=0xa08000 an=0x0 pipe=0 tofwd=-1 total=0)
  res=0x562ea9898e50 (f=0x80248202 an=0x0 pipe=0 tofwd=-1 total=0)
0x562ea99b4c60: [28/Nov/2026:21:08:02.797290] id=1 proto=unix_stream source=unix:1
  frontend=GLOBAL (id=0 mode=tcp), listener=? (id=1) addr=unix:1
  backend=<NONE> (id=-1 mode=-)
  server=<NONE> (id=-1)
  task=0x562ea99b5050 (state=0x00 nice=-64 calls=1 rate=0 exp=<NEVER> tmask=0x1 age=0s)
  req=0x562ea99b4c80 (f=0xc08000 an=0x0 pipe=0 tofwd=-1 total=14)
  res=0x562ea99b4ce0 (f=0x80008002 an=0x0 pipe=0 tofwd=-1 total=1280)
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
    assert list(connections(SESS)) == [
        Connection(
            "0x56257f5d3080",
            "VIP",
            "A",
            "127.0.0.1:34718",
            64.0,
            70,
            9633792,
            client_leg=("127.92.0.1:9000", "127.0.0.1:34718"),
            server_leg=("127.0.0.1:40670", "127.92.0.2:9000"),
        )
    ]


@pytest.mark.parametrize("word", ["age", "source", "backend", "server"])
def test_a_connection_that_ends_while_it_is_told_is_left_out(word):
    assert not list(connections(re.sub(rf"\b{word}=\S*", "", SESS)))


def test_entries_of_a_table_are_read():
    assert list(entries(TABLE)) == [Entry("::ffff:127.0.0.1", "A", 2), Entry("2001:db8::7", "B", 0)]


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


@pytest.mark.parametrize("length", range(STAT.index("VIP:data,B"), len(STAT) - 1))
def test_a_row_that_is_not_whole_is_left_out(length):
    rows = figures(STAT[:length])
    assert len(rows) == 4
    assert all(row.state for row in rows)
