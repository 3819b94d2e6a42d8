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


def imported(text):
    made = import_haproxy(text)
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
                "iis_2": {"address": "10.0.0.12", "proxy_protocol": {"to_control": "v2", "to_data": "v2"}},
            },
        }
    }
    assert [note.partition(":")[0] for note in notes] == ["line 18", "line 19"]
    assert "backup server has no like" in notes[0]
    assert notes[1].endswith("listen web is no FTP service")


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
    for sentence in (
        "accept-proxy",
        "acl inside src",
        "balance hdr(host) has no like",
        "has port 2121",
        "begins online",
    ):
        assert any(sentence in note for note in notes), (sentence, notes)


@pytest.mark.parametrize("text", [ONE_LISTEN, SLICES, IPV6, "listen f\n bind 192.0.2.1:21\n server a 10.0.0.1\n"])
def test_what_comes_out_is_a_configuration(text, tmp_path, capsys):
    source, made = tmp_path / "haproxy.cfg", tmp_path / "ftpair.yaml"
    source.write_text(text)
    assert run(["import", "haproxy", str(source)]) == 0
    told = capsys.readouterr()
    assert "1 service imported" in told.err
    made.write_text(told.out)
    assert YAML(typ="safe").load(told.out)["virtual_services"]
    assert run(["check", str(made)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("listen web\n bind :80\n", "no listen or frontend of this file binds port 21 or 990"),
        ("", "no listen or frontend of this file binds port 21 or 990"),
        ('listen "web\n', "line 1 has a quote that is not closed"),
    ],
)
def test_a_file_without_an_ftp_service_is_refused(text, sentence):
    with pytest.raises(FtpairError, match=sentence):
        import_haproxy(text)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [(["nginx", "x"], 2, "'nginx' is none that can be imported"), (["haproxy", "/nowhere"], 1, "does not exist")],
)
def test_bad_words_are_told(words, status, sentence, capsys):
    assert run(["import", *words]) == status
    assert sentence in capsys.readouterr().err
