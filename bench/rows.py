"""The rows of the comparison: which load gives which figure, what is compared with what, and what must be reached."""

import operator
import statistics
from dataclasses import dataclass

from bench import figures
from bench.figures import Load

History = dict[tuple[str, str], list[dict[str, float]]]
"""(load, peer): the samples of each round."""

TCP_MODE = {"tcp_haproxy": "clear", "tcp_builtin": "clear"}
"""Both engines of TCP mode. They never look into a connection, so that one in clear text costs them what TLS does."""
LOADS = {
    "memory": Load({"mod_proxy": "explicit", "ftpair": "explicit"}, figures.idle_memory),
    "relay": Load({"haproxy": "clear", "ftpair": "clear"} | TCP_MODE, figures.download_clear),
    "download": Load({"haproxy": "implicit", "mod_proxy": "explicit", "ftpair": "implicit"}, figures.download),
    "upload": Load({"haproxy": "implicit", "mod_proxy": "explicit", "ftpair": "implicit"}, figures.upload),
    "sessions": Load({"direct": "clear", "haproxy": "clear", "ftpair": "clear"} | TCP_MODE, figures.sessions),
    "ftps": Load({"direct": "explicit", "mod_proxy": "explicit", "ftpair": "explicit"}, figures.sessions),
    "files": Load({"direct": "clear", "haproxy": "clear", "ftpair": "clear"} | TCP_MODE, figures.files),
    "files-tls": Load({"direct": "explicit", "mod_proxy": "explicit", "ftpair": "explicit"}, figures.files),
    "latency": Load({"direct": "clear", "haproxy": "clear", "ftpair": "clear"} | TCP_MODE, figures.latency),
    "transfers": Load({"direct": "clear", "ftpair": "explicit"}, figures.transfers),
    "crowded": Load({"direct": "crowd", "ftpair": "crowd"}, figures.crowded, is_once=True),
}


COMPARE = {"<": operator.lt, "<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Target:
    """What ftpair must reach: a limit, of its own figure or of its ratio to a peer's."""

    sign: str
    limit: float
    text: str
    against: str = ""

    def is_met(self, value: float) -> bool:
        """Return whether the value keeps the limit."""
        return bool(COMPARE[self.sign](value, self.limit))


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of one peer over the rounds."""

    min: float
    median: float
    max: float


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    figure: str
    unit: str
    load: str
    key: str
    target: Target | None = None
    base: str = ""
    """The load whose value of `direct` in the same round is taken off."""

    def spreads(self, history: History) -> dict[str, Spread]:
        """Return the values by peer, as far as they were measured."""
        peers = [peer for peer in LOADS[self.load].doors if (self.load, peer) in history]
        values = {peer: self._values(history, peer) for peer in peers if not (self.base and peer == "direct")}
        return {peer: Spread(min(seen), statistics.median(seen), max(seen)) for peer, seen in values.items() if seen}

    def _values(self, history: History, peer: str) -> list[float]:
        samples = history[self.load, peer]
        base = history.get((self.base, "direct"), []) if self.base else [{self.key: 0.0}] * len(samples)
        pairs = zip(samples, base, strict=False)
        return [sample[self.key] - off[self.key] for sample, off in pairs if self.key in sample]

    def ratio(self, spreads: dict[str, Spread]) -> float | None:
        """Return ftpair's median over that of the peer it is measured against."""
        against = self.target.against if self.target else ""
        if "ftpair" not in spreads or against not in spreads or spreads[against].median <= 0:
            return None
        return spreads["ftpair"].median / spreads[against].median

    def is_met(self, spreads: dict[str, Spread]) -> bool | None:
        """Return whether the target is met; None where there is none, or nothing to compare."""
        if self.target is None or "ftpair" not in spreads:
            return None
        value = self.ratio(spreads) if self.target.against else spreads["ftpair"].median
        return None if value is None else self.target.is_met(value)


ROWS = (
    Row("clear relay", "CPU s/GiB", "relay", "cpu", Target("<=", 1.0, "<= 1.0 x HAProxy", "haproxy")),
    Row("TLS offload, download", "CPU s/GiB", "download", "cpu", Target("<=", 1.0, "<= 1.0 x HAProxy", "haproxy")),
    Row("TLS offload, upload", "CPU s/GiB", "upload", "cpu", Target("<=", 1.0, "<= 1.0 x HAProxy", "haproxy")),
    Row("clear sessions, one 1 KiB file each", "sessions/s", "sessions", "rate",
        Target(">=", 0.9, ">= 0.9 x HAProxy", "haproxy")),
    Row("explicit FTPS sessions, one 1 KiB file each", "sessions/s", "ftps", "rate",
        Target(">=", 10.0, ">= 10 x mod_proxy", "mod_proxy")),
    Row("machine CPU added to an explicit FTPS session", "ms", "ftps", "machine_cpu",
        Target("<=", 1 / 12, "<= 1/12 of mod_proxy", "mod_proxy"), base="ftps"),
    Row("the same, above a direct session in clear", "ms", "ftps", "machine_cpu", base="sessions"),
    Row("own CPU of the balancer for an explicit FTPS session", "ms", "ftps", "own_cpu"),
    Row("1 KiB files in a session, clear", "files/s", "files", "rate",
        Target(">=", 0.8, ">= 0.8 x HAProxy", "haproxy")),
    Row("1 KiB files in a session, TLS", "files/s", "files-tls", "rate",
        Target(">=", 3.0, ">= 3 x mod_proxy", "mod_proxy")),
    Row("own CPU of the balancer for a 1 KiB file, TLS", "ms", "files-tls", "own_cpu"),
    Row("memory of an idle TLS session", "KiB PSS", "memory", "kib", Target("<=", 80.0, "<= 80 KiB")),
    Row("latency added to a command", "us", "latency", "us", Target("<=", 150.0, "<= 150 us"), base="latency"),
    Row("concurrent transfers, slowest to median", "share", "transfers", "fairness", Target(">=", 0.5, ">= 0.5")),
    Row("login beside 10,000 idle sessions (explicit FTPS; direct: clear), p99", "ms", "crowded", "p99_ms",
        Target("<", 100.0, "< 100 ms")),
    Row("clear relay, speed", "MiB/s", "relay", "mib_s"),
    Row("TLS offload, download, speed", "MiB/s", "download", "mib_s"),
    Row("TLS offload, upload, speed", "MiB/s", "upload", "mib_s"),
)  # fmt: skip
