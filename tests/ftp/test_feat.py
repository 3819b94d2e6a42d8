import pytest

from ftpair.ftp import feat
from ftpair.ftp.reply import Reply

SERVER = b"211-Extensions supported:\r\n AUTH TLS\r\n MLST type*;size*;\r\n"
SERVER += b" EPRT\r\n EPSV\r\n\r\n PROT C;P;\r\n MODE Z\r\n211 END\r\n"


def test_features_are_read_from_a_whole_reply():
    assert feat.parse(SERVER) == ("AUTH TLS", "MLST type*;size*;", "EPRT", "EPSV", "PROT C;P;", "MODE Z")


def test_features_with_a_code_in_front_are_understood():
    assert feat.parse(b"211-Features\n211-SIZE\n211-MDTM\n211 End\n") == ("SIZE", "MDTM")


def test_a_server_without_features_has_none():
    assert feat.parse(b"211 no-features\r\n") == ()


@pytest.mark.parametrize(
    "feature",
    [
        "AUTH TLS",
        "auth ssl;tls;",
        "PBSZ",
        "PROT C;P;",
        "CCC",
        "SSCN",
        "CPSV",
        "LPRT",
        "LPSV",
        "MODE B",
        "MODE C",
    ],
)
def test_what_cannot_be_carried_is_left_out(feature):
    assert not feat.is_carried(feature)


@pytest.mark.parametrize("feature", ["MLST type*;", "REST STREAM", "UTF8", "MODE Z", "EPSV", "XQUOTA"])
def test_everything_else_is_carried(feature):
    assert feat.is_carried(feature)


def test_a_pool_can_do_what_all_of_its_servers_can():
    first = ("UTF8", "MLST type*;size*;modify*;", "SIZE", "MDTM", "HASH SHA-256;")
    second = ("size", "MLST size;type;", "REST STREAM", "utf8", "HASH MD5;")
    assert feat.common([first, second]) == ("UTF8", "MLST type*;size*;", "SIZE")
    assert feat.common([first, second, ()]) == ()
    assert feat.common([first]) == first
    assert feat.common([]) == ()


def test_the_reply_lists_the_features():
    assert feat.build(["UTF8", "PBSZ"]) == b"211-Features:\r\n UTF8\r\n PBSZ\r\n211 End\r\n"


def test_no_features_are_a_reply_too():
    assert feat.build([]) == b"211 No features.\r\n"


def test_a_composed_reply_keeps_the_servers_own_lines():
    composed = feat.compose(Reply(211, SERVER), feat.OWN)
    assert composed == (
        b"211-Extensions supported:\r\n MLST type*;size*;\r\n EPRT\r\n EPSV\r\n\r\n MODE Z\r\n"
        b" AUTH TLS\r\n PBSZ\r\n PROT\r\n211 END\r\n"
    )


def test_a_server_without_feat_leaves_ftpairs_own_lines():
    refusal = Reply(502, b"502 No.\r\n")
    assert feat.compose(refusal, feat.OWN) == b"211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n"
    assert feat.compose(refusal, ()) == b"502 No.\r\n"
    assert feat.compose(Reply(211, b"211 none\r\n"), ()) == b"211 none\r\n"


def test_whoever_composes_may_be_stricter():
    composed = feat.compose(Reply(211, SERVER), (), lambda feature: feature == "EPSV")
    assert composed == b"211-Extensions supported:\r\n EPSV\r\n211 END\r\n"


def test_a_lone_cr_in_a_servers_reply_breaks_nothing_apart():
    assert feat.compose(Reply(211, b"211 none\rX\n"), feat.OWN) == feat.build(feat.OWN)
    composed = feat.compose(Reply(211, b"211-first\rX\r\n A\rB\r\n211 End\r\n"), ("PBSZ",))
    assert composed == b"211-first\rX\r\n A\rB\r\n PBSZ\r\n211 End\r\n"


def test_two_lists_of_one_word_are_not_mixed_up():
    features = ("HASH a;", "HASH a;b;")
    assert feat.common([features, features]) == features
