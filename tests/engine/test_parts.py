"""Parts of a forecast: they add up to the forecast that is served."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.totals import parts
from forecast_service.engine.totals.parts import parts_of
from forecast_service.engine.train import train

N, PERIODS, HORIZON = 5, 140, 14


@pytest.fixture(scope="module")
def chain() -> tuple[Panel, KnownFuture]:
    """Five series with promotions every other week, closed on Sundays."""
    generator = np.random.default_rng(5)
    first = np.datetime64("2015-01-05T00:00:00")
    times = first + np.arange(PERIODS + HORIZON) * np.timedelta64(1, "D")
    weekday = np.arange(len(times)) % 7
    promo = np.tile((np.arange(len(times)) // 7 % 2 == 0) & (weekday < 5), (N, 1)).astype(float)
    opened = np.tile(weekday < 6, (N, 1)).astype(float)
    level = np.array([50.0, 100.0, 150.0, 200.0, 250.0])[:, None]
    sales = level * (1 + 0.5 * promo) * np.where(weekday == 5, 1.4, 1.0) * opened
    sales *= generator.normal(1, 0.04, sales.shape)
    keys = tuple((str(store),) for store in range(N))
    covariates = {"promo": promo, "open": opened}
    past = {name: values[:, :PERIODS] for name, values in covariates.items()}
    ahead = {name: values[:, PERIODS:] for name, values in covariates.items()}
    panel = Panel(keys, times[:PERIODS], "D", sales[:, :PERIODS], past)
    return panel, KnownFuture(times[PERIODS:], ahead)


@pytest.mark.parametrize("algorithm", ["auto", "pooled", "prophet", "seasonal_naive"])
@pytest.mark.parametrize("chunk", [2000, 2])
def test_the_parts_explain_the_median(
    chain: tuple[Panel, KnownFuture], algorithm: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "CHUNK", chunk)
    panel, future = chain
    fitted = train(algorithm, panel, FitConfig(horizon=HORIZON)).fitted
    middle = fitted.forecast(future, [0.5])[:, :, 0]

    found = list(parts_of(fitted, future, middle))

    assert np.concatenate([part.rows for part in found]).tolist() == list(range(N))
    if algorithm == "seasonal_naive":
        assert not found[0].names
        return
    promoted = np.concatenate([p.values[:, p.names.index("promo")] for p in found])
    of_weekday = [[n in ("weekly", "closures") for n in part.names] for part in found]
    weekly = np.concatenate(
        [p.values[:, chosen].sum(axis=1) for p, chosen in zip(found, of_weekday, strict=True)]
    )
    is_promoted = future.covariates["promo"][0] == 1
    assert (promoted[:, is_promoted] > 0.1 * middle[:, is_promoted]).all()
    closed = future.covariates["open"][0] == 0
    assert not promoted[:, closed].any()
    saturday = np.arange(HORIZON) % 7 == 5
    assert (weekly[:, saturday] > 0.1 * middle[:, saturday]).all()


def test_a_series_without_sales_has_no_parts(chain: tuple[Panel, KnownFuture]) -> None:
    panel, future = chain
    fitted = train("pooled", panel, FitConfig(horizon=HORIZON)).fitted

    (found,) = parts_of(fitted, future, np.zeros((N, HORIZON)))

    assert not found.values.any()
