"""What a worker remembers of its clients is bounded, and the newest are in it."""

from itertools import count

from ftpair.core.facts import Tls
from ftpair.dataplane.clientele import Clientele

ANN, BOB, EVE = (("VIP", f"192.0.2.{number}", name, "") for number, name in enumerate(("ann", "bob", "eve"), 1))


def test_data_connections_are_counted_by_how_they_were_secured():
    ticks = count(1.0)
    seen = Clientele(lambda: next(ticks))
    for agreed in (Tls("TLSv1.2", "A", resumed=True), Tls("TLSv1.3", "A", resumed=False), None):
        seen.note(ANN, agreed)
    (ann,) = seen.all()
    assert (ann.key, ann.resumed, ann.not_resumed, ann.clear, ann.tls, ann.at) == (ANN, 1, 1, 1, "TLSv1.3", 3.0)


def test_who_was_not_seen_for_longest_is_forgotten():
    seen = Clientele(most=2)
    for who in (ANN, BOB, ANN, EVE):
        seen.note(who, None)
    assert [each.key for each in seen.all()] == [ANN, EVE]
    assert [each.clear for each in seen.all()] == [2, 1]
