"""Bodies that nobody needs are refused before they fill the memory."""

import asyncio

import pytest
from starlette.exceptions import HTTPException

from ftpair.api.limiting import MOST_AT_ONCE_BYTES, MOST_BYTES, SMALL_BYTES, BodyLimit

TOO_MUCH = b'{"service": "' + b"x" * MOST_BYTES


def pieces():
    for begin in range(0, len(TOO_MUCH), 65536):
        yield TOO_MUCH[begin : begin + 65536]


@pytest.mark.parametrize("content", [TOO_MUCH, pieces()], ids=["of a length that is told", "in chunks"])
def test_a_body_that_is_too_large_is_refused_in_a_sentence_and_asks_nothing(http, supervisor, content):
    refused = http.post("/api/v1/doctor", content=content, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (413, "application/problem+json")
    assert "larger than 8 MiB" in refused.json()["detail"]
    assert supervisor.actions == []


def test_the_largest_configuration_is_small_enough(http):
    content = {"content": "x" * 3_999_000}
    assert http.put("/api/v1/configuration", json=content, headers={"If-Match": "*"}).is_success


async def read_whole(_scope, receive, _send):
    while (await receive()).get("more_body"):
        pass


def brings(*sizes, then_waits=False):
    """A client that sends parts of these sizes."""
    left = list(sizes)

    async def receive():
        if then_waits and not left:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": bytes(left.pop(0)), "more_body": bool(left) or then_waits}

    return receive


def test_a_body_that_trickles_is_given_up():
    limit = BodyLimit(read_whole, longest_s=0.05)
    with pytest.raises(HTTPException, match="did not come within"):
        asyncio.run(limit({}, brings(1, then_waits=True), None))


def test_large_bodies_together_have_a_bound_and_small_ones_always_have_room():
    async def scenario():
        limit = BodyLimit(read_whole)
        waiting = MOST_AT_ONCE_BYTES // (MOST_BYTES - SMALL_BYTES)
        others = [asyncio.create_task(limit({}, brings(MOST_BYTES, then_waits=True), None)) for _one in range(waiting)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPException, match="Too many large bodies"):
            await limit({}, brings(MOST_BYTES), None)
        await limit({}, brings(SMALL_BYTES), None)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await limit({}, brings(MOST_BYTES), None)

    asyncio.run(scenario())
