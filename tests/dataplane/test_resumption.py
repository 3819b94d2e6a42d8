"""Which TLS session data legs to a server offer."""

from dataclasses import dataclass, field

from ftpair.dataplane.resumption import Resumption


@dataclass(eq=False)
class Session:
    has_ticket: bool = True
    id: bytes = b"id"


@dataclass
class Leg:
    made: Session | None = field(default_factory=Session)
    session_reused: bool = True
    name: str = "TLSv1.3"
    asked: int = 0

    @property
    def session(self):
        self.asked += 1
        return self.made

    def version(self):
        return self.name


def test_where_asking_costs_nothing_every_leg_offers_the_newest_session():
    control, first, second = Leg(), Leg(), Leg()
    kept = Resumption(set(), is_dear=False)
    assert kept.offer(control) is control.made
    kept.learn(1, first)
    assert kept.offer(control) is first.made
    kept.learn(1, second)
    assert kept.offer(control) is second.made


def test_where_asking_is_dear_a_session_that_is_resumed_is_offered_again():
    control, legs = Leg(), [Leg() for _ in range(50)]
    kept = Resumption(set(), is_dear=True)
    for leg in legs:
        assert kept.offer(control) is control.made
        kept.learn(1, leg)
    assert (control.asked, sum(leg.asked for leg in legs)) == (1, 0)


def test_a_server_that_resumes_a_ticket_once_is_found_out_and_asked_anew_from_then_on():
    single_use, control = set(), Leg()
    kept = Resumption(single_use, is_dear=True)
    kept.offer(control)
    kept.learn(1, Leg())
    refused = Leg(session_reused=False)
    kept.learn(1, refused)
    assert single_use == {1}
    assert kept.offer(control) is refused.made
    later = Resumption(single_use, is_dear=True)
    later.offer(control)
    leg = Leg()
    later.learn(1, leg)
    assert later.offer(control) is leg.made


def test_a_session_that_has_expired_is_replaced_and_its_server_not_suspected():
    single_use, control = set(), Leg()
    kept = Resumption(single_use, is_dear=True)
    kept.offer(control)
    kept.learn(1, Leg())
    kept.learn(1, Leg())
    full = Leg(session_reused=False)
    kept.learn(1, full)
    assert (single_use, kept.offer(control)) == (set(), full.made)


def test_a_server_that_resumes_nothing_is_not_asked_for_ever():
    control, legs = Leg(), [Leg(session_reused=False) for _ in range(5)]
    kept = Resumption(set(), is_dear=True)
    for leg in legs:
        kept.offer(control)
        kept.learn(1, leg)
    assert sum(leg.asked for leg in legs) == 0


def test_a_control_connection_whose_tickets_have_not_come_is_asked_again():
    control = Leg(made=Session(has_ticket=False))
    kept = Resumption(set(), is_dear=True)
    assert kept.offer(control) is control.made
    control.made = Session()
    assert kept.offer(control) is control.made
    assert (kept.offer(control), control.asked) == (control.made, 2)
    kept.forget()
    assert kept.offer(None) is None


def test_tls_1_2_resumes_by_an_id_too():
    control = Leg(made=Session(has_ticket=False), name="TLSv1.2")
    kept = Resumption(set(), is_dear=True)
    kept.offer(control)
    assert (kept.offer(control), control.asked) == (control.made, 1)
