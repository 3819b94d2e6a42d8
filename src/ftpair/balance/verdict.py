"""From the outcomes of probes to a verdict: rise and fall. No clock; `now` comes in."""

from dataclasses import dataclass, replace

from ftpair.core.status import Health, ServerCertificate, ServerState


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """What one probe of one server found."""

    passed: bool
    reason: str
    """In words: `login accepted`, `connect refused`, ..."""
    seconds: float = 0.0
    """How long the probe took."""
    features: tuple[str, ...] | None = None
    """The lines of FEAT without their leading space; None when the server was not asked or did not tell."""
    certificates: tuple[ServerCertificate, ...] = ()
    """What the server showed, at each entrance; empty: there was no TLS."""


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """What the probes say of one server so far."""

    health: Health = Health.UNKNOWN
    reason: str = "not probed yet"
    since: float = 0.0
    """When `health` became what it is, seconds since the epoch."""
    check_seconds: float = 0.0
    features: tuple[str, ...] | None = None
    certificates: tuple[ServerCertificate, ...] = ()
    against: int = 0
    """How many of the last outcomes, without a break, contradict `health`."""
    evidence: str = ""
    """What made the server go down, in words."""

    @property
    def state(self) -> ServerState:
        """The record as others see it; its `admin` means nothing."""
        return ServerState(
            health=self.health,
            reason=self.reason,
            since=self.since,
            check_seconds=self.check_seconds,
            features=self.features,
            certificates=self.certificates,
        )

    def after(self, outcome: ProbeOutcome, rise: int, fall: int, now: float) -> "HealthRecord":
        """Return the record after one more probe.

        The first outcome decides at once, so a start is fast. Afterwards `fall` failures in a row bring a server down
        and `rise` successes in a row bring it up. A failure does not unlearn features and certificates.
        """
        if self.health is Health.UNKNOWN:
            record = self._turned(outcome, "first check failed", now)
        elif outcome.passed == (self.health is Health.UP):
            record = self._confirmed(outcome)
        else:
            record = self._contradicted(outcome, fall if self.health is Health.UP else rise, now)
        features = outcome.features if outcome.passed else self.features
        certificates = outcome.certificates if outcome.passed or outcome.certificates else self.certificates
        return replace(record, check_seconds=outcome.seconds, features=features, certificates=certificates)

    def _confirmed(self, outcome: ProbeOutcome) -> "HealthRecord":
        evidence = "last check failed" if self.against and not outcome.passed else self.evidence
        return replace(self, against=0, evidence=evidence, reason=_sentence(self.health, outcome.reason, evidence))

    def _contradicted(self, outcome: ProbeOutcome, needed: int, now: float) -> "HealthRecord":
        against = self.against + 1
        progress = f"{against} of {needed} checks {'passed' if outcome.passed else 'failed'}"
        if against >= needed:
            return self._turned(outcome, progress, now)
        return replace(self, against=against, reason=_sentence(self.health, outcome.reason, progress))

    def _turned(self, outcome: ProbeOutcome, evidence: str, now: float) -> "HealthRecord":
        health = Health.UP if outcome.passed else Health.DOWN
        kept = "" if outcome.passed else evidence
        reason = _sentence(health, outcome.reason, kept)
        return replace(self, health=health, reason=reason, since=now, against=0, evidence=kept)


def _sentence(health: Health, reason: str, evidence: str) -> str:
    return f"{health.value}: {reason} ({evidence})" if evidence else f"{health.value}: {reason}"
