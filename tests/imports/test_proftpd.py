"""Tests of ftpair.imports.proftpd: reverse proxies of the field become services that `ftpair check` takes."""

import re
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML

from bench.peers import MOD_PROXY
from ftpair.cli.main import run
from ftpair.core.errors import FtpairError
from ftpair.demo.certificates import issue
from ftpair.imports.proftpd import import_proftpd

# As an administrator writes it: {tls} is the folder of the certificates.
ONE = """\
ServerName "The files"        # a name with a blank
ServerType standalone
DefaultAddress 192.0.2.10
Port 21
PassivePorts 20000 20999
MasqueradeAddress 198.51.100.7
MaxClients 500 "Too many"
MaxClientsPerHost 8
TimeoutLogin 2min
TimeoutIdle 0:15:00
TimeoutStalled 0
AuthUserFile /etc/proftpd/passwd
<IfModule mod_tls.c>
  TLSEngine on
  TLSRequired on
  TLSProtocol TLSv1.3
  TLSRSACertificateFile {tls}/certificate.pem
  TLSRSACertificateKeyFile {tls}/key.pem
  TLSCACertificateFile {tls}/ca.pem
  TLSVerifyClient optional
</IfModule>
<IfModule !mod_proxy.c>
  TimeoutIdle 1
</IfModule>
<Limit LOGIN>
  DenyAll
</Limit>
<IfModule mod_proxy.c>
  proxyengine ON
  ProxyRole reverse
  ProxyTables /var/ftp/proxy
  ProxyReverseConnectPolicy LeastConns
  ProxyReverseServers ftp://10.0.0.11 ftps://10.0.0.12:2121 \\
    ftps://10.0.0.13:990 ftp://[2001:db8::14]
  ProxyRetryCount 4
  ProxyTimeoutConnect 3sec
  ProxyDataTransferPolicy passive
  ProxyOptions UseProxyProtocolV2 ShowFeatures
  ProxySourceAddress 10.0.0.1
  ProxyTLSEngine MatchClient
  ProxyTLSCACertificateFile {tls}/ca.pem
  ProxyTLSProtocol TLSv1.2 TLSv1.3
  ProxyTLSCertificateFile {tls}/certificate.pem
  ProxyTLSCertificateKeyFile {tls}/key.pem
</IfModule>
"""
# The usual pair: the main server for AUTH TLS, a VirtualHost for implicit TLS; and one with other servers.
SEVERAL = """\
DefaultAddress 0.0.0.0
ServerName Files
<Global>
  PassivePorts 20000 20999
  TLSEngine on
  TLSRequired ctrl
  TLSOptions NoSessionReuseRequired
  TLSECCertificateFile {tls}/certificate.pem
  TLSECCertificateKeyFile {tls}/key.pem
  ProxyEngine on
  ProxyRole reverse
  ProxyTLSEngine off
  ProxyReverseServers ftp://10.0.0.11 ftp://10.0.0.12
</Global>
<VirtualHost 0.0.0.0>
  Port 990
  TLSOptions UseImplicitSSL NoSessionReuseRequired
</VirtualHost>
<VirtualHost 0.0.0.0>
  Port 2121
  ServerName Files
  TLSEngine off
  ProxyReverseServers ftp://10.0.0.21
</VirtualHost>
<VirtualHost 0.0.0.0>
  ServerName "old files"
  ServerAlias old.example.org
  ProxyReverseServers ftp://10.0.0.31
</VirtualHost>
<VirtualHost 0.0.0.0>
  Port 2122
  ProxyEngine off
</VirtualHost>
"""
SMALL = """\
ProxyEngine on
ProxyRole reverse
PassivePorts 20000 20099
ProxyTLSEngine off
ProxyReverseServers ftp://10.0.0.11
"""
LAB = """\
ServerName proxy
Port 2131
DefaultAddress 127.0.0.1
User proftpd
MaxInstances 5000
PassivePorts 20000 23999
LoadModule mod_tls.c
LoadModule mod_proxy.c
AuthOrder mod_auth_file.c mod_auth_unix.c
<IfModule mod_tls.c>
TLSEngine on
TLSRSACertificateFile {tls}/certificate.pem
TLSRSACertificateKeyFile {tls}/key.pem
TLSECCertificateFile {tls}/certificate.pem
TLSECCertificateKeyFile {tls}/key.pem
TLSProtocol TLSv1.2 TLSv1.3
TLSOptions NoSessionReuseRequired
</IfModule>
<IfModule mod_proxy.c>
ProxyEngine on
ProxyRole reverse
ProxyReverseServers ftp://127.0.0.1:2121
ProxyTables /var/tables
ProxyReverseConnectPolicy RoundRobin
ProxyTLSEngine off
</IfModule>
"""


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A folder with a certificate, its key and its CA."""
    return issue(tmp_path_factory.mktemp("tls"), "192.0.2.10").ca.parent


@pytest.fixture
def served(tls, tmp_path, capsys):
    """Import a text as a person does, and let `ftpair check` look at what comes out."""

    def serve(text):
        source, made = tmp_path / "proftpd.conf", tmp_path / "ftpair.yaml"
        source.write_text(text.replace("{tls}", str(tls)))
        assert run(["import", "proftpd", str(source)]) == 0, capsys.readouterr().err
        told = capsys.readouterr()
        made.write_text(told.out)
        assert run(["check", str(made)]) == 0, capsys.readouterr().err
        return YAML(typ="safe").load(told.out), told.err

    return serve


def imported(text, included=lambda path: []):
    made = import_proftpd(text, included)
    return made.configuration["virtual_services"], [str(note) for note in made.notes]


def small(*lines):
    """Import a small reverse proxy with a few lines more; return its service and the notes."""
    services, notes = imported(SMALL + "\n".join(lines))
    (service,) = services.values()
    return service, notes


def test_a_reverse_proxy_with_tls_on_both_legs_becomes_a_service(tls):
    services, notes = imported(ONE)
    assert services == {
        "The_files": {
            "mode": "ftp",
            "address": "192.0.2.10",
            "advertised_address": "198.51.100.7",
            "ports": {"explicit": 21, "passive": "20000-20999"},
            "tls": {
                "certificate": "certificate",
                "clear_text": "refuse",
                "data_protection": "require",
                "minimum_version": "1.3",
                "client_certificate": {"ca": "{tls}/ca.pem", "demand": "optional"},
            },
            "data_session": "require",
            "balance": "least-sessions",
            "retries": 3,
            "max_sessions": 500,
            "timeouts": {
                "login_timeout_s": 120,
                "idle_timeout_s": 900,
                "connect_timeout_s": 3,
                "stall_timeout_s": 604800,
            },
            "limits": {"sessions_per_address": 8},
            "server_data": "passive",
            "proxy_protocol": {"to_control": "v2"},
            "server_tls": "match",
            "server_ca": "{tls}/ca.pem",
            "server_minimum_version": "1.2",
            "server_certificate": "certificate",
            "real_servers": {
                "10.0.0.11": {"address": "10.0.0.11"},
                "10.0.0.12": {"address": "10.0.0.12", "port": 2121, "server_tls": "explicit"},
                "10.0.0.13": {"address": "10.0.0.13", "server_tls": "implicit"},
                "2001_db8__14": {"address": "2001:db8::14"},
            },
        }
    }
    assert [note.partition(":")[0] for note in notes] == ["line 11", "line 12", "line 25", "line 39"]
    for sentence in ("604800, the most", "AuthUserFile is not carried", "<Limit LOGIN>", "the routes of the machine"):
        assert any(sentence in note for note in notes), (sentence, notes)


def test_several_servers_become_several_services_and_what_belongs_together_becomes_one(tls):
    services, notes = imported(SEVERAL)
    assert list(services) == ["Files", "Files-2"]
    both, other = services.values()
    assert both["ports"] == {"explicit": 21, "implicit": 990, "passive": "20000-20499"}
    assert both["tls"] == {"certificate": "certificate", "clear_text": "refuse", "data_protection": "allow"}
    assert list(both["real_servers"]) == ["10.0.0.11", "10.0.0.12"]
    assert other["ports"] == {"explicit": 2121, "passive": "20500-20999"}
    assert "tls" not in other
    assert list(other["real_servers"]) == ["10.0.0.21"]
    assert [note.partition(":")[0] for note in notes] == ["line 4", "line 4", "line 25", "line 27", "line 30"]
    for sentence in (
        "services share no passive ports",
        "has the address and port of the main server",
        "ServerAlias old.example.org",
        "<VirtualHost 0.0.0.0> takes no clients of a proxy",
    ):
        assert any(sentence in note for note in notes), (sentence, notes)


def test_one_file_may_hold_certificate_and_key(served, tls):
    both = tls / "both.pem"
    both.write_text((tls / "certificate.pem").read_text() + (tls / "key.pem").read_text())
    both.chmod(0o600)
    made, _ = served(f"{SMALL}TLSEngine on\nTLSECCertificateFile {both}\n")
    assert made["certificates"] == {"both": {"certificate": str(both), "key": str(both)}}


def test_a_certificate_that_clients_must_bring_leaves_no_login_in_clear_text(served):
    files = "TLSECCertificateFile {tls}/certificate.pem\nTLSECCertificateKeyFile {tls}/key.pem\n"
    made, told = served(f"{SMALL}TLSEngine on\n{files}TLSCACertificateFile {{tls}}/ca.pem\nTLSVerifyClient on\n")
    (service,) = made["virtual_services"].values()
    assert service["tls"]["clear_text"] == "refuse"
    assert service["tls"]["client_certificate"]["demand"] == "require"
    assert "line 10: TLSVerifyClient on leaves no login in clear text" in told


def test_a_second_proxy_on_the_same_port_is_left_out_whatever_its_tls(served):
    made, told = served(f"{SMALL}DefaultAddress 192.0.2.10\n<VirtualHost 192.0.2.10>\n{SMALL}</VirtualHost>\n")
    assert len(made["virtual_services"]) == 1
    assert "line 7: <VirtualHost 192.0.2.10> has the address and port of the main server: left out" in told


@pytest.mark.parametrize("text", [ONE, SEVERAL, SMALL, LAB])
def test_what_comes_out_is_a_configuration(text, served):
    made, told = served(text)
    assert made["virtual_services"]
    assert "imported; look at it with `ftpair check`" in told


def test_the_configuration_of_the_comparison_becomes_that_of_ftpair(served, tls):
    pair = SimpleNamespace(certificate=tls / "certificate.pem", key=tls / "key.pem")
    own = {"folder": "/var", "parts": "/", "pair": pair, "listen": "127.88.0.3"}
    made, told = served(MOD_PROXY.format(**own, host="127.0.0.1", port=2141))
    (service,) = made["virtual_services"].values()
    assert service["ports"] == {"explicit": 2131, "passive": "22000-23999"}
    assert service["real_servers"] == {"127.0.0.1": {"address": "127.0.0.1", "port": 2141}}
    assert (service["server_tls"], service["tls"]["clear_text"]) == ("off", "allow")
    assert [line.partition(":")[0] for line in told.splitlines()[:-1]] == ["line 12"]


@pytest.mark.parametrize(
    ("policy", "balance", "sentence"),
    [
        ("RoundRobin", "round-robin", ""),
        ("LeastConns", "least-sessions", ""),
        ("PerHost", "source-hash", ""),
        ("PerUser", "user-hash", ""),
        ("Random", "random-two", "drawn by lot"),
        ("Shuffle", "round-robin", "always in the same order"),
        ("LeastResponseTime", "least-sessions", "no times are measured"),
        ("PerGroup", "user-hash", "knows no groups"),
        ("Astrology", "round-robin", "knows no such policy"),
    ],
)
def test_who_gets_a_session_is_carried_or_the_next_best_is_told(policy, balance, sentence):
    service, notes = small(f"ProxyReverseConnectPolicy {policy}")
    assert service["balance"] == balance
    assert [sentence in note for note in notes] == ([True] if sentence else [])


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["ProxyTLSEngine on"], {"server_tls": "explicit"}),
        (["ProxyTLSEngine auto"], {"server_tls": "explicit"}),
        (["ProxyTLSEngine MatchClient"], {"server_tls": "off"}),
        (["ProxyTLSEngine on", "ProxyTLSVerifyServer off"], {"server_tls": "explicit", "server_verify": False}),
        (["ProxyTLSEngine on", "ProxyTLSProtocol TLSv1.3"], {"server_minimum_version": "1.3"}),
        (["ProxyTLSEngine on", "ProxyTLSProtocol ALL -TLSv1.3"], {"server_minimum_version": "1.2"}),
        (["ProxyDataTransferPolicy EPRT"], {"server_data": "active"}),
        (["ProxyOptions UseProxyProtocolV1"], {"proxy_protocol": {"to_control": "v1"}}),
        (["TimeoutSession 1hr"], {"timeouts": {"session_timeout_s": 3600}}),
        (["TimeoutSession 0"], {"server_tls": "off"}),
        (
            ["MaxClients none", "MaxConnectionsPerHost 3", "MaxClientsPerHost 5"],
            {"limits": {"sessions_per_address": 3}},
        ),
        (['ServerIdent on "Hello."'], {"greeting": "Hello."}),
    ],
)
def test_a_directive_becomes_its_setting(lines, part):
    service, _ = small(*lines)
    assert service | part == service


@pytest.mark.parametrize(
    ("required", "clear_text", "protection", "ccc"),
    [
        ("off", "allow", "allow", None),
        ("on", "refuse", "require", None),
        ("auth", "refuse", "allow", "allow"),
        ("data", "allow", "require", None),
        ("ctrl+!data", "refuse", "refuse", None),
    ],
)
def test_what_tls_is_required_of_clients_is_carried(required, clear_text, protection, ccc, served):
    lines = f"TLSEngine on\nTLSRequired {required}\nTLSRSACertificateFile {{tls}}/certificate.pem\n"
    made, _ = served(f"{SMALL}{lines}TLSRSACertificateKeyFile {{tls}}/key.pem\n")
    (service,) = made["virtual_services"].values()
    tls = service["tls"]
    assert (tls["clear_text"], tls["data_protection"], tls.get("ccc")) == (clear_text, protection, ccc)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["ProxyTLSEngine auto"], "never goes on in clear text by itself"),
        (["ProxyReverseServers file:/etc/servers.json"], "file:/etc/servers.json is not carried"),
        (["ProxyReverseServers ftp+srv://_ftp._tcp.example.org"], "ftp+srv://_ftp._tcp.example.org is not carried"),
        (["ProxyReverseServers ftp://anna:secret@10.0.0.12"], "10.0.0.12: user and password of a URL are not carried"),
        (["ProxyReverseServers sftp://anna:secret@10.0.0.12"], "sftp://10.0.0.12 is not carried"),
        (["ProxyReverseServers ftps://10.0.0.12", "ProxyTLSEngine off"], "speak clear text to servers with ftps"),
        (["SQLConnectInfo db anna secret"], "SQLConnectInfo is not carried"),
        (["ProxyDataTransferPolicy PASV"], "ftpair chooses the command by the address"),
        (["ProxyOptions UseDirectDataTransfers"], "data always goes through ftpair"),
        (["ProxyTLSEngine on", "ProxyTLSProtocol TLSv1 TLSv1.2"], "nothing older than TLS 1.2"),
        (["ProxyTLSEngine on", "ProxyTLSCACertificatePath /ca"], "put what is in the folder into one"),
        (["TLSEngine on"], "the service has no TLS"),
        (["TimeoutIdle soon"], "soon is no time"),
        (["MaxClients many"], "many is no number"),
        (["TimeoutNoTransfer 300"], "idle_timeout_s counts from the last command"),
        (["MasqueradeAddress ftp.example.org"], "write advertised_address"),
        (["MasqueradeAddress 1.2.3.4", "TLSMasqueradeAddress 1.2.3.5"], "advertises one address, 1.2.3.4"),
        (["DefaultAddress 10.0.0.1 10.0.0.2"], "10.0.0.2 is left out"),
        (["DefaultAddress eth0"], "eth0 is no IP address"),
        (["<IfDefine TEST>", "TimeoutIdle 1", "</IfDefine>"], "TEST is not defined in this file"),
        (["TLSEngine on", "TLSECCertificateFile /c", "TLSVerifyClient on"], "no TLSCACertificateFile is named"),
        (
            ["TLSEngine on", "TLSECCertificateFile /c", "TLSVerifyClient on", "TLSCACertificateFile /ca"],
            "clear_text: refuse",
        ),
        (["TLSEngine on", "TLSECCertificateFile /c", "TLSRSACertificateFile /r"], "this one is left out"),
    ],
)
def test_what_cannot_be_carried_is_told_with_its_line_and_without_passwords(lines, sentence):
    _, notes = small(*lines)
    (number,) = {note.partition(":")[0] for note in notes if sentence in note}
    assert int(number.removeprefix("line ")) in range(6, 6 + len(lines))
    assert "secret" not in "".join(notes)


def test_what_is_included_is_read_along_and_told_by_its_own_lines(tmp_path):
    """As Debian has it: tls.conf, conf.d/ and a pattern, from the file of the proxy."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "proxy.conf").write_text(f"# the proxy\n{SMALL}Nonsense here\n")
    (tmp_path / "conf.d" / "limits.conf").write_text("MaxClients 7\n")
    made = import_proftpd(f"Port 2121\nInclude {tmp_path}/conf.d/*.conf\nInclude {tmp_path}/none.conf\nInclude here\n")
    (service,) = made.configuration["virtual_services"].values()
    assert (service["ports"]["explicit"], service["max_sessions"]) == (2121, 7)
    missing, relative, nonsense = (str(note) for note in made.notes)
    assert missing.startswith("line 3: Include") and "could not be read (no such file or directory)" in missing
    assert relative == "line 4: Include here could not be read (not an absolute path): what stands there is not carried"
    assert nonsense == f"{tmp_path}/conf.d/proxy.conf, line 7: Nonsense is not carried"


