"""Times as people write them."""

import pytest

from ftpair.cli.failures import WrongUseError
from ftpair.cli.moments import moment

NOW = 1_767_225_600.0


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("", 0.0), ("90s", NOW - 90), ("1.5h", NOW - 5400), ("2 d", NOW - 172800), ("2026-01-01T00:00:00+00:00", NOW)],
)
def test_a_moment_is_so_long_ago_or_a_date(words, seconds):
    assert moment(words, NOW) == seconds


@pytest.mark.parametrize("words", ["yesterday", "5 weeks", "-3h", "0001-01-01", "9" * 400 + "d"])
def test_what_is_no_time_is_one_sentence_with_examples(words):
    with pytest.raises(WrongUseError, match="is no time: write 30min, 2h or 3d for so long ago"):
        moment(words, NOW)
