"""Prometheus metrics: requests of this process, training runs and the current forecast."""

from __future__ import annotations

import os
from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from forecast_service.errors import BackendUnavailable
from forecast_service.storage.database import Database
from forecast_service.storage.groups import served_forecasts
from forecast_service.storage.tables import forecasts, training_runs

__all__ = ["RequestMetrics"]

KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMetrics:
    """Counts and times requests by the template of the route, not by the path that was sent.

    Every series has the process as a label: a scrape reaches one of several web processes, and
    a counter without the label would seem to jump back.
    """

    def __init__(self) -> None:
        # The creation times of counters double the page and have no use.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        names = ("process", "method", "route")
        self._requests = Counter(
            "forecast_service_requests",
            "Requests answered.",
            (*names, "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "forecast_service_request_seconds",
            "Time from the request's arrival to its answer.",
            names,
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        # Looking up a labelled counter costs more than raising it.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method if method in KNOWN_METHODS else "other", route, status)
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = self._labelled(*key)
        children[0].inc()
        children[1].observe(seconds)

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)

    def watch(self, database: Database) -> None:
        """Also report training runs and forecasts, read from the database at every scrape."""
        self.registry.register(StateCollector(database))

    def _labelled(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        labels = (str(os.getpid()), method, route)
        return self._requests.labels(*labels, str(status)), self._seconds.labels(*labels)


class StateCollector(Collector):
    """Gauges read from the database; they are the same in every process."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def describe(self) -> list[Metric]:
        """Return nothing, so that registration does not need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Training runs by state; times of the current forecasts and their predictors."""
        runs = GaugeMetricFamily(
            "forecast_service_training_runs", "Training runs by state.", labels=("state",)
        )
        created = GaugeMetricFamily(
            "forecast_service_forecast_created_timestamp_seconds",
            "When the current forecast was made.",
            labels=("dataset_group",),
        )
        trained = GaugeMetricFamily(
            "forecast_service_predictor_trained_timestamp_seconds",
            "When the predictor behind the current forecast was trained.",
            labels=("dataset_group",),
        )
        up = GaugeMetricFamily("forecast_service_database_up", "1 when the database answers.")
        try:
            self._read(runs, created, trained)
        except (BackendUnavailable, sa.exc.DBAPIError):
            # Still report the counters of this process: they help to find the fault.
            up.add_metric((), 0)
        else:
            up.add_metric((), 1)
        yield from (up, runs, created, trained)

    def _read(
        self, runs: GaugeMetricFamily, created: GaugeMetricFamily, trained: GaugeMetricFamily
    ) -> None:
        with self.database.read() as connection:
            for state, count in connection.execute(RUNS_BY_STATE):
                runs.add_metric((state,), count)
            served = forecasts.c.forecast_arn.in_(served_forecasts(connection))
            for group, created_at, trained_at in connection.execute(WHEN_MADE.where(served)):
                created.add_metric((group,), created_at)
                trained.add_metric((group,), trained_at)


RUNS_BY_STATE = sa.select(training_runs.c.state, sa.func.count()).group_by(training_runs.c.state)
WHEN_MADE = sa.select(forecasts.c.dataset_group, forecasts.c.created_at, forecasts.c.trained_at)
