"""`ftpair guide` and `ftpair firewall`: read the file, print what is asked for, say what there is not."""

import pytest

from ftpair.cli.main import run

FILE = """
virtual_services:
  FTPS_VIP:
    mode: tcp
    engine: builtin
    address: 192.0.2.10
    ports: 21,990,50000-50099
    public_name: ftp.example.org
    real_servers: {SVR1: {address: 10.0.0.11}}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "ftpair.yaml"
    path.write_text(FILE)
    return str(path)


def test_a_guide_is_printed_whole_or_in_parts(config, capsys):
    assert run(["guide", "FTPS_VIP", "SVR1", "--kind", "vsftpd", "--config", config]) == 0
    whole = capsys.readouterr().out
    assert run(["guide", "FTPS_VIP", "SVR1", "--kind", "vsftpd", "--part", "vsftpd.conf", "--config", config]) == 0
    part = capsys.readouterr().out
    assert part.startswith("# vsftpd of SVR1 for FTPS_VIP: explicit TLS on port 21.\nlisten_port=21\n")
    assert part in whole


def test_rules_are_printed(config, capsys):
    assert run(["firewall", "FTPS_VIP", "--format", "ufw", "--config", config]) == 0
    assert "ufw allow proto tcp to 192.0.2.10 port 50000:50099" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (
            ["guide", "FTPS_VIP", "SVR1", "--kind", "wuftpd"],
            2,
            "'wuftpd' is no kind of server: write one of iis",
        ),
        (["guide", "FTPS_VIP", "X", "--kind", "iis"], 1, "no server 'X' in FTPS_VIP; there are: SVR1"),
        (["guide", "X", "SVR1", "--kind", "iis"], 1, "no service 'X'; there are: FTPS_VIP"),
        (["guide", "FTPS_VIP", "SVR1", "--kind", "iis", "--part", "x"], 2, "the guide for IIS has no part 'x'"),
        (["firewall", "FTPS_VIP", "--format", "pf"], 2, "'pf' is no format: write one of nftables, iptables"),
        (["firewall", "X"], 1, "no service 'X'; there are: FTPS_VIP"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(config, capsys, words, status, sentence):
    assert run([*words, "--config", config]) == status
    told = capsys.readouterr()
    assert (told.out, sentence in told.err) == ("", True)
