"""Which server a session gets, and its place at the service, which is taken before it is looked for."""

import random
import time
from collections.abc import Callable, Mapping
from functools import partial

from ftpair.balance.choice import NoChoice
from ftpair.balance.policies import Request
from ftpair.core.columns import PLACES
from ftpair.core.facts import Fact, ServerChosen
from ftpair.core.plan import ServerPlan
from ftpair.core.status import ServerState
from ftpair.dataplane.assigning import Assigned, Scene
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.descriptors import NONE_LEFT, is_one_left
from ftpair.dataplane.driver import Driver


def _request(driver: Driver, user: str) -> Request:
    """Return all that is known of who asks for a server."""
    session, now = driver.session, time.monotonic()
    tls = session.tls
    if tls is None:
        return Request(driver.client_host, user, 0, random.random, session.host, now=now)
    names = (tls.sni, tls.subject, tls.names)
    return Request(driver.client_host, user, 0, random.random, session.host, *names, now=now)


class Seating:
    """The places of a worker's sessions; `states` are those of the servers, by slot."""

    def __init__(self, counts: Counts, note: Callable[[Fact], None], bonds: Callable[[], Bonds | None]) -> None:
        """`bonds` tells where affinity remembers, if it does."""
        self._counts, self._note, self._bonds = counts, note, bonds
        self.states: Mapping[int, ServerState] = {}

    def leave(self, driver: Driver) -> None:
        """Give a session's place back."""
        if driver.has_place:
            self._counts.add(driver.service.plan.slot, PLACES, -1)
        if bonds := self._bonds():
            bonds.release(driver.name)

    def choose(self, driver: Driver, user: str, tried: tuple[int, ...]) -> ServerPlan | NoChoice:
        """Ask the balancer; no server is blamed for what we lack ourselves."""
        if not is_one_left():
            driver.visit.refuse_for_descriptors(user)
            return NONE_LEFT
        if not driver.has_place:
            self._take_place(driver)
        scene = Scene(self.states, partial(self._others, driver), self._bonds(), tried)
        assigned = driver.service.assigning.assign(_request(driver, user), scene)
        if not isinstance(assigned.choice, NoChoice):
            self._assigned(driver, user, assigned, assigned.choice)
        elif assigned.choice.is_full:
            driver.visit.refuse_for_places(user)
        else:
            driver.visit.refuse_without_server(user)
        return assigned.choice

    def _assigned(self, driver: Driver, user: str, assigned: Assigned, server: ServerPlan) -> None:
        plan = driver.service.plan
        if bonds := self._bonds():
            bonds.hold(driver.name, assigned.key, server, plan.affinity_timeout_s)
        if plan.routes or assigned.bond:
            client, routed = str(driver.session.client), assigned.routed
            names = (user, routed.pool, routed.rule, server.name, assigned.bond)
            self._note(ServerChosen(plan.name, driver.name, client, *names))

    def _others(self, driver: Driver, slot: int) -> int:
        """Count the sessions of a server, or the places of the service, which are all taken for who has none."""
        plan = driver.service.plan
        if slot == plan.slot:
            return 0 if driver.has_place else plan.max_sessions
        return self._counts.sessions(slot)

    def _take_place(self, driver: Driver) -> None:
        """Count first and look then: so two workers never both give the last place away.

        Not before a server is asked for: who connects and says nothing takes no place from those who log in.
        """
        plan = driver.service.plan
        self._counts.add(plan.slot, PLACES, 1)
        driver.has_place = not 0 < plan.max_sessions < self._counts.places(plan.slot)
        if not driver.has_place:
            self._counts.add(plan.slot, PLACES, -1)
