"""Tests of ftpair.imports.haproxy: files of the field become services that `ftpair check` takes."""

import pytest
from ruamel.yaml import YAML

from ftpair.cli.main import run
from ftpair.core.errors import FtpairError
from ftpair.imports.haproxy import import_haproxy

DEFAULTS = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 2h
    timeout server 90m
"""
ONE_LISTEN = (
    DEFAULTS
    + """
listen ftps   # the usual way: everything in one
    bind 192.0.2.10:21,192.0.2.10:990
    bind 192.0.2.10:50000-50199
    balance leastconn
    maxconn 500
    stick-table type ip size 1m expire 2h
    stick on src
    option tcp-check
    tcp-check expect rstring ^220
    server iis1 10.0.0.11 weight 50 maxconn 100 check port 21 inter 10s rise 2 fall 3
    server "iis 2" 10.0.0.12 check port 21 inter 10s send-proxy-v2 backup
listen web
    bind :80
    server w 10.0.0.99:80
"""
)
SLICES = (
    DEFAULTS
    + """
frontend control
    bind *:21
    bind *:990
    default_backend servers
backend servers
    balance roundrobin
    server a 10.0.0.11 check
    server b 10.0.0.12 check
listen passive-a
    bind *:50000-50099
    server a 10.0.0.11
listen passive-b
    bind *:50100-50199
    server b 10.0.0.12
"""
)
IPV6 = (
    DEFAULTS
    + """
listen ftp
    bind [2001:db8::10]:21 accept-proxy
    bind [2001:db8::10]:50000-50009
    acl inside src 10.0.0.0/8
    balance hdr(host)
    server a [2001:db8::11]:2121 disabled
"""
)
APART = """
global
    maxconn 4000
    user haproxy
defaults http
    mode http
    timeout client 30s
defaults
    mode tcp
    option tcplog
    retries 5
    timeout client 1h
    timeout server 1h
    timeout queue 30s
    default-server inter 3s fall 2 rise 4 maxconn 200 on-marked-down shutdown-sessions
frontend stats from http
    bind 192.0.2.10:8404
    stats enable
    stats auth admin:hidden
listen ftp
    bind 192.0.2.10:21 ssl crt /etc/ssl/a.pem
    maxconn 300
    tcp-request connection reject if { src -f /etc/haproxy/blocked.lst }
    stick-table type ip size 100k expire 30m store conn_cur
    stick on src
    tcp-check send "PASS hidden"
    server a 10.0.0.11:21 check
    server b 10.0.0.12:21 check weight 30 inter 9s
    server c 10.0.0.13:21 check no-check backup
listen ftps
    bind 192.0.2.10:990
    maxconn 300
    server a 10.0.0.11:2990 check
    server b 10.0.0.12:2990 check weight 10
    server c 10.0.0.13:2990
listen data
    bind 192.0.2.10:50000-50199
    balance source
    server a 10.0.0.11
    server b 10.0.0.12
listen mail
    bind 192.0.2.10:2525
    server m 10.0.0.77
"""
"""Control ports apart, a page of statistics and mail on the same address, and much that ftpair has not."""
MOVED = (
    DEFAULTS
    + """
listen ftp
    bind 192.0.2.10:2121
    bind 192.0.2.10:9990
    bind 192.0.2.10:3000
    bind 192.0.2.10:50000-50199
    server a 10.0.0.11
