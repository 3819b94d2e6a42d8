"""Tests of ftpair.core.plan."""

import pytest

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import NotFoundError
from ftpair.core.plan import Plan, ServicePlan

ONE, TWO = (ServicePlan(name, "192.0.2.10", PortRange(1025, 1052), ()) for name in ("ONE", "TWO"))
PLAN = Plan(1, 1, (ONE, TWO))


def test_a_service_is_found_by_its_name():
    assert (PLAN.service("TWO"), PLAN.named("TWO"), PLAN.service("THREE")) == (TWO, TWO, None)


def test_whoever_names_a_service_that_is_not_there_hears_those_that_are():
    with pytest.raises(NotFoundError) as caught:
        PLAN.named("THREE")
    assert caught.value.sentence == "no service 'THREE'; there are: ONE, TWO"
