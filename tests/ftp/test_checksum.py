"""Tests of ftpair.ftp.checksum."""

from ftpair.ftp.checksum import crc32c


def test_the_checksum_is_the_one_of_the_rfc():
    assert crc32c(b"123456789") == 0xE3069283  # The check value of the catalogue of CRCs.
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4.
    assert crc32c(b"") == 0
