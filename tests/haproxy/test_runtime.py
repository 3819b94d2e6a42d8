"""Tests of ftpair.haproxy.runtime: an answer is whole, or it is none."""

import asyncio
import time

import pytest

from ftpair.haproxy.runtime import LONGEST_ANSWER_BYTES, SilentError, ask
from tests.haproxy.answering import answering

HALF = b"# pxname,svname,status,weight,scur,bin,bout,\nVIP,A"
REST = b",UP,1,0,0,0,\n\n"


def asked(path, answer, **more):
    """Ask a socket that answers in these pieces."""
    with answering(path, lambda _command: answer):
        return asyncio.run(ask(str(path), "show stat", **more))


def test_an_answer_in_two_pieces_is_read_to_its_end(folder):
    assert asked(folder / "s", [HALF, 0.2, REST]) == (HALF + REST).decode().strip()


def test_an_answer_that_goes_on_is_waited_for_longer_than_silence_is(folder):
    pieces = [each for _ in range(6) for each in (b"x", 0.1)]
    assert asked(folder / "s", [*pieces, b"\n\n"], patience_s=0.4) == "x" * 6


def test_an_answer_that_stops_in_its_middle_is_none(folder):
    begun = time.monotonic()
    with pytest.raises(SilentError, match="does not answer: HAProxy is stopped, or busy"):
        asked(folder / "s", [HALF, 1.5, REST], patience_s=0.3)
    assert time.monotonic() - begun < 3


def test_an_answer_that_never_ends_is_none(folder):
    with pytest.raises(SilentError, match="does not answer"):
        asked(folder / "s", [each for _ in range(20) for each in (b"x", 0.1)], patience_s=0.3, longest_s=0.5)


@pytest.mark.parametrize("answer", [[], [HALF], [HALF + b",UP,1,0,0,0,\n"]])
def test_an_answer_that_is_broken_off_is_none(folder, answer):
    with pytest.raises(SilentError, match="broke off its answer"):
        asked(folder / "s", answer)


def test_an_answer_without_words_is_one(folder):
    assert asked(folder / "s", [b"\n"]) == ""


@pytest.mark.parametrize(
    "words", ["Can't find the target PID matching the prefix '@!7'", "Can't connect to the target CLI!"]
)
def test_a_process_that_has_ended_is_told_from_one_that_is_slow(folder, words):
    with pytest.raises(SilentError, match="it ended") as caught:
        asked(folder / "s", [words.encode() + b"\n"])
    assert caught.value.is_gone


def test_an_answer_beyond_the_longest_is_none(folder):
    with pytest.raises(SilentError, match="answers more than 128 MiB: it has too many connections to list"):
        asked(folder / "s", [b"x" * (1 << 20)] * (LONGEST_ANSWER_BYTES >> 20) + [b"\n\n"])
