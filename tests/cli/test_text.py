"""How wide text is on a terminal."""

from ftpair.cli.text import columns


def test_wide_and_combining_signs_take_the_columns_that_they_take():
    assert (columns("abc"), columns("你好"), columns("e\u0301")) == (3, 4, 1)
