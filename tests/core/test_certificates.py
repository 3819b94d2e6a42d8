"""Tests of ftpair.core.certificates."""

from ftpair.core.certificates import SaveCertificate


def test_neither_key_nor_chain_is_shown_with_the_action():
    assert repr(SaveCertificate("web", b"CHAIN", b"SECRET")) == "SaveCertificate('web')"
