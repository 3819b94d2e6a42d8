"""The way to another version, as the API offers it."""

import pytest

from ftpair.core.actions import Refused
from ftpair.core.upgrades import Upgrade


@pytest.mark.parametrize("is_trial", [False, True])
def test_the_supervisors_sentence_is_the_answer(http, supervisor, is_trial):
    response = http.post("/api/v1/upgrade", params={"dry_run": is_trial})
    assert response.json() == {"sentence": "upgrading from 0.1.0 to 0.2.0: 3 sessions on 2 workers go on"}
    assert supervisor.actions == [Upgrade(dry_run=is_trial)]


def test_what_cannot_serve_is_told_in_the_supervisors_words(http, supervisor):
    why = "what is installed cannot serve: it is broken; nothing was changed"
    supervisor.answers[Upgrade] = Refused("setup", why)
    response = http.post("/api/v1/upgrade")
    assert (response.status_code, response.json()["detail"]) == (409, why)
