import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.ftp.command import Command, parse, printable


def test_a_verb_is_upper_case_and_the_rest_is_untouched():
    assert parse(b"retr  My File \xff.bin ") == Command("RETR", b" My File \xff.bin ", b"retr  My File \xff.bin ")


def test_a_command_goes_on_as_it_was_typed():
    assert parse(b"pasv").line == b"pasv\r\n"


@pytest.mark.parametrize("line", [b"RETR a\rDELE b", b"RETR a\0", b"RETR a\nDELE b"])
def test_s9_a_line_that_could_become_two_is_refused(line):
    assert parse(line) is None


@given(st.binary())
def test_s9_one_line_in_is_exactly_one_line_out(line):
    command = parse(line)
    if command is not None:
        assert command.line.count(b"\n") == command.line.count(b"\r") == 1
        assert command.line.endswith(b"\r\n")
        assert b"\0" not in command.line


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"PASS secret", "PASS ****"),
        (b"pass secret", "PASS ****"),
        (b"ACCT secret", "ACCT ****"),
        (b"AUTH GSSAPI", "AUTH ****"),
        (b"ADAT c2VjcmV0", "ADAT ****"),
        (b"SITE PSWD old new", "SITE ****"),
        (b"SITE CHMOD 644 a", "SITE CHMOD 644 a"),
        (b"PASS", "PASS"),
        (b"RETR a\tb", "RETR a\\tb"),
        (b" PASS secret", "PASS ****"),
        (b"PASS\tsecret", "PASS ****"),
        (b"PASS:secret", "PASS ****"),
        (b"\xffPASS secret", "****"),
        (b"SITE  PSWD old new", "SITE ****"),
        (b"SITE\tPSWD old new", "SITE ****"),
        (b"SITE", "SITE"),
        (b"XFOO bar", "XFOO ****"),
        (b"XFOO", "XFOO"),
        (b"", ""),
        (b"a-long-secret-without-a-verb", "A ****"),
        (b"alongsecretwithoutaverb", "ALONGSECRETWITHO ****"),
    ],
)
def test_s18_secrets_are_masked(line, shown):
    assert parse(line).masked() == shown


@pytest.mark.parametrize("line", [b"PASS secret", b"acct secret", b"PSAS secret", b"SITE PSWD old secret"])
def test_s24_what_is_remembered_of_a_command_has_no_secret_and_is_shown_alike(line):
    command = parse(line)
    remembered = command.to_remember()
    assert b"secret" not in remembered.raw + remembered.argument
    assert (remembered.verb, remembered.masked()) == (command.verb, command.masked())


@pytest.mark.parametrize("line", [b"RETR secret", b"PASS", b"SITE UMASK 022"])
def test_a_command_without_a_secret_is_remembered_as_it_is(line):
    command = parse(line)
    assert command.to_remember() is command


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"<script>", "<script>"),
        (b"\x1b[2J", "\\x1b[2J"),
        (b"caf\xc3\xa9", "caf\u00e9"),
        (b"caf\xe9", "caf\\xe9"),
        ("\u202etxt.exe".encode(), "\\u202etxt.exe"),
        (b"a" * 300, "a" * 256 + "..."),
    ],
)
def test_s18_what_people_read_harms_no_terminal(data, shown):
    assert printable(data) == shown


@given(st.binary())
def test_s18_whatever_is_sent_is_shown_on_one_line(data):
    assert printable(data).isprintable()
