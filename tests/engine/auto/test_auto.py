"""Auto: each series gets an average of the algorithms that suit it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_service.engine import archive
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.auto.auto_algorithm import Auto, FittedAuto, fit_with_backtest
from forecast_service.engine.auto.combination import FittedCombination
from forecast_service.engine.auto.members import FREQUENT
from forecast_service.engine.panel import Panel
from forecast_service.engine.registry import algorithm

from ..panels import future_of, make_panel, with_row, with_target

CONFIG = FitConfig(horizon=14, backtest_windows=2)
LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Four stores of half a year; of the last one only ten days are known."""
    panel = make_panel(4, 180)
    short = np.where(np.arange(180) >= 170, panel.target[3], np.nan)
    return with_row(panel, 3, short)


@pytest.fixture(scope="module")
def auto(panel: Panel) -> FittedAuto:
    return fit_with_backtest(panel, CONFIG)[0]


@pytest.fixture(scope="module")
def fitted(auto: FittedAuto) -> FittedCombination:
    """The combination of the four stores, which are all smooth."""
    return auto.groups[0].model


def test_the_forecast_is_the_weighted_mean_of_the_members(panel, fitted: FittedCombination) -> None:
    future = future_of(panel)

    expected = sum(
        share[:, None] * member.mean(future)
        for share, member in zip(fitted.weights.T, fitted.members.values(), strict=True)
    )

    assert tuple(fitted.members) == FREQUENT
    assert np.allclose(fitted.mean(future), expected)


def test_weights_are_shares_and_the_text_names_them(panel, fitted: FittedCombination) -> None:
    mixed = replace(fitted, chosen_weights=np.tile([0.3, 0.7, 0.0], (4, 1)))

    assert np.allclose(fitted.weights.sum(axis=1), 1)
    assert (fitted.weights >= 0).all()
    assert mixed.algorithms[:3] == ("prophet 0.7, boosted 0.3",) * 3


def test_the_weight_of_a_missing_member_is_shared_and_a_note_says_why(
    fitted: FittedCombination,
) -> None:
    mixed = replace(fitted, chosen_weights=np.tile([0.4, 0.4, 0.2], (4, 1)))

    assert np.allclose(mixed.weights[3], [2 / 3, 0, 1 / 3])
    assert mixed.algorithms[3] == "boosted 0.67, seasonal_naive 0.33"
    assert mixed.notes[:3] == (None, None, None)
    assert mixed.notes[3] == ("Prophet was not used: it needs 14 open days, and this series has 8.")


def test_without_a_backtest_weights_are_equal_and_nothing_is_calibrated() -> None:
    auto, tested = fit_with_backtest(make_panel(n_days=25), CONFIG)
    fitted = auto.groups[0].model

    assert np.allclose(fitted.weights, 1 / 3)
    assert (fitted.calibration, fitted.coverage, tested.windows) == (None, None, ())


def test_the_better_member_gets_the_weight() -> None:
    days = np.arange(200)
    weekday = np.where(
        days < 150, days % 7, 6 - days % 7
    )  # the week is reversed, then repeats exactly
    repeating = np.tile(100.0 + 30 * weekday, (6, 1))
    panel = make_panel(6, 200, closes=False)

    reversed_ = fit_with_backtest(with_target(panel, repeating), CONFIG)[0].groups[0].model
    regular = fit_with_backtest(panel, CONFIG)[0].groups[0].model

    assert regular.weights[:, 2].max() < 0.3
    assert reversed_.weights[:, 2].min() > 0.5


def test_the_forecast_of_a_window_does_not_depend_on_its_days(panel) -> None:
    changed = panel.target.copy()
    changed[:, -14:] *= np.random.default_rng(3).uniform(0.2, 3, (4, 14))

    before, _ = fit_with_backtest(panel, CONFIG)[1].windows
    after, _ = fit_with_backtest(with_target(panel, changed), CONFIG)[1].windows

    assert not np.array_equal(before.actual, after.actual)
    assert np.array_equal(before.quantiles, after.quantiles)
    assert np.array_equal(before.mean, after.mean)


def test_coverage_counts_the_open_days_of_all_windows(panel, fitted: FittedCombination) -> None:
    assert fitted.coverage is not None
    assert fitted.coverage.nominal == pytest.approx(0.8)
    assert fitted.coverage.days.tolist() == [24, 24, 24, 8]
    assert np.mean(fitted.coverage.measured[:3]) == pytest.approx(0.8, abs=0.15)


def test_a_new_series_takes_the_common_weights(auto: FittedAuto, fitted: FittedCombination) -> None:
    newer = make_panel(5, 194)

    later = Auto().condition(auto, newer).groups[0].model

    assert np.array_equal(later.chosen_weights[:4], fitted.chosen_weights)
    assert np.array_equal(later.chosen_weights[4], fitted.common_weights)
    assert later.coverage is not None
    assert later.coverage.days.tolist() == [24, 24, 24, 8, 0]
    assert np.isfinite(later.forecast(future_of(newer), LEVELS)).all()


def test_members_are_fitted_as_they_would_be_alone(panel, fitted: FittedCombination) -> None:
    future = future_of(panel)

    alone = algorithm("boosted").fit(panel, CONFIG)

    assert np.array_equal(
        fitted.members["boosted"].forecast(future, LEVELS), alone.forecast(future, LEVELS)
    )


def test_facts_name_members_and_the_measured_coverage(fitted: FittedCombination) -> None:
    mixed = replace(fitted, chosen_weights=np.tile([0.3, 0.7, 0.0], (4, 1)))
    assert mixed.coverage is not None

    facts = mixed.facts

    assert facts[0]["members"] == {"prophet": 0.7, "boosted": 0.3}
    assert facts[0]["coverage"] == {
        "p10-p90": {
            "nominal": 0.8,
            "measured": round(float(mixed.coverage.measured[0]), 3),
            "days": 24,
        }
    }
    assert "coverage" not in replace(fitted, coverage=None).facts[0]


def test_facts_have_the_errors_of_the_backtest(fitted: FittedCombination, panel: Panel) -> None:
    errors = fitted.facts[0]["backtest"]

    assert set(errors) == {"wape", "bias", "days"}
    assert 0 < errors["wape"] < 1
    assert abs(errors["bias"]) <= errors["wape"]
    assert errors["days"] == 24
    assert "backtest" not in replace(fitted, errors=None).facts[0]


def test_a_model_file_keeps_weights_and_coverage(auto: FittedAuto, tmp_path) -> None:
    archive.save(tmp_path / "000.npz", auto.to_arrays(), {})

    loaded = Auto().from_arrays(archive.load(tmp_path / "000.npz")[0])

    assert loaded.facts == auto.facts
    assert (
        loaded.groups[0].model.chosen_weights.tolist()
        == auto.groups[0].model.chosen_weights.tolist()
    )
    assert (
        loaded.groups[0].model.common_weights.tolist()
        == auto.groups[0].model.common_weights.tolist()
    )
