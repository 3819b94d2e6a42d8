"""Tests of ftpair.core.doctor."""

import pytest

from ftpair.core.doctor import Order


def test_only_who_has_a_user_logs_in():
    assert Order("probe", "secret").may_log_in
    assert not Order().may_log_in


@pytest.mark.parametrize(
    ("order", "fields"),
    [
        (Order("ann", "a b", "in box", files=("a", "b")), ()),
        (Order("ann\n"), ("user",)),
        (Order(password="a\0"), ("password",)),
        (Order(directory="a\rb", files=("a", "b\nc")), ("directory", "files")),
    ],
)
def test_a_line_end_cannot_be_said(order, fields):
    assert order.unsayable == fields


def test_a_password_is_not_shown_with_the_order():
    assert "correct horse" not in repr(Order("ann", "correct horse"))
