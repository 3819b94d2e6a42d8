"""S18: what users are named and what files are called cannot move a cursor, nor turn a line around."""

from hypothesis import given
from hypothesis import strategies as st

from ftpair.core.text import safe


def test_what_prints_stays_as_it_is():
    assert safe("Grüße, 你好, שלום [red] \\") == "Grüße, 你好, שלום [red] \\"


def test_s18_controls_bidi_and_surrogates_are_told_not_done():
    assert safe("\x1b[2J\x9b\x07\r\n\t\x7f") == r"\x1b[2J\x9b\x07\r\n\t\x7f"
    assert safe("a\u202eb\u2066\u200f\u2028\ufeff") == r"a\u202eb\u2066\u200f\u2028\ufeff"
    assert safe("\udcff") == r"\udcff"


@given(st.text())
def test_s18_whatever_comes_everything_prints(text):
    assert safe(text).isprintable()
