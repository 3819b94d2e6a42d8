"""The parsers of strangers' bytes under hypothesis: a short run of what `make fuzz` does with atheris."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import LONG_SEEDS, SEEDS, TARGETS

PARTS = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([part for seeds in SEEDS.values() for seed in seeds for part in seed.split(b" ")]),
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b" ", b"-", b",", b"|", b"(", b")", b"0", b"65536", b"211-", b"211 ", b"\0"]
    ),
)
MIXTURES = st.lists(PARTS, max_size=30).map(b"".join)
PARSERS = sorted(set(TARGETS) - {"session"})


@pytest.mark.parametrize("name", PARSERS)
@given(data=MIXTURES)
def test_no_bytes_break_a_parser(name, data):
    TARGETS[name](data)


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, seeds in SEEDS.items() for seed in seeds])
def test_what_a_search_begins_with_breaks_nothing(name, seed):
    TARGETS[name](seed)


@pytest.mark.parametrize("name", sorted(LONG_SEEDS))
def test_no_long_line_of_one_sign_keeps_a_parser_busy(name):
    began = time.process_time()
    for seed in LONG_SEEDS[name]:
        TARGETS[name](seed)
    assert time.process_time() - began < 5
