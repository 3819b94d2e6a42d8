import io
import ssl
from dataclasses import replace

from rich.console import Console

from ftpair.demo import show
from ftpair.demo.certificates import issue
from ftpair.demo.trial import Outcome, Way

WAY = Way("explicit", ssl.TLSVersion.TLSv1_2)
RIGHT = Outcome(WAY, "upload", 10 << 20, "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384", True, "SVR1", 0.5)
WRONG = Outcome(WAY, "download", 1024, fault="the checksum differs")

LINK = "https://127.0.0.110:8443/setup?key=secret"


def drawn(what) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(what)
    return out.getvalue()


def test_the_table_tells_way_in_tls_server_bytes_rate_and_verdict():
    row = next(line for line in drawn(show.table([RIGHT])).splitlines() if "SVR1" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == [
        "explicit 1.2",
        "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384",
        "resumed",
        "SVR1",
        "10 MiB upload",
        "10,485,760",
        "20.0",
        "right",
    ]


def test_a_small_file_has_no_rate():
    small = replace(RIGHT, size=1024)
    row = next(line for line in drawn(show.table([small])).splitlines() if "SVR1" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][5:7] == ["1,024", "-"]


def test_a_wrong_transfer_says_why():
    assert "wrong: the checksum differs" in drawn(show.table([WRONG]))
    assert drawn(show.sum_up([RIGHT, WRONG])).strip() == "1 of 2 transfers went wrong."


def test_an_error_with_brackets_is_shown_as_it_is():
    refused = Outcome(WAY, "upload", 1024, fault="[red] is no colour")
    assert "wrong: [red] is no colour" in drawn(show.table([refused]))


def test_all_right_is_said_with_the_number_of_servers():
    assert drawn(show.sum_up([RIGHT])).strip() == "All 1 transfers arrived byte for byte; 1 real servers took part."


def test_a_fingerprint_is_printed_as_it_is(place, capsys):
    papers = replace(issue(place.folder / "tls", place.vip), fingerprint="ab:cd:ef")
    show.console.print(show.go_on(place, papers, LINK), soft_wrap=True, markup=False, highlight=False)
    assert '-certificate=""ab:cd:ef"""' in capsys.readouterr().out


def test_there_is_a_command_line_for_each_client_and_each_way_in(place):
    papers = issue(place.folder / "tls", place.vip)
    lines = show.go_on(place, papers, LINK).splitlines()
    for client in ("lftp", "curl", "winscp.com", "filezilla"):
        own = [line for line in lines if line.startswith(f"  {client} ")]
        assert len(own) == 2
        assert "127.0.0.110:2121" in own[0]
        assert "127.0.0.110:2990" in own[1]
    assert any(f"status --socket {place.socket}" in line for line in lines)
    assert f"  {LINK}" in lines
