"""Retraining: fits what changed, keeps everything else, and starts anew when a model is too old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast_service.engine import retrain
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.grouped import Grouped
from forecast_service.engine.metrics import average_wql
from forecast_service.engine.panel import Panel
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.train import Trained, train

from .panels import future_of, make_panel, with_row, with_target
from .rossmann import real_chain

CONFIG = FitConfig(horizon=14)
STORES, DAYS, NEW_DAYS = 40, 84, 9


@pytest.fixture(scope="module")
def whole() -> Panel:
    """All days; every store has its own level."""
    return make_panel(STORES, DAYS + NEW_DAYS)


@pytest.fixture(scope="module")
def past(whole: Panel) -> Panel:
    return whole.before(DAYS)


@pytest.fixture(scope="module")
def simple(past: Panel) -> Trained:
    """A full training of the fastest algorithm: the rules are the same for all."""
    return train("seasonal_naive", past, CONFIG)


@pytest.fixture(scope="module")
def first(past: Panel) -> Trained:
    """A full training on the past."""
    return train("auto", past, CONFIG)


def with_days(whole: Panel, rows: list[int], days: int = 1) -> Panel:
    """The past and some newer days; on these only the stores at ``rows`` have known sales."""
    panel = whole.before(DAYS + days)
    target = panel.target.copy()
    others = np.setdiff1d(np.arange(STORES), rows)
    target[others, DAYS:] = np.nan
    return with_target(panel, target)


def members_of(trained: Trained) -> Any:
    """The members of auto, by name; all stores are of one demand class."""
    assert isinstance(trained.fitted, Grouped)
    return trained.fitted.groups[0].model.members


def parameters(trained: Trained) -> dict[str, np.ndarray]:
    """The parameters of each series: arrays with a row per series."""
    members = members_of(trained)
    regression = members["boosted"].pooled
    own = {name: getattr(regression, name) for name in ("own", "level", "noise")}
    models = members["prophet"].models
    fitted = {name: getattr(models, name) for name in ("k", "delta", "weekly", "covariates")}
    return {**own, **fitted}


def changed_rows(before: Trained, after: Trained) -> list[int]:
    """Rows of the series with any changed parameter."""
    pairs = zip(parameters(before).values(), parameters(after).values(), strict=True)
    differ = [(a != b).reshape(STORES, -1).any(axis=1) for a, b in pairs]
    return np.flatnonzero(np.any(differ, axis=0)).tolist()


def test_unchanged_data_give_the_same_model_without_a_fit(past: Panel, first: Trained) -> None:
    again = train("auto", past, CONFIG, previous=first)

    assert changed_rows(first, again) == []
    assert again.windows == first.windows
    future = future_of(past)
    assert np.array_equal(
        again.fitted.forecast(future, (0.1, 0.9)), first.fitted.forecast(future, (0.1, 0.9))
    )
    assert again.notes == (
        "0 of 40 series were fitted again. The effects that all series share come from the data "
        "until 2015-03-25, weights and accuracy from the data until 2015-03-25.",
    )


def test_a_new_day_of_one_store_fits_that_store_alone(whole: Panel, first: Trained) -> None:
    again = train("auto", with_days(whole, [3]), CONFIG, previous=first)

    assert changed_rows(first, again) == [3]
    assert again.fitted.until == whole.timestamps[DAYS]


def test_a_new_day_of_one_store_keeps_the_shared_effects(whole: Panel, first: Trained) -> None:
    again = train("auto", with_days(whole, [3]), CONFIG, previous=first)

    before, after = (members_of(trained)["boosted"] for trained in (first, again))
    assert np.array_equal(after.pooled.common, before.pooled.common)
    assert np.array_equal(after.pooled.uncertainty, before.pooled.uncertainty)
    assert after.trees == before.trees


def test_the_progress_of_a_retraining_names_what_is_fitted(whole: Panel, first: Trained) -> None:
    reports: list[tuple[float, str]] = []

    train("auto", with_days(whole, [3]), CONFIG, lambda *each: reports.append(each), previous=first)

    assert [note for _, note in reports] == [
        "fitting 1 of 40 series again",
        "Prophet: 1 of 1 series",  # the shared effects of the pooled members are kept
        "1 of 40 series were fitted again",
    ]
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_trailing_days_without_known_sales_are_no_change(whole: Panel, first: Trained) -> None:
    again = train("auto", with_days(whole, [], 3), CONFIG, previous=first)

    assert changed_rows(first, again) == []
    assert again.notes[0].startswith("0 of 40 series")


def test_a_corrected_past_is_fitted_again_and_noted(past: Panel, first: Trained) -> None:
    corrected = with_row(past, 5, np.where(np.arange(DAYS) == 30, 1.0, past.target[5]))

    again = train("auto", corrected, CONFIG, previous=first)

    assert changed_rows(first, again) == [5]
    assert again.notes[1] == (
        "The past of 1 series changed; their weights and accuracy still come from the earlier data."
    )


def test_a_new_series_is_fitted_and_a_missing_one_is_dropped(past: Panel, first: Trained) -> None:
    others = past.take([*range(1, STORES), 0])
    renamed = replace(others, keys=(*others.keys[:-1], ("new",)))

    again = train("auto", renamed, CONFIG, previous=first)

    assert again.notes[0].startswith("1 of 40 series were fitted again.")
    assert (again.fitted.keys, again.fitted.notes[-1]) == (renamed.keys, None)
    before = parameters(first)["level"]
    after = parameters(again)["level"]
    assert np.array_equal(after[:-1], before[1:])
    assert after[-1] == pytest.approx(before[0], rel=1e-3)


def test_many_new_days_fit_all_series_and_keep_the_windows(whole: Panel, first: Trained) -> None:
    again = train("auto", whole.before(DAYS + 2), CONFIG, previous=first)

    assert again.windows == first.windows
    assert changed_rows(first, again) == list(range(STORES))
    assert again.notes == (
        "40 of 40 series were fitted again. The effects that all series share come from the data "
        "until 2015-03-27, weights and accuracy from the data until 2015-03-25.",
    )
    fresh = PooledRegression().fit(whole.before(DAYS + 2), CONFIG)
    assert np.array_equal(parameters(again)["level"], fresh.level)


def test_after_a_fourth_of_the_horizon_everything_is_done_again(
    whole: Panel, simple: Trained
) -> None:
    panel = with_days(whole, [3], 4)

    again = train("seasonal_naive", panel, CONFIG, previous=simple)

    assert again.windows == train("seasonal_naive", panel, CONFIG).windows
    assert again.notes == (
        "Every series was fitted again: the last full training used the data until 2015-03-25; "
        "4 periods came since then, and 3 are allowed.",
    )


def test_small_steps_add_up_until_everything_is_done_again(past: Panel, simple: Trained) -> None:
    panel, trained = past, simple
    for row in range(3):
        panel = with_row(panel, row, panel.target[row] * 1.5)
        trained = train("seasonal_naive", panel, CONFIG, previous=trained)

    assert trained.notes == (
        "Every series was fitted again: since the last full training, 3 of 40 series are new, gone "
        "or have a changed past, and 5 % are allowed.",
    )
    assert trained.kept.rewritten == 0


@pytest.mark.parametrize("change", [{"horizon": 13}, {"seed": 1}, {"country": "DE"}])
def test_another_configuration_keeps_nothing(past: Panel, simple: Trained, change: Any) -> None:
    again = train("seasonal_naive", past, replace(CONFIG, **change), previous=simple)

    assert again.notes == (
        "Every series was fitted again: the configuration or the engine changed.",
    )


def test_a_history_that_ends_earlier_keeps_nothing(past: Panel, simple: Trained) -> None:
    again = train("seasonal_naive", past.before(DAYS - 1), CONFIG, previous=simple)

    assert again.notes == (
        "Every series was fitted again: the data end before 2015-03-25, their end in the last "
        "training.",
    )


def test_an_algorithm_that_cannot_fit_single_series_fits_all(past: Panel, simple: Trained) -> None:
    again = train("seasonal_naive", with_row(past, 0, 7.0), CONFIG, previous=simple)

    assert again.notes[0].startswith("40 of 40 series were fitted again.")
    assert again.windows == simple.windows


def test_the_forecasts_are_as_good_as_those_of_a_full_training(
    whole: Panel, first: Trained
) -> None:
    panel = with_days(whole, [3])
    full = train("auto", panel, CONFIG)

    again = train("auto", panel, CONFIG, previous=first)

    assert wql(again, whole, DAYS + 1) == pytest.approx(wql(full, whole, DAYS + 1), rel=0.02)


@pytest.mark.slow
@pytest.mark.rossmann
def test_on_real_data_the_forecasts_are_as_good_as_those_of_a_full_training(rossmann: Path) -> None:
    chain = real_chain(rossmann)
    whole = chain.take(range(0, chain.n_series, 20))
    cutoff = whole.n_periods - 49
    config = FitConfig(horizon=48)
    base = train("auto", whole.before(cutoff), config)
    target = whole.target[:, : cutoff + 1].copy()
    target[np.arange(whole.n_series) != 1, -1] = np.nan
    panel = with_target(whole.before(cutoff + 1), target)

    again, full = train("auto", panel, config, previous=base), train("auto", panel, config)

    assert again.notes[0].startswith("1 of 56 series were fitted again.")
    assert wql(again, whole, cutoff + 1) == pytest.approx(wql(full, whole, cutoff + 1), rel=0.02)


def wql(trained: Trained, whole: Panel, cutoff: int) -> float:
    """Average wQL over the known days after the cutoff of all stores."""
    future = whole.known_between(cutoff, whole.n_periods)
    quantiles = trained.fitted.forecast(future, (0.1, 0.5, 0.9))
    by_level = {level: quantiles[:, :, i] for i, level in enumerate((0.1, 0.5, 0.9))}
    return average_wql(whole.target[:, cutoff:], by_level)


def test_one_retraining_or_several_give_the_same_parameters(whole: Panel, first: Trained) -> None:
    one = train("auto", with_days(whole, [3], 1), CONFIG, previous=first)
    two = train("auto", with_days(whole, [3], 2), CONFIG, previous=one)
    at_once = train("auto", with_days(whole, [3], 2), CONFIG, previous=first)

    assert (two.kept.changed, at_once.kept.changed) == (2, 1)
    assert changed_rows(two, at_once) == []


def test_the_record_of_a_training_survives_as_arrays(whole: Panel, first: Trained) -> None:
    restored = Trained.from_record(first.fitted, first.record())

    assert (restored.windows, restored.notes) == (first.windows, first.notes)
    assert restored.kept == first.kept
    panel = with_days(whole, [3])
    one = train("auto", panel, CONFIG, previous=first)
    other = train("auto", panel, CONFIG, previous=restored)
    assert changed_rows(one, other) == []


def test_a_refit_on_the_same_data_gives_the_parameters_of_the_training(
    past: Panel, first: Trained
) -> None:
    rows = np.arange(STORES)

    again = retrain.refit("auto", first.fitted, past, rows, CONFIG)

    refitted = parameters(replace(first, fitted=again))
    for name, values in parameters(first).items():
        assert np.allclose(refitted[name], values, rtol=1e-3, atol=1e-4), name
