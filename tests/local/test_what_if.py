"""What-ifs from model files of forecasts: several files, weeks, damaged files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast_service.common.keys import series_key
from forecast_service.details import Change, WhatIfSeries
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.guards.bounds import Bounds
from forecast_service.engine.panel import KnownFuture, Panel
from forecast_service.engine.registry import algorithm
from forecast_service.errors import Conflict, NoForecast, OutsideHorizon, Remedy
from forecast_service.local.catalog import Resource
from forecast_service.local.jobs import forecast_models
from forecast_service.local.jobs.forecast_models import (
    CovariateRange,
    ServedModel,
    ServedModels,
    covariate_ranges,
    keep_model,
)
from forecast_service.local.jobs.forecast_values import values_of
from forecast_service.local.jobs.limits import Limits
from forecast_service.local.what_if import what_if

TYPES = ("0.1", "0.5", "mean")
SUNDAY = np.datetime64("2023-01-01T00:00:00", "s")


def served(frequency: str = "D", series: int = 5, periods: int = 80) -> ServedModel:
    """A model of some series with promotions in every third period, always open."""
    times = next_periods(SUNDAY, frequency, periods + 6)
    covariates = {
        "open": np.ones((series, periods + 6)),
        "promo": np.tile((np.arange(periods + 6) % 3 == 0).astype(float), (series, 1)),
    }
    noise = np.random.default_rng(5).normal(1, 0.05, (series, periods))
    level = 100.0 * (1 + np.arange(series))[:, None]
    sold = level * (1 + 0.5 * covariates["promo"][:, :periods]) * noise
    keys = tuple((f"S{row}",) for row in range(series))
    past = {name: values[:, :periods] for name, values in covariates.items()}
    panel = Panel(keys, times[:periods], frequency, sold, past)
    ahead = {name: values[:, periods:] for name, values in covariates.items()}
    future = KnownFuture(times[periods:], ahead)
    fitted = algorithm("pooled").fit(panel, FitConfig(horizon=6))
    return ServedModel(fitted, future, frequency, TYPES, covariate_ranges(panel, future))


def forecast(files: list[dict[str, Any]]) -> Resource:
    """A forecast with its model in these files."""
    return Resource(
        sequence=1,
        arn="arn:aws:forecast:eu-west-1:000000000000:forecast/f",
        type="forecast",
        name="f",
        parent_arn=None,
        dataset_group_arn=None,
        status="ACTIVE",
        message=None,
        request={},
        details={"served": files},
        progress=None,
        progress_note=None,
        created_at=0.0,
        modified_at=0.0,
    )


def ask(home: Path, model: ServedModel, store: str, *changes: Change) -> WhatIfSeries:
    """The what-if of one series, from model files."""
    files = keep_model(home, "pooled", model)
    return what_if(forecast(files), ServedModels(home), [series_key([store])], changes)[0]


def test_a_model_in_several_files_answers_like_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast_models, "SERIES", 2)
    model = served()
    whole = values_of(model.fitted, model.known_future, TYPES)
    files = keep_model(tmp_path, "pooled", model)
    keys = [series_key([name]) for name in ("S4", "S0", "S3")]

    answers = what_if(forecast(files), ServedModels(tmp_path), keys, [])

    assert [file["first"] for file in files] == [["S0"], ["S2"], ["S4"]]
    for row, answer in zip((4, 0, 3), answers, strict=True):
        assert answer.baseline.values == pytest.approx(whole[row])


def test_a_process_keeps_few_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_models, "SERIES", 1)
    files = keep_model(tmp_path, "pooled", served())
    largest = max((tmp_path / file["path"]).stat().st_size for file in files)
    monkeypatch.setattr(forecast_models, "CACHE_BYTES", 2 * largest + 1)
    models = ServedModels(tmp_path)

    models.of(files, [("S0",), ("S1",), ("S2",)])

    assert list(models._models) == [file["path"] for file in files[1:3]]


def test_models_of_earlier_forecasts_are_dropped(tmp_path: Path) -> None:
    models = ServedModels(tmp_path)
    for _ in range(5):
        models.of(keep_model(tmp_path, "pooled", served()), [("S0",)])

    assert len(models) == 1


def test_each_model_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_models, "SERIES", 1)
    files = keep_model(tmp_path, "pooled", served())
    models = ServedModels(tmp_path)
    keys = [(f"S{row}",) for row in range(5)]
    before = models.of(files, keys)
    for file in files:
        (tmp_path / file["path"]).unlink()

    after = [models.of(files, [key])[0][0] for key in keys]

    assert all(a is b for a, (b, _) in zip(after, before, strict=True))


def test_changed_days_change_their_week(tmp_path: Path) -> None:
    model = served("W", periods=60)
    second = model.known_future.timestamps[1].astype("datetime64[D]")
    wednesday, thursday = str(second + 2), str(second + 3)

    answer = ask(tmp_path, model, "S1", Change("open", 0.0, wednesday, thursday))

    assert (answer.changed.values[1] == 0).tolist() == [False, True, *[False] * 4]


def test_days_after_the_last_week_are_outside(tmp_path: Path) -> None:
    model = served("W", periods=60)
    end = model.known_future.timestamps[-1].astype("datetime64[D]") + 7

    ask(tmp_path, model, "S1", Change("promo", 1.0, str(end - 1), str(end - 1)))
    with pytest.raises(OutsideHorizon, match=f"to {end - 1}"):
        ask(tmp_path, model, "S1", Change("promo", 1.0, str(end), str(end)))


def test_a_series_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoForecast, match=r'Series \["X"\] is not in forecast'):
        ask(tmp_path, served(), "X")


@pytest.mark.parametrize("damage", [b"", b"not a model"])
def test_a_damaged_model_is_a_conflict(tmp_path: Path, damage: bytes) -> None:
    files = keep_model(tmp_path, "pooled", served())
    (tmp_path / files[0]["path"]).write_bytes(damage)

    with pytest.raises(Conflict, match=r"another version of the service\.$") as refusal:
        what_if(forecast(files), ServedModels(tmp_path), [series_key(["S1"])], [])

    assert refusal.value.remedy == Remedy.TRAIN_BY_FORCE


def test_a_model_that_was_swept_is_a_conflict(tmp_path: Path) -> None:
    files = keep_model(tmp_path, "pooled", served())
    gone = [{**files[0], "path": "models/gone/000.npz"}]

    with pytest.raises(Conflict, match="was deleted after a newer") as refusal:
        what_if(forecast(gone), ServedModels(tmp_path), [series_key(["S1"])], [])

    assert refusal.value.remedy == Remedy.TRAIN_BY_FORCE


def test_ranges_cover_history_and_future_of_all_series() -> None:
    times = next_periods(SUNDAY, "D", 3)
    panel = Panel((("1",), ("2",)), times, "D", np.ones((2, 3)), {"price": np.full((2, 3), 2.0)})
    prices = np.array([[2.0, np.nan], [5.0, 2.0]])

    ranges = covariate_ranges(
        panel, KnownFuture(next_periods(times[-1], "D", 2), {"price": prices})
    )

    assert ranges == {"price": CovariateRange(least=2.0, most=5.0, flag=False)}


def test_limits_of_the_forecast_hold_for_its_what_ifs(tmp_path: Path) -> None:
    model = served()
    bounds = Bounds({"promo": np.zeros(5)}, {"promo": np.ones(5)})
    ranges = {**model.ranges, "promo": CovariateRange(0, 1, flag=False)}
    limited = replace(model, limits=Limits(bounds, np.array([2])), ranges=ranges)
    first, last = (str(model.known_future.timestamps[place])[:10] for place in (0, -1))
    at_bound, beyond = (Change("promo", value, first, last, 0) for value in (1.0, 7.0))

    expected, carried = (ask(tmp_path, limited, "S0", change) for change in (at_bound, beyond))
    dormant = ask(tmp_path, limited, "S2", at_bound)

    assert carried.changed.values.tolist() == expected.changed.values.tolist()
    assert carried.changed.values.any()
    assert not dormant.changed.values.any()
    assert not dormant.baseline.values.any()
