import pytest

from ftpair.ftp.paths import parse_path_reply


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b'257 "/home/anna" is the current directory\r\n', b"/home/anna"),
        (b'257 "/a ""quoted"" name"\r\n', b'/a "quoted" name'),
        (b'257 "C:\\data" is current\r\n', b"C:\\data"),
        (b"257 /home/anna\r\n", None),
        (b'257 ""\r\n', None),
        (b'257 "/a\rb"\r\n', None),
    ],
)
def test_the_path_of_a_257_is_what_stands_between_its_quotes(raw, path):
    assert parse_path_reply(raw) == path
