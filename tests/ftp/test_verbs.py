import pytest

from ftpair.ftp.verbs import ROWS, VERBS, help_text, is_plausible

RFC_VERBS = {
    "959": "USER PASS ACCT CWD CDUP SMNT REIN QUIT PORT PASV TYPE STRU MODE RETR STOR STOU APPE ALLO REST RNFR RNTO "
    "ABOR DELE RMD MKD PWD LIST NLST SITE SYST STAT HELP NOOP",
    "775": "XCWD XCUP XMKD XRMD XPWD",
    "1639": "LPRT LPSV",
    "2228": "AUTH ADAT PBSZ PROT CCC MIC CONF ENC",
    "2389": "FEAT OPTS",
    "2428": "EPRT EPSV",
    "2640": "LANG",
    "3659": "MDTM SIZE MLST MLSD",
    "7151": "HOST",
}


@pytest.mark.parametrize("rfc", RFC_VERBS)
def test_every_verb_of_the_rfc_has_a_row_that_names_it(rfc):
    for name in RFC_VERBS[rfc].split():
        assert rfc in VERBS[name].rfc.split(", ")


def test_no_verb_has_two_rows():
    assert len(ROWS) == len(VERBS)


def test_a_refusal_has_a_code_and_a_text():
    for row in ROWS:
        if row.do == "refuse":
            code, _, text = row.reply.partition(" ")
            assert code[0] == "5", row
            assert len(text) > 10, row


def test_long_addresses_say_what_to_use_instead():
    for name in ("LPRT", "LPSV"):
        assert VERBS[name].reply == "502 Long addresses are not offered here: use EPSV or EPRT."


def test_secrets_are_marked():
    assert {row.name for row in ROWS if row.is_secret} == {"PASS", "ACCT", "AUTH", "ADAT"}


def test_transfers_have_a_direction():
    assert {row.name: row.moves for row in ROWS if row.moves} == {
        **dict.fromkeys(("RETR", "LIST", "NLST", "MLSD"), "down"),
        **dict.fromkeys(("STOR", "STOU", "APPE"), "up"),
    }


def test_s5_http_closes_the_connection():
    assert {"GET", "POST", "HEAD", "OPTIONS", "PUT"} <= {row.name for row in ROWS if row.do == "close"}


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("XQUOTA", True), ("XSHA256", True), ("DIR", False), ("4XYZ", False), ("X-Y-Z", False), ("\\xff\\xfe", False)],
)
def test_only_words_are_passed_on_as_unknown_verbs(verb, expected):
    assert is_plausible(verb) is expected


def test_help_is_drawn_from_the_table():
    lines = help_text().split("\r\n")
    assert lines[0].startswith("214-")
    assert lines[-1].startswith("214 ")
    words = {word for line in lines[1:-1] for word in line.split()}
    assert words == {row.name for row in ROWS if row.do in {"pass", "handle"}}


def test_help_leaves_out_what_is_refused():
    words = help_text({"RETR"}).split()
    assert "STOR" in words
    assert "RETR" not in words
