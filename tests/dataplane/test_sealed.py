from ftpair.dataplane.sealed import Seal, Sealed

LINES = {"PASS": b"PASS secret secret secret", "ACCT": b"ACCT x", "": b""}


def test_what_is_kept_comes_back_in_order_and_is_not_what_it_was():
    vault = Sealed(Seal())
    for verb, line in LINES.items():
        vault.keep(verb, line)
    assert vault.lines() == tuple(LINES.values())
    kept = [bytes(sealed) for _nonce, sealed in vault._lines.values()]
    assert all(line not in kept for line in LINES.values() if line)


def test_another_line_of_the_same_verb_overwrites_the_former():
    vault = Sealed(Seal())
    vault.keep("PASS", b"PASS secret")
    former = vault._lines["PASS"][1]
    vault.keep("PASS", b"PASS other")
    assert former == bytes(len(former))
    assert vault.lines() == (b"PASS other",)


def test_the_same_word_is_never_sealed_alike():
    seal = Seal()
    one, other = Sealed(seal), Sealed(seal)
    for vault in (one, other):
        vault.keep("PASS", b"PASS secret")
    assert one._lines["PASS"][1] != other._lines["PASS"][1]


def test_nothing_is_left_of_what_is_forgotten():
    vault = Sealed(Seal())
    vault.keep("PASS", b"PASS secret")
    sealed = vault._lines["PASS"][1]
    vault.forget()
    assert sealed == bytes(len(sealed))
    assert vault.lines() == ()


def test_another_worker_cannot_open_it():
    one, other = Seal(), Seal()
    nonce = bytes(16)
    assert other.mix(one.mix(b"PASS secret", nonce), nonce) != b"PASS secret"
