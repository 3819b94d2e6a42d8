"""The sentence about the sessions of a halted server."""

import pytest

from ftpair.core.halting import Halted


@pytest.mark.parametrize(
    ("halted", "sentence"),
    [
        (Halted(3, 0, 1), "3 sessions ended, 1 transfer cut"),
        (Halted(0, 0, 0), "0 sessions ended, 0 transfers cut"),
        (Halted(0, 1, 2), "1 session goes to another server, 2 transfers cut"),
        (Halted(1, 2, 0), "1 session ended, 2 sessions go to other servers, 0 transfers cut"),
    ],
)
def test_who_ends_and_who_goes_elsewhere_is_told(halted, sentence):
    assert halted.sentence == sentence
