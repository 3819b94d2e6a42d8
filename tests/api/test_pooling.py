"""Pools, health and weights, asked by HTTP."""

import pytest

from ftpair.api import pool_examples
from ftpair.core.pools import SetWeight

WEIGHT = "/api/v1/services/FTPS_VIP/servers/FTP_SVR2/weight"


@pytest.mark.parametrize(("path", "example"), [("pools", pool_examples.POOL), ("health", pool_examples.HEALTH)])
def test_pools_and_health_are_shown_of_all_or_of_one_service(http, path, example):
    (row,) = http.get(f"/api/v1/{path}").json()
    assert row["service"] == example["service"]
    assert set(row) == set(example)
    assert http.get(f"/api/v1/{path}?service=FTPS_VIP").json() == [row]
    assert http.get(f"/api/v1/{path}?service=OTHER_VIP").json() == []


def test_health_is_shown_of_one_server(http):
    assert len(http.get("/api/v1/health?server=FTP_SVR1").json()) == 1
    assert http.get("/api/v1/health?server=FTP_SVR9").json() == []


def test_a_weight_is_set(http, supervisor):
    done = http.put(WEIGHT, json={"weight": 50, "author": "ann", "comment": "why"}).json()
    assert (done["revision"], done["dry_run"]) == (8, False)
    assert done["steps"] == ["FTPS_VIP: weight of FTP_SVR2 100 -> 50"]
    assert supervisor.actions == [SetWeight("FTPS_VIP", "FTP_SVR2", 50, "ann", "why")]


@pytest.mark.parametrize("weight", [-1, 257, "heavy", None])
def test_no_weight_asks_the_supervisor_nothing(http, supervisor, weight):
    assert (http.put(WEIGHT, json={"weight": weight}).status_code, supervisor.actions) == (400, [])
