from ftpair.session.vault import NOWHERE


def test_without_a_rescue_nothing_is_kept():
    NOWHERE.keep("PASS", b"PASS secret")
    assert NOWHERE.lines() == ()
    NOWHERE.forget()
