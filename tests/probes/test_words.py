"""Errors and replies in words."""

import errno
import ssl

import pytest

from ftpair.ftp.reply import Reply
from ftpair.probes import words


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError(), "connect refused"),
        (ConnectionResetError(), "connection reset, no greeting"),
        (BrokenPipeError(), "connection reset, no greeting"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no greeting: no route to host"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no greeting: network unreachable"),
        (OSError(errno.EPROTO, "Protocol error"), "no greeting: protocol error"),
        (OSError(), "no greeting: unknown error"),
        (ssl.SSLError(), "TLS failed: no reason given"),
    ],
)
def test_an_error_in_words(error, sentence):
    assert words.of_error(error, "greeting") == sentence


def refused(code):
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "of some kind"
    return error


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (9, "certificate not valid yet"),
        (10, "certificate expired"),
        (18, "certificate is self-signed and not trusted"),
        (19, "certificate is of a CA that is not trusted"),
        (20, "certificate is of an unknown CA"),
        (23, "certificate revoked"),
        (99, "certificate refused: of some kind"),
    ],
)
def test_a_refused_certificate_in_words(code, sentence):
    assert words.of_error(refused(code), "TLS handshake") == sentence


@pytest.mark.parametrize("certificate", [b"", b"no certificate"])
def test_a_certificate_without_names_is_for_nobody(certificate):
    assert words.of_mismatch(refused(62), certificate, "ftp2") == "certificate is for nobody, not ftp2"


def test_only_a_wrong_name_is_a_mismatch():
    assert words.of_mismatch(refused(10), b"", "ftp2") is None


def test_a_reply_is_shown_by_its_first_line_with_the_secret_masked():
    reply = Reply(530, b"530-no s3cret \x07\r\n530 end\r\n")
    assert words.of_reply(reply, "s3cret") == r"530-no **** \x07"
    assert words.of_reply(reply) == r"530-no s3cret \x07"
