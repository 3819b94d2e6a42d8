"""Certificates, asked by HTTP."""

import pytest

from ftpair.api import certificate_examples
from ftpair.core.actions import Problem, Refused
from ftpair.core.certificates import DeleteCertificate, SaveCertificate

WISH = {"certificate": "CHAIN", "key": "SECRET", "hosts": ["ftp.example.org"], "author": "ann", "comment": "why"}
ORDER = SaveCertificate("web", b"CHAIN", b"SECRET", ("ftp.example.org",), author="ann", comment="why")


def order(**changes):
    return SaveCertificate(**{name: getattr(ORDER, name) for name in ORDER.__struct_fields__} | changes)


def test_certificates_are_shown_without_their_keys(http):
    (entry,) = http.get("/api/v1/certificates").json()
    assert entry["facts"]["names"] == ["ftp.example.org", "192.0.2.10"]
    assert entry["key"] == "tls/web.key", "a path, and nothing more"
    assert http.get("/api/v1/certificates/web").json() == entry
    missing = http.get("/api/v1/certificates/none")
    assert (missing.status_code, missing.json()["detail"]) == (404, "There is no certificate none; there is web.")


def test_one_is_added_replaced_and_tried(http, supervisor):
    added = http.post("/api/v1/certificates/web", json=WISH).json()
    assert (added["sentence"], added["revision"], added["dry_run"]) == (certificate_examples.KEPT, 7, False)
    http.put("/api/v1/certificates/web", json=WISH, headers={"If-Match": '"tag"'})
    assert http.post("/api/v1/certificates/web?dry_run=true", json=WISH).json()["dry_run"] is True
    orders = [order(), order(may_replace=True, if_match='"tag"'), order(dry_run=True)]
    assert [each for each in supervisor.actions if isinstance(each, SaveCertificate)] == orders


def test_one_is_taken_out(http, supervisor):
    assert http.delete("/api/v1/certificates/web?author=ann").json() == {"sentence": "web is taken out"}
    assert supervisor.actions == [DeleteCertificate("web", author="ann")]


def test_what_is_wrong_stands_in_the_answer(http, supervisor):
    supervisor.answers[SaveCertificate] = Refused("invalid", "web cannot be used", (Problem("key", "does not fit"),))
    refused = http.post("/api/v1/certificates/web", json=WISH)
    assert refused.status_code == 422
    assert refused.json()["problems"] == [{"path": "key", "line": 0, "sentence": "does not fit"}]


@pytest.mark.parametrize("wrong", [{"certificate": ""}, {"key": 7}, {"hosts": "a"}, {"key": "SECRET" * 20_000}])
def test_a_wish_that_is_none_asks_nothing_and_repeats_no_key(http, supervisor, wrong):
    refused = http.post("/api/v1/certificates/web", json=WISH | wrong)
    assert (refused.status_code, supervisor.actions) == (400, [])
    assert "SECRET" not in refused.text


def test_a_key_is_in_no_text_of_the_action():
    assert "SECRET" not in repr(ORDER)
