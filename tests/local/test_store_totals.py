"""Totals of stores: kept beside a forecast of items, with the facts of how they were made."""

from __future__ import annotations

import numpy as np

from forecast_service.common.keys import series_key
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.registry import algorithm
from forecast_service.local.jobs.forecast_values import values_of
from forecast_service.local.jobs.limits import limits_of
from forecast_service.local.store_totals import store_totals
from forecast_service.storage.forecast_store import totals_of
from forecast_service.storage.stored_forecast import StoredForecast

HORIZON, DAYS, ITEMS = 14, 140, 30
ARN = "arn:aws:forecast:eu-west-1:000000000000:forecast/items"
TYPES = ("0.1", "0.5", "mean", "0.9")


def _panel() -> Panel:
    random = np.random.default_rng(11)
    days = np.datetime64("2026-01-05", "s") + np.arange(DAYS) * np.timedelta64(1, "D")
    rates = random.gamma(1, 5, ITEMS + 1)[:, None] + 3
    target = random.poisson(rates, (ITEMS + 1, DAYS)).astype(float)
    keys = (*((f"item {n}", "Nord") for n in range(ITEMS)), ("only", "Süd"))
    return Panel(keys, days, "D", target)


def _totals(panel: Panel) -> tuple[list[StoredForecast], dict[str, StoredForecast]]:
    """The forecasts of the items, and the total of each store."""
    fitted = algorithm("pooled").fit(panel, FitConfig(HORIZON))
    starts = panel.timestamps[-1] + np.arange(1, HORIZON + 1) * np.timedelta64(1, "D")
    future = KnownFuture(starts)
    limits = limits_of(panel, future)
    values = limits.applied_to(values_of(fitted, future, TYPES))
    items = [
        StoredForecast(ARN, series_key(key), str(starts[0]), "D", TYPES, values[row])
        for row, key in enumerate(fitted.keys)
    ]
    totals = store_totals(items, fitted, future, panel, limits)
    return items, {stored.series_key: stored for stored in totals.values()}


def test_every_store_gets_a_total_beside_the_forecast() -> None:
    items, totals = _totals(_panel())

    assert list(totals) == ['["Nord"]', '["Süd"]']
    nord = totals['["Nord"]']
    assert nord.forecast_arn == totals_of(ARN)
    assert (nord.facts or {})["total"]["items"] == ITEMS
    assert totals['["Süd"]'].values.tolist() == items[-1].values.tolist()


def test_the_total_is_narrower_than_the_sum_of_the_quantiles() -> None:
    items, totals = _totals(_panel())

    low, _, mean, high = totals['["Nord"]'].values
    sums = np.sum([item.values for item in items[:-1]], axis=0)
    assert (high - low < 0.4 * (sums[3] - sums[0])).all()
    assert mean.tolist() == sums[2].tolist()
    assert ((low < mean) & (mean < high)).all()


def test_a_store_whose_items_are_all_dormant_is_dormant() -> None:
    panel = _panel()
    panel.target[-1, 60:] = np.nan

    totals = _totals(panel)[1]

    assert (totals['["Süd"]'].facts or {})["state"] == "dormant"
    assert not totals['["Süd"]'].values.any()
    assert "state" not in (totals['["Nord"]'].facts or {})
