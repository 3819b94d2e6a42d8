import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.ftp.replies import LONGEST_REPLY_BYTES, ReplyReader
from ftpair.ftp.reply import Reply


def read(*parts: bytes) -> list[Reply]:
    reader = ReplyReader()
    return [reply for part in parts for reply in reader.feed(part)]


def test_a_reply_keeps_its_raw_bytes():
    assert read(b"220 Microsoft FTP Service\r\n") == [Reply(220, b"220 Microsoft FTP Service\r\n")]


def test_several_replies_in_one_segment_are_several_replies():
    assert [reply.code for reply in read(b"150 a\r\n226 b\r\n")] == [150, 226]


def test_bare_line_feeds_and_codes_alone_are_understood():
    assert read(b"226\r\n200 ok\n331\n") == [Reply(226, b"226\r\n"), Reply(200, b"200 ok\n"), Reply(331, b"331\n")]


def test_a_multi_line_reply_ends_only_at_its_own_code_and_a_space():
    raw = b"211-Features:\r\n MLST\r\n226 not the end\r\n211-neither\r\n2112 nor this\r\n211 End\r\n"
    assert read(raw) == [Reply(211, raw)]


def test_a_multi_line_reply_may_end_with_the_code_alone():
    raw = b"230-Hello\n\n230\n"
    assert read(raw) == [Reply(230, raw)]


def test_blank_lines_between_replies_mean_nothing():
    assert read(b"\r\n220 hi\r\n\r\n") == [Reply(220, b"220 hi\r\n")]


@pytest.mark.parametrize("raw", [b"hello\r\n", b"22 no\r\n", b"099 no\r\n", b"700 no\r\n", b"HTTP/1.1 400 Bad\r\n"])
def test_what_does_not_begin_with_a_code_is_garbage(raw):
    reader = ReplyReader()
    assert reader.feed(b"220 hi\r\n" + raw + b"230 in\r\n") == [Reply(220, b"220 hi\r\n")]
    assert reader.is_garbage
    assert reader.feed(b"230 in\r\n") == []


def test_an_unfinished_reply_is_pending():
    reader = ReplyReader()
    reader.feed(b"234 ok\r\n230 i")
    assert reader.is_pending
    reader = ReplyReader()
    reader.feed(b"230-in\r\n")
    assert reader.is_pending
    reader.feed(b"230 in\r\n")
    assert not reader.is_pending


def test_s10_a_line_without_an_end_overflows():
    reader = ReplyReader()
    for _ in range(70):
        reader.feed(b"2" * 1024)
    assert reader.is_overflowed
    assert not reader.is_pending


def test_a_line_that_is_too_long_overflows_with_its_end_too():
    reader = ReplyReader()
    assert reader.feed(b"200 ok\r\n220 " + b"x" * 70_000 + b"\r\n") == [Reply(200, b"200 ok\r\n")]
    assert reader.is_overflowed


def test_s10_an_endless_multi_line_reply_overflows_in_flat_memory():
    reader = ReplyReader()
    line = b"220-" + b"x" * 1000 + b"\r\n"
    for _ in range(3000):
        assert reader.feed(line) == []
        assert reader._size <= LONGEST_REPLY_BYTES + len(line)
    assert reader.is_overflowed
    assert reader._parts == []


def test_a_long_listing_by_stat_is_one_reply():
    raw = b"213-Status\r\n" + b" -rw-r--r-- 1 a b 1 Jan 1 00:00 file\r\n" * 20_000 + b"213 End\r\n"
    assert read(raw) == [Reply(213, raw)]


@given(st.lists(st.sampled_from([b"220", b"-", b" ", b"\r", b"\n", b"211 x\r\n", b"x"])), st.data())
def test_any_split_of_the_bytes_gives_the_same_replies(pieces, data):
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert read(*parts) == read(whole)
