"""NPTS: weights computed by hand, and compared with samples."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.panel import Panel
from forecast_service.engine.simple.npts import FittedNpts, Npts, season_feature
from forecast_service.engine.simple.npts_options import NptsOptions
from forecast_service.errors import InvalidData

from ..panels import future_of, make_panel, sparse_panel

TWO_WEEKS = [3.0, *[0.0] * 6, 5.0, *[0.0] * 6]  # 3 and 5 on the first day of the week


def panel_of(row: list[float]) -> Panel:
    panel = make_panel(1, len(row), closes=False)
    return replace(panel, target=np.array([row]))


def fit(panel: Panel, **options: str) -> FittedNpts:
    return Npts().fit(panel, FitConfig(horizon=14, options=options))


def first_day(fitted: FittedNpts, panel: Panel, *levels: float) -> list[float]:
    return fitted.forecast(future_of(panel, closes=False), levels)[0, 0].tolist()


def test_a_day_is_sampled_from_the_same_weekday_the_newest_first() -> None:
    panel = panel_of(TWO_WEEKS)
    newer = exp(0.07)  # seven periods newer, 0.01 each

    fitted = fit(panel)

    assert first_day(fitted, panel, 0.48, 0.49) == [3, 5]  # 1 / (1 + newer) = 0.4825
    mean = fitted.mean(future_of(panel, closes=False))
    assert mean[0, 0] == pytest.approx((3 + 5 * newer) / (1 + newer))
    assert mean[0, 7] == mean[0, 0]
    assert not mean[0, 1:7].any()


def test_a_larger_kernel_weight_decays_faster() -> None:
    panel = panel_of(TWO_WEEKS)

    assert first_day(fit(panel, exp_kernel_weights="1"), panel, 0.01) == [5]


def test_the_uniform_kernel_weighs_all_seasons_alike() -> None:
    panel = panel_of(TWO_WEEKS)

    assert first_day(fit(panel, kernel_type="uniform"), panel, 0.5, 0.51) == [3, 5]


@pytest.mark.parametrize("switch", ["use_seasonal_model", "use_default_time_features"])
def test_without_seasons_all_days_are_sampled(switch: str) -> None:
    panel = panel_of(TWO_WEEKS)

    fitted = fit(panel, **{switch: "False"}, kernel_type="uniform")

    levels = (12 / 14, 12.1 / 14, 13 / 14, 13.1 / 14)
    assert first_day(fitted, panel, *levels) == [0, 3, 3, 5]


def test_only_the_context_is_sampled() -> None:
    panel = panel_of(TWO_WEEKS)

    assert first_day(fit(panel, context_length="7"), panel, 0.01, 0.99) == [5, 5]


def test_a_series_without_sales_in_the_context_is_sampled_from_its_whole_history() -> None:
    panel = panel_of([4.0] * 7 + [np.nan] * 7)

    fitted = fit(panel, context_length="7")

    assert first_day(fitted, panel, 0.5) == [4]
    assert fitted.notes == (
        "Its newest 7 periods (context_length) have no known sales, so its whole history is "
        "sampled.",
    )


def test_a_weekday_without_known_sales_is_sampled_from_all_others() -> None:
    row = [np.nan, *[2.0] * 6] * 2

    assert first_day(fit(panel_of(row)), panel_of(row), 0.5) == [2]


def test_quantiles_are_those_of_many_recursive_samples() -> None:
    panel = sparse_panel(1, 60)
    panel = replace(panel, covariates={})
    random = np.random.default_rng(1)
    past = np.tile(panel.target[0], (4000, 1))
    for _ in range(3):
        weights = np.exp(-0.05 * np.arange(past.shape[1], 0, -1))
        drawn = random.choice(past.shape[1], size=len(past), p=weights / weights.sum())
        past = np.column_stack([past, past[np.arange(len(past)), drawn]])

    fitted = fit(panel, use_seasonal_model="False", exp_kernel_weights="0.05")

    mean = fitted.mean(future_of(panel, closes=False))[0, :3]
    assert np.allclose(past[:, -3:].mean(axis=0), mean, atol=0.06)
    share = (past[:, -1] <= fitted.forecast(future_of(panel), (0.8,))[0, 2, 0]).mean()
    assert share >= 0.78


@pytest.mark.parametrize(
    ("frequency", "time", "feature"),
    [
        ("D", "2015-06-17", 2),  # a Wednesday
        ("W", "2015-06-15", 14),
        ("M", "2015-06-01", 5),
        ("H", "2015-06-17T13:00", 13),
        ("15min", "2015-06-17T13:45", 45),
        ("Y", "2015-01-01", 0),
    ],
)
def test_the_season_follows_amazons_seasonal_feature(frequency, time, feature) -> None:
    times = np.array([time], dtype="datetime64[s]")

    assert season_feature(times, frequency).tolist() == [feature]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"epochs": "5"},
            "'epochs' is not a training parameter of NPTS. Allowed are: context_length",
        ),
        ({"context_length": "0"}, "'context_length' is '0'; it must be a positive whole number."),
        ({"kernel_type": "gaussian"}, "it must be 'exponential' or 'uniform'"),
        (
            {"exp_kernel_weights": "-1"},
            "'exp_kernel_weights' is '-1'; it must be a positive",
        ),
        ({"exp_kernel_weights": "nan"}, "must be a positive number"),
        ({"use_seasonal_model": "yes"}, "it must be 'True' or 'False'"),
        ({"kernel_type": "uniform", "exp_kernel_weights": "1"}, "only with kernel_type"),
    ],
)
def test_options_that_are_not_allowed_are_refused(options, sentence) -> None:
    with pytest.raises(InvalidData) as caught:
        NptsOptions.parse(options)

    assert sentence in str(caught.value)


def test_texts_contain_the_defaults() -> None:
    assert NptsOptions.parse({"context_length": "90"}).texts() == {
        "context_length": "90",
        "kernel_type": "exponential",
        "exp_kernel_weights": "0.01",
        "use_seasonal_model": "True",
        "use_default_time_features": "True",
    }
