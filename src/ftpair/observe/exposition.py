"""Counters and gauges to the Prometheus text format, prefix `ftpair_`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ftpair.core.messages import Sample
from ftpair.observe.tally import METRICS

PREFIX = "ftpair_"


def render(counters: Iterable[Sample], gauges: Iterable[Sample]) -> bytes:
    """Return every sample whose name METRICS knows as Prometheus text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples([*counters, *gauges]))
    return generate_latest(registry)


class _Samples(Collector):
    """Samples as a collector."""

    def __init__(self, samples: list[Sample]) -> None:
        self._by_name: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            self._by_name[sample.name].append(sample)

    def collect(self) -> Iterator[Metric]:
        for name, metric in METRICS.items():
            samples = self._by_name.get(name, [])
            match metric.kind:
                case "counter" if samples:
                    counter = CounterMetricFamily(PREFIX + name, metric.help, labels=metric.labels)
                    for sample in samples:
                        counter.add_metric(sample.labels, sample.value)
                    yield counter
                case "gauge" if samples:
                    gauge = GaugeMetricFamily(PREFIX + name, metric.help, labels=metric.labels)
                    for sample in samples:
                        gauge.add_metric(sample.labels, sample.value)
                    yield gauge
                case "histogram" if f"{name}_bucket" in self._by_name:
                    yield self._histogram(name)
                case _:
                    continue

    def _histogram(self, name: str) -> HistogramMetricFamily:
        metric = METRICS[name]
        family = HistogramMetricFamily(PREFIX + name, metric.help, labels=metric.labels)
        buckets: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for sample in self._by_name[f"{name}_bucket"]:
            buckets[sample.labels[:-1]][sample.labels[-1]] = sample.value
        sums = {sample.labels: sample.value for sample in self._by_name[f"{name}_sum"]}
        for labels, counts in buckets.items():
            ordered = sorted(counts.items(), key=lambda item: float(item[0]))
            family.add_metric(labels, buckets=ordered, sum_value=sums.get(labels, 0.0))
        return family
