from hypothesis import given
from hypothesis import strategies as st

from ftpair.ftp.lines import LineSplitter


def split(*parts: bytes, limit: int = 8192) -> list[bytes]:
    splitter = LineSplitter(limit)
    return [line for part in parts for line in splitter.feed(part)]


def test_crlf_bare_lf_and_double_cr_end_a_line():
    assert split(b"USER anna\r\nPASS x\nNOOP\r\r\n") == [b"USER anna", b"PASS x", b"NOOP"]


def test_an_empty_line_is_a_line():
    assert split(b"\r\n\n") == [b"", b""]


def test_an_unfinished_line_waits():
    splitter = LineSplitter()
    assert splitter.feed(b"AUTH TLS\r\nUSER e") == [b"AUTH TLS"]
    assert splitter.is_pending
    assert splitter.feed(b"vil\r\n") == [b"USER evil"]
    assert not splitter.is_pending


def test_a_cr_inside_a_line_is_kept_for_who_judges_it():
    assert split(b"RETR a\rDELE b\r\n") == [b"RETR a\rDELE b"]


def test_telnet_sequences_are_stripped_in_front_of_abor():
    assert split(b"\xff\xf4\xff\xf2ABOR\r\n") == [b"ABOR"]


def test_abor_is_found_when_its_data_mark_travelled_out_of_band():
    assert split(b"\xff\xf4\xffABOR\r\n") == [b"ABOR"]
    assert split(b"\xff\xf4\xf2ABOR\r\n") == [b"ABOR"]


def test_telnet_negotiation_is_stripped_with_its_option():
    assert split(b"\xff\xfb\x01\xff\xfe\x03NOOP\r\n") == [b"NOOP"]


def test_a_lone_iac_is_an_empty_line():
    assert split(b"\xff\r\n") == [b""]
    assert split(b"\xff\xfb\r\n") == [b""]


def test_bytes_of_a_name_stay_untouched():
    assert split(b"RETR \xff\xf4\xf2\xe9.txt\r\n") == [b"RETR \xff\xf4\xf2\xe9.txt"]


def test_s10_an_endless_line_overflows_in_flat_memory():
    splitter = LineSplitter()
    for _ in range(1000):
        assert splitter.feed(b"x" * 1024) == []
        assert len(splitter._rest) <= 9 * 1024
    assert splitter.is_overflowed
    assert not splitter.is_pending
    assert splitter.feed(b"\r\nNOOP\r\n") == []


def test_lines_before_a_line_that_is_too_long_are_still_taken():
    splitter = LineSplitter(limit_bytes=10)
    assert splitter.feed(b"NOOP\r\n" + b"x" * 11 + b"\r\nSYST\r\n") == [b"NOOP"]
    assert splitter.is_overflowed


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\xff", b"\xf4", b"\xf2", b"ABOR", b" ", b"x" * 9, b"\xfb"])), st.data()
)
def test_any_split_of_the_bytes_gives_the_same_lines(pieces, data):
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert split(*parts, limit=12) == split(whole, limit=12)


@given(st.binary())
def test_s9_no_line_holds_a_line_feed(data):
    assert all(b"\n" not in line for line in split(data + b"\n"))