"""
)
TWO = "listen one\n bind 192.0.2.1:21\n server a 10.0.0.1\nlisten two\n bind 192.0.2.1:990\n server b 10.0.0.2\n"


def imported(text, **ports):
    made = import_haproxy(text, **ports)
    return made.configuration["virtual_services"], [str(note) for note in made.notes]


def test_everything_in_one_listen_is_pairing_by_source():
    services, notes = imported(ONE_LISTEN)
    assert services == {
        "ftps": {
            "mode": "tcp",
            "pairing": "source",
            "address": "192.0.2.10",
            "ports": {"explicit": 21, "implicit": 990, "passive": "50000-50199"},
            "balance": "least-sessions",
            "longest_transfer_s": 7200.0,
            "connect_timeout_s": 5.0,
            "max_sessions": 500,
            "health": {"check": "banner", "interval_s": 10.0, "rise": 2, "fall": 3},
            "real_servers": {
                "iis1": {"address": "10.0.0.11", "weight": 50, "max_sessions": 100},
                "iis_2": {
                    "address": "10.0.0.12",
                    "backup": True,
                    "proxy_protocol": {"to_control": "v2", "to_data": "v2"},
                },
            },
        }
    }
    assert [note.partition(":")[0] for note in notes] == ["line 19"]
    assert "listen web belongs to no FTP service" in notes[0]


def test_a_range_for_each_server_is_pairing_by_port():
    services, notes = imported(SLICES)
    (service,) = services.values()
    assert (service["pairing"], service["address"], service["balance"]) == ("port", "0.0.0.0", "round-robin")
    assert service["ports"] == {"explicit": 21, "implicit": 990, "passive": "50000-50199"}
    assert service["real_servers"] == {
        "a": {"address": "10.0.0.11", "passive": "50000-50099"},
        "b": {"address": "10.0.0.12", "passive": "50100-50199"},
    }
    assert service["health"] == {"check": "tcp"}
    assert notes == []


def test_what_cannot_be_carried_is_told_with_its_line():
    services, notes = imported(IPV6)
    (service,) = services.values()
    assert (service["address"], service["real_servers"]["a"]["address"]) == ("2001:db8::10", "2001:db8::11")
    assert service["server_ports"] == {"explicit": 2121}
    for sentence in (
        "accept-proxy",
        "acl inside src",
        "balance hdr(host) has no like",
        "begins online",
    ):
        assert any(sentence in note for note in notes), (sentence, notes)


def test_control_ports_apart_are_one_service():
    services, _notes = imported(APART)
    assert services == {
        "ftp": {
            "mode": "tcp",
            "pairing": "source",
            "address": "192.0.2.10",
            "ports": {"explicit": 21, "implicit": 990, "passive": "50000-50199"},
            "server_ports": {"implicit": 2990},
            "longest_transfer_s": 3600.0,
            "max_sessions": 600,
            "health": {"check": "tcp", "interval_s": 3.0, "rise": 4, "fall": 2},
            "real_servers": {
                "a": {"address": "10.0.0.11", "max_sessions": 200},
                "b": {"address": "10.0.0.12", "weight": 30, "max_sessions": 200},
                "c": {"address": "10.0.0.13", "backup": True, "max_sessions": 200},
            },
        }
    }


@pytest.mark.parametrize(
    ("directive", "sentence"),
    [
        ("global", "global (maxconn, user): not carried"),
        ("defaults http", "defaults http belongs to no FTP service"),
        ("option tcplog", "option tcplog: not carried"),
        ("retries 5", "retries 5: not carried"),
        ("timeout queue 30s", "timeout queue 30s: not carried"),
        ("on-marked-down", "default-server: on-marked-down shutdown-sessions: not carried"),
        ("frontend stats", "frontend stats in mode http belongs to no FTP service"),
        (":21 ssl", "ssl: in TCP mode the servers speak TLS; FTP mode ends it here"),
        (":21 ssl", "bind 192.0.2.10:21: crt /etc/ssl/a.pem: not carried"),
        ("reject if", "tcp-request connection reject if { src -f /etc/haproxy/blocked.lst }: not carried"),
        ("expire 30m", "stick-table expire 30m: a client is remembered for longest_transfer_s, 3600 s"),
        ("expire 30m", "stick-table store conn_cur: not carried"),
        ("tcp-check send", "tcp-check send: not carried"),
        ("inter 9s", "b: inter 9s: health is one for all servers of a service"),
        ("weight 10", "b: weight 10: not carried, line 28 says what holds for that server"),
        ("balance source", "balance source: not carried"),
        ("listen mail", "listen mail belongs to no FTP service"),
    ],
)
def test_whatever_was_not_read_is_told_with_its_line(directive, sentence):
    _services, notes = imported(APART)
    number = next(number for number, line in enumerate(APART.splitlines(), 1) if directive in line)
    assert any(note.startswith(f"line {number}: {sentence}") for note in notes), notes


def test_slow_start_is_one_for_all_servers():
    text = APART.replace("maxconn 200 on-", "maxconn 200 slowstart 30s on-").replace("inter 9s", "slowstart 5s")
    services, notes = imported(text)
    assert services["ftp"]["slow_start_s"] == 30.0
    assert [note for note in notes if "slow" in note] == [
        "line 28: b: slowstart 5s: slow_start_s is one for all servers of a service"
    ]


def test_backups_that_do_not_share_are_told():
    services, notes = imported(APART.replace("weight 30", "backup"))
    assert [name for name, server in services["ftp"]["real_servers"].items() if "backup" in server] == ["b", "c"]
    assert any("c: all backups share the sessions, not the first one alone" in note for note in notes)
    _services, notes = imported(
        APART.replace("weight 30", "backup").replace("stick on", "option allbackups\n    stick on")
    )
    assert not any("backups" in note for note in notes)


def test_passwords_are_in_no_note():
    _services, notes = imported(APART.replace("stats enable", "mode tcp") + "    stats auth admin:hidden\n")
    assert "hidden" not in " ".join(notes)


def test_a_stick_table_that_forgets_when_ftpair_does_is_no_news():
    _services, notes = imported(APART.replace("expire 30m", "expire 1h"))
    assert "expire" not in " ".join(notes)


def test_a_stick_table_of_a_backend_is_told_too():
    text = "    stick on src table pairs\nbackend pairs\n    stick-table type ip size 1m expire 5m\n"
    _services, notes = imported(SLICES + text)
    number = (SLICES + text).splitlines().index("    stick-table type ip size 1m expire 5m") + 1
    assert [note.partition(":")[0] for note in notes] == [f"line {number}"]
    assert "expire 5m" in notes[0]


def test_control_ports_of_other_numbers_are_named():
    services, notes = imported(MOVED, explicit=2121, implicit=9990)
    assert services["ftp"]["ports"] == {"explicit": 2121, "implicit": 9990, "passive": "50000-50199"}
    assert [note.partition(":")[0] for note in notes] == ["line 11"]
    assert "port 3000 is left out" in notes[0]
    with pytest.raises(FtpairError, match="--explicit PORT and --implicit PORT"):
        imported(MOVED)


def test_services_without_a_passive_range_get_one_each():
    services, _notes = imported(TWO)
    assert [service["ports"]["passive"] for service in services.values()] == ["50000-50999", "51000-51999"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (ONE_LISTEN, []),
        (SLICES, []),
        (IPV6, []),
        (APART, []),
        (MOVED, ["--explicit", "2121", "--implicit", "9990"]),
        (TWO, []),
        ("listen f\n bind 192.0.2.1:21\n server a 10.0.0.1\n", []),
    ],
    ids=["one listen", "slices", "ipv6", "apart", "moved", "two", "little"],
)
def test_what_comes_out_is_a_configuration(text, options, tmp_path, capsys):
    source, made = tmp_path / "haproxy.cfg", tmp_path / "ftpair.yaml"
    source.write_text(text)
    assert run(["import", "haproxy", str(source), *options]) == 0
    told = capsys.readouterr()
    assert ("2 services imported" if text == TWO else "1 service imported") in told.err
    made.write_text(told.out)
    assert YAML(typ="safe").load(told.out)["virtual_services"]
    assert run(["check", str(made)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("listen web\n bind :80\n", "no listen or frontend of this file binds port 21 or 990 in mode tcp"),
        ("listen ftp\n mode http\n bind :21\n server a 10.0.0.1\n", "in mode tcp and leads to servers"),
        ("listen ftp\n bind\n bind :21\n server a\n default_backend\n", "and leads to servers"),
        ("", "name other ports with --explicit PORT and --implicit PORT"),
        ('listen "web\n', "line 1 has a quote that is not closed"),
    ],
)
def test_a_file_without_an_ftp_service_is_refused(text, sentence):
    with pytest.raises(FtpairError, match=sentence):
        import_haproxy(text)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["nginx", "x"], 2, "'nginx' is none that can be imported"),
        (["haproxy", "/dev/null", "--explicit", "990"], 2, "one port cannot be both"),
        (["proftpd", "/dev/null", "--implicit", "9990"], 2, "--explicit and --implicit are for haproxy"),
        (["haproxy", "/nowhere"], 1, "/nowhere does not exist: write the path of the"),
    ],
)
def test_bad_words_are_told(words, status, sentence, capsys):
    assert run(["import", *words]) == status
    assert sentence in capsys.readouterr().err
