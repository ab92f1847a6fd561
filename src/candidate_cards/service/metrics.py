"""What is counted and timed; no label names a company, a candidate or a key."""

from __future__ import annotations

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from .logs import METHODS

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The measurements of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "http_server_request_duration_seconds",
            "Time until an answer was sent",
            ("http_request_method", "http_route", "http_response_status_code"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._renderings = Histogram(
            "cards_render_seconds",
            "Time that rendering took",
            ("format", "theme", "outcome"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._cards = Counter(
            "cards_render",
            "Cards by where they came from",
            ("format", "theme", "outcome"),
            registry=self._registry,
        )
        self._upstream = Counter(
            "cards_upstream_requests",
            "Calls of the vendor by what came of them",
            ("operation", "status"),
            registry=self._registry,
        )
        # To look a child up by its labels takes longer than to count.
        self._answered = cache(self._requests.labels)
        self._counted = cache(self._cards.labels)

        self._deliveries = Counter(
            "cards_deliveries",
            "Deliveries of the vendor's webhooks by what was answered",
            ("status",),
            registry=self._registry,
        )
        self._events = Counter(
            "cards_events",
            "Events that deliveries have brought",
            ("event",),
            registry=self._registry,
        )
        self._fetches = Counter(
            "cards_fetches",
            "Attempts to fetch the results of a run by what came of them",
            ("outcome",),
            registry=self._registry,
        )
        self._fetched = Counter(
            "cards_fetched_profiles",
            "Profiles in fetched results by what became of them",
            ("outcome",),
            registry=self._registry,
        )
        self._swept = Counter(
            "cards_swept", "What was too old to keep", ("kind",), registry=self._registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take note of an answer.

        Args:
            method: Of HTTP.
            route: The template of its path; empty where no route was found.
            status: Of HTTP.
            seconds: From the request's head to the answer's end.
        """
        known = method if method in METHODS else "_OTHER"
        self._answered(known, route, status).observe(seconds)

    def rendered(self, format_name: str, theme: str, outcome: str, seconds: float) -> None:
        """Take note of a rendering.

        Args:
            format_name: One of ours.
            theme: The name of a bundled one, or ``own``.
            outcome: ``done``, ``failed`` or ``timeout``.
            seconds: That it took.
        """
        self._renderings.labels(format_name, theme, outcome).observe(seconds)

    def cards(self, format_name: str, theme: str, outcome: str, count: int) -> None:
        """Count cards: ``rendered``, ``cached``, ``vendor`` or ``missing``."""
        if count:
            self._counted(format_name, theme, outcome).inc(count)

    def called(self, operation: str, status: str) -> None:
        """Count a use of the vendor: its status, or ``timeout`` or ``connection``."""
        self._upstream.labels(operation, status).inc()

    def delivered(self, status: int) -> None:
        """Count a delivery of the vendor's by the answer to it."""
        self._deliveries.labels(str(status)).inc()

    def heard(self, event: str) -> None:
        """Count an event: a name that the vendor documents, or ``other``."""
        self._events.labels(event).inc()

    def tried(self, outcome: str) -> None:
        """Count a fetch: ``stored``, ``postponed``, ``failed``, ``given up``, ``superfluous``."""
        self._fetches.labels(outcome).inc()

    def fetched(self, outcome: str, count: int) -> None:
        """Count profiles of a run: ``stored``, ``failed``, or ``withheld`` since erased."""
        self._fetched.labels(outcome).inc(count)

    def swept(self, kind: str, count: int) -> None:
        """Count what was removed: ``candidates``, ``embeds`` or ``deliveries``."""
        self._swept.labels(kind).inc(count)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
