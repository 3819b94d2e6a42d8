"""Bodies that nobody needs are refused before they fill the memory."""

import pytest

from ftpair.api.limiting import MOST_BYTES

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
