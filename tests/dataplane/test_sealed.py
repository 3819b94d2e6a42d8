from ftpair.dataplane.sealed import Seal, Sealed

LINES = (b"PASS secret secret secret", b"ACCT x", b"")


def test_what_is_kept_comes_back_in_order_and_is_not_what_it_was():
    vault = Sealed(Seal())
    for line in LINES:
        vault.keep(line)
    assert vault.lines() == LINES
    kept = [bytes(sealed) for _nonce, sealed in vault._lines]
    assert all(line not in kept for line in LINES if line)


def test_the_same_word_is_never_sealed_alike():
    seal = Seal()
    one, other = Sealed(seal), Sealed(seal)
    for vault in (one, other):
        vault.keep(b"PASS secret")
    assert one._lines[0][1] != other._lines[0][1]


def test_nothing_is_left_of_what_is_forgotten():
    vault = Sealed(Seal())
    vault.keep(b"PASS secret")
    sealed = vault._lines[0][1]
    vault.forget()
    assert sealed == bytes(len(sealed))
    assert vault.lines() == ()


def test_another_worker_cannot_open_it():
    one, other = Seal(), Seal()
    nonce = bytes(16)
    assert other.mix(one.mix(b"PASS secret", nonce), nonce) != b"PASS secret"
