"""What the running parts show to those who watch the desk from outside: their numbers, as readings for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client.metrics_core import Metric

from livechat_xmpp.metrics import Metrics, Reading, Value
from livechat_xmpp.reconcile.reconciler import Reconciler
from livechat_xmpp.usecases.figures import Figures
from livechat_xmpp.xmpp.limits import Limits
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.turns import Turns


class Watched:
    """The desk's metrics, with those that the parts and the record show when somebody asks."""

    def __init__(self, metrics: Metrics, link: Link, turns: Turns, limits: Limits, reconciler: Reconciler) -> None:
        self._metrics = metrics
        self._figures: Figures | None = None
        metrics.watch(*_of_link(link), *_of_door(turns, limits), *self._of_record())
        trouble = "Chats looked at again later, because a step failed or did not help."
        metrics.watch(Reading("livechat_rooms_to_repair", trouble, lambda: reconciler.in_trouble))

    def text(self, figures: Figures | None) -> bytes:
        """Return everything in Prometheus' text format; figures: None when the database does not answer."""
        self._figures = figures
        return self._metrics.text()

    def families(self) -> list[Metric]:
        """Return all metrics, with what the database said last."""
        return self._metrics.families()

    def _of_record(self) -> tuple[Reading, ...]:
        def of(read: Callable[[Figures], Value]) -> Callable[[], Value]:
            return lambda: {} if self._figures is None else read(self._figures)

        return (
            Reading("livechat_database_up", "1 while the database answers.", lambda: float(self._figures is not None)),
            Reading("livechat_queue_length", "Requests waiting.", of(lambda f: f.waiting), "workgroup"),
            Reading(
                "livechat_queue_oldest_seconds",
                "How long the request has waited that waits longest.",
                of(lambda f: {name: age.total_seconds() for name, age in f.oldest.items()}),
                "workgroup",
            ),
            Reading("livechat_offers_open", "Offers that nobody has answered yet.", of(lambda f: f.offers_open)),
            Reading("livechat_chats_open", "Chats in progress.", of(lambda f: f.chats_open)),
        )


def _of_link(link: Link) -> tuple[Reading, ...]:
    return (
        Reading("livechat_link_up", "1 while there is a link to the XMPP server.", lambda: float(link.is_up)),
        Reading("livechat_link_seconds", "For how long there has been this link.", lambda: link.up_s),
        Reading("livechat_links", "Links there have been.", lambda: link.number, is_counter=True),
        Reading("livechat_iqs_in_flight", "Questions to others that wait for an answer.", lambda: link.iqs),
        Reading("livechat_stanzas_received", "Stanzas received.", lambda: link.received, "kind", is_counter=True),
        Reading("livechat_stanzas_sent", "Stanzas sent.", lambda: link.sent, "kind", is_counter=True),
        Reading(
            "livechat_stanzas_dropped", "Stanzas not sent because they were too big.", lambda: link.dropped, "", True
        ),
    )


def _of_door(turns: Turns, limits: Limits) -> tuple[Reading, ...]:
    def refused() -> Value:
        return {**limits.refused, "turns": turns.refused}

    return (
        Reading("livechat_turns_waiting", "Stanzas that are worked on or wait for it.", lambda: turns.pending),
        Reading("livechat_refusals", "What was refused at the door, by reason.", refused, "reason", is_counter=True),
    )
