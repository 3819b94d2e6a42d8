"""Codes of authenticators: each counts once, and clocks may differ by half a minute."""

import pyotp
import pytest

from ftpair.app.codes import STEP_S, TRY_S, Codes
from ftpair.core.errors import WrongRequestError

NOW = 1_700_000_010.0
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = int(NOW) // STEP_S


def code(step=STEP, secret=SECRET):
    return pyotp.TOTP(secret).at(step * STEP_S)


@pytest.mark.parametrize(("late", "step"), [(-2, 0), (-1, STEP - 1), (0, STEP), (1, STEP + 1), (2, 0)])
def test_a_clock_may_be_half_a_minute_off(late, step):
    assert Codes(lambda: NOW).step_of(SECRET, code(STEP + late)) == step


@pytest.mark.parametrize("wrong", ["", "000", "abcdef", "12\u0663456"])
def test_what_is_no_code_is_wrong(wrong):
    assert Codes(lambda: NOW).step_of(SECRET, wrong) == 0


def test_a_code_is_used_once_and_none_before_it():
    codes = Codes(lambda: NOW)
    assert codes.step_of(SECRET, code(), used=STEP) == 0
    assert codes.step_of(SECRET, code(STEP - 1), used=STEP) == 0
    assert codes.step_of(SECRET, code(STEP + 1), used=STEP) == STEP + 1


def test_spaces_in_a_code_do_not_matter():
    digits = code()
    assert Codes(lambda: NOW).step_of(SECRET, f"{digits[:3]} {digits[3:]} ") == STEP


def test_a_new_secret_counts_once_its_first_code_came():
    codes = Codes(lambda: NOW)
    begun = codes.begin("anna")
    assert begun.uri.startswith("otpauth://totp/ftpair:anna?secret=" + begun.secret)
    assert begun.secret not in repr(begun)
    with pytest.raises(WrongRequestError, match="is the clock of the device right"):
        codes.confirm("anna", "000")
    assert codes.confirm("anna", code(secret=begun.secret)) == (begun.secret, STEP)
    with pytest.raises(WrongRequestError, match="begin again"):
        codes.confirm("anna", code(secret=begun.secret))


def test_a_new_secret_waits_ten_minutes():
    now = [NOW]
    codes = Codes(lambda: now[0])
    begun = codes.begin("anna")
    now[0] += TRY_S
    with pytest.raises(WrongRequestError, match="begin again"):
        codes.confirm("anna", code(int(now[0]) // STEP_S, begun.secret))
