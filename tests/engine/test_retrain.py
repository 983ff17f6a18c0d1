"""Retraining: what did not change is kept, what did is fitted again, and nothing ages unnoticed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast_service.engine import retrain
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.changes import changes, content_of
from forecast_service.engine.grouped import Grouped
from forecast_service.engine.metrics import average_wql
from forecast_service.engine.panel import Panel
from forecast_service.engine.pooled.regression import PooledRegression
from forecast_service.engine.train import Trained, train
from forecast_service.engine.training_result import Trained as Remembered

from .panels import future_of, make_panel, with_row, with_target
from .rossmann import real_chain

CONFIG = FitConfig(horizon=14)
STORES, DAYS, NEW_DAYS = 40, 84, 9


@pytest.fixture(scope="module")
def whole() -> Panel:
    """All that is ever known; every store sells at a pace of its own."""
    return make_panel(STORES, DAYS + NEW_DAYS)


@pytest.fixture(scope="module")
def past(whole: Panel) -> Panel:
    return whole.before(DAYS)


@pytest.fixture(scope="module")
def simple(past: Panel) -> Trained:
    """A full training of the cheapest algorithm, for the rules, which are those of all."""
    return train("seasonal_naive", past, CONFIG)


@pytest.fixture(scope="module")
def first(past: Panel) -> Trained:
    """A full training on the past."""
    return train("auto", past, CONFIG)


def with_days(whole: Panel, rows: list[int], days: int = 1) -> Panel:
    """The past and some newer days, of which only these rows are known."""
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
    """What was learned of each series: arrays with a row per series."""
    members = members_of(trained)
    regression = members["boosted"].pooled
    own = {name: getattr(regression, name) for name in ("own", "level", "noise")}
    models = members["prophet"].models
    fitted = {name: getattr(models, name) for name in ("k", "delta", "weekly", "covariates")}
    return {**own, **fitted}


def changed_rows(before: Trained, after: Trained) -> list[int]:
    """Series of which any parameter is another one."""
    pairs = zip(parameters(before).values(), parameters(after).values(), strict=True)
    differ = [(a != b).reshape(STORES, -1).any(axis=1) for a, b in pairs]
    return np.flatnonzero(np.any(differ, axis=0)).tolist()


def test_the_same_data_give_the_same_model_without_a_fit(past: Panel, first: Trained) -> None:
    again = train("auto", past, CONFIG, previous=first)

    assert changed_rows(first, again) == []
    assert again.windows == first.windows
    future = future_of(past)
    assert np.array_equal(
        again.fitted.forecast(future, (0.1, 0.9)), first.fitted.forecast(future, (0.1, 0.9))
    )
    assert again.notes == (
        "0 of 40 series were fitted again. What all series share was learned from the data until "
        "2015-03-25, weights and accuracy from those until 2015-03-25.",
    )


def test_a_new_day_of_one_store_fits_that_store_alone(whole: Panel, first: Trained) -> None:
    again = train("auto", with_days(whole, [3]), CONFIG, previous=first)

    assert changed_rows(first, again) == [3]
    assert again.fitted.until == whole.timestamps[DAYS]


def test_what_all_series_share_is_not_learned_again_for_one_store(
    whole: Panel, first: Trained
) -> None:
    again = train("auto", with_days(whole, [3]), CONFIG, previous=first)

    known, found = (members_of(each)["boosted"] for each in (first, again))
    assert np.array_equal(found.pooled.common, known.pooled.common)
    assert np.array_equal(found.pooled.uncertainty, known.pooled.uncertainty)
    assert found.trees == known.trees


def test_the_progress_of_a_retraining_tells_what_is_fitted(whole: Panel, first: Trained) -> None:
    seen: list[tuple[float, str]] = []

    train("auto", with_days(whole, [3]), CONFIG, lambda *each: seen.append(each), previous=first)

    assert [note for _, note in seen] == [
        "fitting 1 of 40 series again",
        "Prophet: 1 of 1 series",  # nothing of the effects that the stores share
        "1 of 40 series were fitted again",
    ]
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_trailing_days_of_which_nothing_is_known_are_no_change(
    whole: Panel, first: Trained
) -> None:
    again = train("auto", with_days(whole, [], 3), CONFIG, previous=first)

    assert changed_rows(first, again) == []
    assert again.notes[0].startswith("0 of 40 series")


def test_a_corrected_past_is_fitted_again_and_said(past: Panel, first: Trained) -> None:
    corrected = with_row(past, 5, np.where(np.arange(DAYS) == 30, 1.0, past.target[5]))

    again = train("auto", corrected, CONFIG, previous=first)

    assert changed_rows(first, again) == [5]
    assert again.notes[1] == (
        "1 series have another past than before; their weights and accuracy rest on what was "
        "known then."
    )


def test_a_new_series_is_fitted_and_one_that_is_gone_is_forgotten(
    past: Panel, first: Trained
) -> None:
    others = past.take([*range(1, STORES), 0])
    renamed = replace(others, keys=(*others.keys[:-1], ("new",)))

    again = train("auto", renamed, CONFIG, previous=first)

    assert again.notes[0].startswith("1 of 40 series were fitted again.")
    assert (again.fitted.keys, again.fitted.notes[-1]) == (renamed.keys, None)
    known = parameters(first)["level"]
    found = parameters(again)["level"]
    assert np.array_equal(found[:-1], known[1:])
    assert found[-1] == pytest.approx(known[0], rel=1e-3)


def test_many_new_days_fit_all_series_and_keep_the_windows(whole: Panel, first: Trained) -> None:
    again = train("auto", whole.before(DAYS + 2), CONFIG, previous=first)

    assert again.windows == first.windows
    assert changed_rows(first, again) == list(range(STORES))
    assert again.notes == (
        "40 of 40 series were fitted again. What all series share was learned from the data until "
        "2015-03-27, weights and accuracy from those until 2015-03-25.",
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
        "Every series was fitted again: 4 periods came since the last full training, on the data "
        "until 2015-03-25, and 3 may.",
    )


def test_small_steps_add_up_until_everything_is_done_again(past: Panel, simple: Trained) -> None:
    panel, trained = past, simple
    for row in range(3):
        panel = with_row(panel, row, panel.target[row] * 1.5)
        trained = train("seasonal_naive", panel, CONFIG, previous=trained)

    assert trained.notes == (
        "Every series was fitted again: the past of 3 of 40 series is another one than in the "
        "last full training, and that of 5% may be.",
    )
    assert trained.kept.rewritten == 0


@pytest.mark.parametrize("change", [{"horizon": 13}, {"seed": 1}, {"country": "DE"}])
def test_another_configuration_keeps_nothing(past: Panel, simple: Trained, change: Any) -> None:
    again = train("seasonal_naive", past, replace(CONFIG, **change), previous=simple)

    assert again.notes == (
        "Every series was fitted again: the configuration or the engine itself is another one.",
    )


def test_a_history_that_ends_earlier_keeps_nothing(past: Panel, simple: Trained) -> None:
    again = train("seasonal_naive", past.before(DAYS - 1), CONFIG, previous=simple)

    assert again.notes[-1].startswith("Every series was fitted again: the data end before")


def test_an_attribute_belongs_to_the_content(past: Panel) -> None:
    described = replace(past, attributes={"type": ("a",) * STORES})
    other = replace(past, attributes={"type": ("a",) * (STORES - 1) + ("b",)})

    found, _ = changes(content_of("auto", described, CONFIG), other)

    assert (found.edited.tolist(), found.rows.tolist()) == ([STORES - 1], [STORES - 1])


def test_an_algorithm_that_fits_no_single_series_fits_all(past: Panel, simple: Trained) -> None:
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
def test_on_real_data_they_are_as_good_too(rossmann: Path) -> None:
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
    """Of the known days after the cutoff, over all stores."""
    future = whole.known_between(cutoff, whole.n_periods)
    quantiles = trained.fitted.forecast(future, (0.1, 0.5, 0.9))
    by_level = {level: quantiles[:, :, i] for i, level in enumerate((0.1, 0.5, 0.9))}
    return average_wql(whole.target[:, cutoff:], by_level)


def test_steps_and_a_jump_end_at_the_same_parameters(whole: Panel, first: Trained) -> None:
    """What is known of a series counts, not on how many trainings it came."""
    step = train("auto", with_days(whole, [3], 1), CONFIG, previous=first)
    steps = train("auto", with_days(whole, [3], 2), CONFIG, previous=step)
    jump = train("auto", with_days(whole, [3], 2), CONFIG, previous=first)

    assert (steps.kept.changed, jump.kept.changed) == (2, 1)
    assert changed_rows(steps, jump) == []


def test_what_a_training_remembers_survives_as_arrays(whole: Panel, first: Trained) -> None:
    memory = first.memory()
    restored = Remembered.remembered(first.fitted, memory)

    assert (restored.windows, restored.notes) == (first.windows, first.notes)
    assert restored.kept == first.kept
    panel = with_days(whole, [3])
    one = train("auto", panel, CONFIG, previous=first)
    other = train("auto", panel, CONFIG, previous=restored)
    assert changed_rows(one, other) == []


def test_a_refit_on_the_same_data_finds_what_the_training_found(
    past: Panel, first: Trained
) -> None:
    every = np.arange(STORES)

    again = retrain.refit("auto", first.fitted, past, every, CONFIG)

    found = parameters(replace(first, fitted=again))
    for name, values in parameters(first).items():
        assert np.allclose(found[name], values, rtol=1e-3, atol=1e-4), name
