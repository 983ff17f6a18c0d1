"""Auto on a mixed assortment: sparse series are trained apart from the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine import archive
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.auto.auto_algorithm import Auto, FittedAuto, fit_with_backtest
from forecast_service.engine.auto.members import FREQUENT, SPARSE
from forecast_service.engine.backtest import Backtest
from forecast_service.engine.metrics import average_wql
from forecast_service.engine.registry import algorithm

from ..panels import future_of, make_panel, sparse_panel, stacked

CONFIG = FitConfig(horizon=14, backtest_windows=2)
LEVELS = (0.1, 0.5, 0.9)
DENSE, ITEMS = make_panel(3, 120), sparse_panel(12, 120)
ORDER = np.array([3, 4, 0, 5, 6, 7, 1, 8, 9, 10, 11, 12, 13, 2, 14])
PANEL = stacked(DENSE, ITEMS).take(ORDER)  # dense ones are rows 2, 6 and 13
IS_DENSE = ORDER < 3


@pytest.fixture(scope="module")
def both() -> tuple[FittedAuto, Backtest]:
    return fit_with_backtest(PANEL, CONFIG)


@pytest.fixture(scope="module")
def fitted(both: tuple[FittedAuto, Backtest]) -> FittedAuto:
    return both[0]


def test_each_class_has_members_of_its_own(fitted: FittedAuto) -> None:
    frequent, sparse = fitted.groups

    assert (tuple(frequent.model.members), tuple(sparse.model.members)) == (FREQUENT, SPARSE)
    assert frequent.rows.tolist() == [2, 6, 13]
    assert fitted.keys == PANEL.keys


def test_sparse_series_do_not_change_the_forecasts_of_others(both) -> None:
    alone, tested_alone = fit_with_backtest(DENSE, CONFIG)
    fitted, tested = both

    expected = alone.forecast(future_of(DENSE), LEVELS)
    values = fitted.forecast(future_of(PANEL), LEVELS)

    assert np.array_equal(values[IS_DENSE], expected)
    assert np.array_equal(fitted.mean(future_of(PANEL))[IS_DENSE], alone.mean(future_of(DENSE)))
    for ours, theirs in zip(tested.windows, tested_alone.windows, strict=True):
        assert np.array_equal(ours.quantiles[IS_DENSE], theirs.quantiles)


def test_the_backtest_has_the_rows_of_the_panel(both) -> None:
    tested = both[1]

    assert tested.keys == PANEL.keys
    assert np.array_equal(tested.windows[0].actual, PANEL.target[:, -14:])
    assert np.array_equal(tested.windows[1].history, PANEL.target[:, :-28])


def test_facts_name_the_demand_class(fitted: FittedAuto) -> None:
    assert [fact["demand"] for fact in fitted.facts][:3] == ["intermittent"] * 2 + ["smooth"]


def test_a_new_series_joins_its_demand_class(fitted: FittedAuto) -> None:
    keys = (("new item",), ("new store",), ("nothing known",), *PANEL.keys[:-3])
    renamed = replace(PANEL.take([0, 2, 0, *range(12)]), keys=keys)
    renamed.target[2] = np.nan

    later = Auto().condition(fitted, renamed)

    assert later.keys == keys
    assert later.demand is not None
    assert later.demand.classes[:3] == ("intermittent", "smooth", "unknown")
    assert later.groups[0].rows.tolist() == [1, 5, 9]  # the new store, and two known ones
    assert np.isfinite(later.forecast(future_of(renamed), LEVELS)).all()


def test_a_class_may_become_empty_when_series_end(fitted: FittedAuto) -> None:
    items = PANEL.take(np.flatnonzero(~IS_DENSE))

    later = Auto().condition(fitted, items)

    expected = fitted.forecast(future_of(PANEL), LEVELS)[~IS_DENSE]
    assert np.array_equal(later.forecast(future_of(items), LEVELS), expected)


def test_a_subset_of_series_has_the_same_forecasts(fitted: FittedAuto) -> None:
    rows, future = np.array([6, 0, 2]), future_of(PANEL)

    few = fitted.take(rows, future)

    assert few.keys == tuple(PANEL.keys[row] for row in rows)
    assert few.facts == tuple(fitted.facts[row] for row in rows)
    expected = fitted.forecast(future, LEVELS)[rows]
    assert few.forecast(future.take(rows), LEVELS) == pytest.approx(expected)


def test_a_model_file_keeps_the_groups(fitted: FittedAuto, tmp_path) -> None:
    archive.save(tmp_path / "000.npz", fitted.to_arrays(), {})

    loaded = Auto().from_arrays(archive.load(tmp_path / "000.npz")[0])

    assert (loaded.keys, loaded.facts) == (fitted.keys, fitted.facts)
    future = future_of(PANEL)
    assert np.array_equal(loaded.forecast(future, LEVELS), fitted.forecast(future, LEVELS))


def test_tested_periods_do_not_influence_the_class(fitted: FittedAuto) -> None:
    target = PANEL.target.copy()
    target[~IS_DENSE, -28:] = 50.0  # sells every day since

    assert fit_with_backtest(replace(PANEL, target=target), CONFIG)[0].demand == fitted.demand


def test_sparse_series_are_forecast_better_than_by_pooled_regression_or_seasonal_naive() -> None:
    future, actual = ITEMS.known_between(106, 120), ITEMS.target[:, 106:]
    config = replace(CONFIG, quantiles=tuple(tenths / 10 for tenths in range(1, 10)))

    def wql(name: str) -> float:
        values = algorithm(name).fit(ITEMS.before(106), config).forecast(future, config.quantiles)
        return average_wql(actual, {q: values[:, :, i] for i, q in enumerate(config.quantiles)})

    ours = wql("auto")

    assert ours < 0.97 * wql("pooled")
    assert ours < 0.75 * wql("seasonal_naive")


def test_the_coverage_of_sparse_series_is_at_least_nominal(fitted: FittedAuto) -> None:
    sparse = fitted.groups[1].model.coverage
    assert sparse is not None

    assert sparse.measured.mean() >= 0.8
