"""Roles may what those below them may, and nobody may anything."""

import pytest

from ftpair.core.account_actions import Identify, IdentityIs
from ftpair.core.accounts import LOCAL, NOBODY, Identity, Role


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.OPERATOR, {Role.VIEWER, Role.OPERATOR}),
        (Role.ADMIN, {Role.VIEWER, Role.OPERATOR, Role.ADMIN}),
    ],
)
def test_a_role_may_what_the_ones_below_it_may(role, allowed):
    assert {needed for needed in Role if role.may(needed)} == allowed
    assert {needed for needed in Role if Identity("anna", role, "web").may(needed)} == allowed


def test_the_owner_of_the_socket_may_all_and_nobody_nothing():
    assert all(LOCAL.may(role) for role in Role)
    assert not any(NOBODY.may(role) for role in Role)


def test_secrets_are_not_in_what_is_printed():
    assert "secret" not in repr(Identify("secret", "192.0.2.7"))
    assert "secret" not in repr(IdentityIs(LOCAL, "secret"))
