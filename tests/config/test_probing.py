"""Health checks that ask for more than they are likely to get."""

import pytest

from tests.config.test_warnings import config, said

USER = {"user": "probe", "password_file": "secrets/probe"}


@pytest.mark.parametrize("check", ["list", "roundtrip"])
def test_little_time_for_data_connections_is_warned_of(machine, check):
    (sentence,) = said(config(health={"check": check, "timeout_s": 1.5, **USER}), machine)
    assert "VIP.health.timeout_s: 1.5 s is little for " + check in sentence
    assert sentence.endswith("write 2 or more")
    assert said(config(health={"check": check, "timeout_s": 2, **USER}), machine) == []
    assert said(config(health={"check": "login", "timeout_s": 0.5, **USER}), machine) == []


@pytest.mark.parametrize("user", ["anonymous", "FTP"])
def test_a_user_who_hardly_may_write_is_warned_of(machine, user):
    given = USER | {"user": user}
    (sentence,) = said(config(health={"check": "roundtrip", **given}), machine)
    assert f"VIP.health.user: {user} may not store files on most servers" in sentence
    assert said(config(health={"check": "list", **given}), machine) == []
