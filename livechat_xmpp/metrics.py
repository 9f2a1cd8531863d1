"""What the desk counts and measures, as Prometheus reads it. A leaf: it knows none of the parts that it is told of.

Parts keep plain numbers, which are read when somebody asks; only what has to be counted as it happens (facts, and
how long something took) is written here at once. Labels have few values, and never an address or a chat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
WAITS_S = (1, 2, 5, 10, 20, 30, 60, 90, 120, 300, 600, 1800, 3600)  # people wait; 90 s is the usual service level
SHORT_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30)  # machines do something

Value = float | Mapping[str, float]
"""A number, or one for each value of the metric's label."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that a part keeps, read when asked for. label: what the keys are, where there are several.

    is_counter: it only grows; its name is then without the ending _total, which is added.
    """

    name: str
    documentation: str
    read: Callable[[], Value]
    label: str = ""
    is_counter: bool = False


class _Readings(Collector):
    """Hands the readings to the registry."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def describe(self) -> list[Metric]:
        return []  # not read at registration: the parts are not there yet

    def collect(self) -> Iterator[Metric]:
        for reading in self.readings:
            make = CounterMetricFamily if reading.is_counter else GaugeMetricFamily
            family = make(reading.name, reading.documentation, labels=[reading.label] if reading.label else [])
            value = reading.read()
            if isinstance(value, Mapping):
                for key, number in value.items():
                    family.add_metric([key], number)
            else:
                family.add_metric([], value)
            yield family


class Metrics:
    """All metrics of one desk, in a registry of its own."""

    def __init__(self) -> None:
        # The library's switch for the whole process; these lines tell nobody anything.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._readings = _Readings()
        self._registry.register(self._readings)
        self._facts = self._counter("livechat_facts", "Facts recorded, as the log names them.", "fact")
        self._requests = self._counter("livechat_requests", "Requests put into the queue.", "workgroup")
        self._offers = self._counter("livechat_offers", "Offers by what became of them, and those made.", "result")
        self._ended = self._counter("livechat_requests_ended", "Requests that are over, by outcome.", "outcome")
        self._offered_after = self._histogram(
            "livechat_offer_wait_seconds", "How long a request had waited when it was first offered.", WAITS_S
        )
        self._accepted_after = self._histogram(
            "livechat_accept_wait_seconds", "How long a request had waited when it was first accepted.", WAITS_S
        )
        self._database = self._histogram(
            "livechat_database_seconds", "Time of a unit of work in the database.", SHORT_S, "kind"
        )
        self._rounds = self._histogram(
            "livechat_reconcile_round_seconds", "Time of a round for one chat, by its result.", SHORT_S, "result"
        )

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(name, documentation, labels, registry=self._registry)

    def _histogram(self, name: str, documentation: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, documentation, labels, registry=self._registry, buckets=buckets)

    # --- as it happens

    def on_fact(self, what: str, fields: Mapping[str, str | int | None]) -> None:
        """Count a fact that was recorded: a line of the log, with its fields."""
        self._facts.labels(what).inc()
        match what:
            case "help asked for":
                self._requests.labels(fields.get("workgroup", "")).inc()
            case "request offered":
                self._offers.labels("made").inc()
                self._observe(self._offered_after, fields)
            case "request accepted":
                self._offers.labels("accepted").inc()
                self._observe(self._accepted_after, fields)
            case "offer rejected":
                self._offers.labels("rejected").inc()
            case "offer over":
                self._offers.labels(fields.get("how", "")).inc()
            case "request ended":
                self._ended.labels(fields.get("outcome", "")).inc()

    @staticmethod
    def _observe(histogram: Histogram, fields: Mapping[str, str | int | None]) -> None:
        """Count the wait of a request that was not offered, or taken, before: only then is it told."""
        if (waited_s := fields.get("waited_s")) is not None:
            histogram.observe(float(waited_s))

    def on_database(self, kind: str, seconds: float) -> None:
        """Count a unit of work in the database; kind: read or write."""
        self._database.labels(kind).observe(seconds)

    def on_round(self, result: str, seconds: float) -> None:
        """Count a round of the reconciler; result: done, failed or stuck."""
        self._rounds.labels(result).observe(seconds)

    # --- when asked

    def watch(self, *readings: Reading) -> None:
        """Have these numbers read whenever somebody asks."""
        self._readings.readings += readings

    def families(self) -> list[Metric]:
        """Return all metrics as they are now."""
        return list(self._registry.collect())

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