def test_files_that_include_each_other_come_to_an_end():
    _, notes = imported(f"{SMALL}Include /a\n", lambda path: [("/a", "Include /a\n")])
    assert notes == ["/a, line 1: Include /a is not followed: files include each other more than 8 deep"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has ProxyEngine on, ProxyRole reverse and ProxyReverseServers: there is no reverse proxy to import"),
        ("Port 21\nUser nobody\n", "there is no reverse proxy to import"),
        (
            "ProxyEngine on\nProxyRole forward\n",
            "line 2: ProxyRole forward: clients of a forward proxy name the server",
        ),
        ("ProxyEngine on\nProxyReverseServers ftp://10.0.0.1\n", "the main server has no ProxyRole"),
        ("ProxyEngine on\nProxyRole reverse\n", "the main server has no ProxyReverseServers"),
        ("ProxyEngine on\nProxyRole reverse\nProxyReverseServers sql:/x\n", "line 3: ProxyReverseServers: no address"),
        (f"{SMALL}Port many\n", "line 6: Port many: a port is a number from 1 to 65535"),
        (f"{SMALL}PassivePorts 9\n", "line 6: PassivePorts 9: write two ports from 1024 to 65535"),
        ("<Global>\n", "line 1: <Global> is not closed: is this ProFTPD's file"),
        ("<Global>\n</VirtualHost>\n", "line 2: </VirtualHost> closes nothing that is open"),
        ("<>\n", "line 1: <> is no section"),
    ],
)
def test_a_file_without_a_reverse_proxy_is_refused_with_the_reason(text, sentence):
    with pytest.raises(FtpairError, match=re.escape(sentence)):
        import_proftpd(text)
