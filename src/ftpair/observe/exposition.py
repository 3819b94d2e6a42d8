"""Counters and gauges to the Prometheus text format, prefix `ftpair_`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from ftpair.core.status import Sample
from ftpair.observe.tally import METRICS, Metric

PREFIX = "ftpair_"
ByName = Mapping[str, Sequence[Sample]]


def render(counters: Iterable[Sample], gauges: Iterable[Sample]) -> bytes:
    """Return every sample whose name METRICS knows as Prometheus text (version 0.0.4)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples([*counters, *gauges]))
    return generate_latest(registry)


class _Samples(Collector):
    """Samples as prometheus_client wants to collect them."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._by_name: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            self._by_name[sample.name].append(sample)

    def collect(self) -> Iterator[Family]:
        """Yield one family per metric, empty ones too: a dashboard finds the name before the first event."""
        return (_FAMILIES[metric.kind](name, metric, self._by_name) for name, metric in METRICS.items())


def _counter(name: str, metric: Metric, samples: ByName) -> Family:
    family = CounterMetricFamily(PREFIX + name, metric.help, labels=metric.labels)
    for sample in samples.get(name, ()):
        family.add_metric(sample.labels, sample.value)
    return family


def _gauge(name: str, metric: Metric, samples: ByName) -> Family:
    family = GaugeMetricFamily(PREFIX + name, metric.help, labels=metric.labels)
    for sample in samples.get(name, ()):
        family.add_metric(sample.labels, sample.value)
    return family


def _histogram(name: str, metric: Metric, samples: ByName) -> Family:
    family = HistogramMetricFamily(PREFIX + name, metric.help, labels=metric.labels)
    buckets: defaultdict[tuple[str, ...], list[tuple[str, float]]] = defaultdict(list)
    for sample in samples.get(f"{name}_bucket", ()):
        *labels, bound = sample.labels
        buckets[tuple(labels)].append((bound, sample.value))
    for sample in samples.get(f"{name}_sum", ()):
        in_order = sorted(buckets[sample.labels], key=lambda bucket: float(bucket[0]))
        family.add_metric(sample.labels, buckets=in_order, sum_value=sample.value)
    return family


_FAMILIES = {"counter": _counter, "gauge": _gauge, "histogram": _histogram}
