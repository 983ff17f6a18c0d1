"""Predictor jobs: the details of a trained predictor, and refused data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from forecast_service.local.catalog import Resource
from forecast_service.local.jobs.predictor_models import load_model, sweep_models

from ..support import PROPHET, RELATED, SEASONAL_NAIVE, TARGET, TARGET_FIELDS, World, sales

RELATED_FIELDS = {"item_id": "string", "timestamp": "timestamp", "open": "integer"}


@pytest.fixture
def target(world: World) -> str:
    """Two items with 70 days of sales up to 2015-03-11."""
    arn = world.dataset("demand", TARGET, TARGET_FIELDS)
    world.import_rows(arn, world.put(sales()))
    return arn


def failure_of(predictor: Resource) -> str:
    assert predictor.status == "CREATE_FAILED"
    assert predictor.message is not None
    return predictor.message


def test_a_predictor_records_its_data_model_and_algorithms(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())

    details = predictor.details
    assert details["snapshot"] == {target: 1}
    assert details["data_until"] == "2015-03-11"
    assert details["algorithms"] == {"seasonal_naive": 2}
    assert details["dataset_import_job_arns"] == [
        "arn:aws:forecast:eu-west-1:000000000000:dataset-import-job/demand/n2"
    ]
    assert load_model(world.settings.home, predictor).keys == (("1",), ("2",))


@pytest.mark.parametrize("name", ["NPTS", "TSB", "Pooled", "ETS"])
def test_each_algorithm_is_trained_by_its_arn(world: World, target: str, name: str) -> None:
    if name == "ETS":
        pytest.importorskip("statsmodels")
    arn = f"arn:aws:forecast:::algorithm/{name}"

    details = world.perform(world.predictor(algorithm=arn)).details

    assert details["algorithms"] == {name.lower(): 2}
    assert details["accuracy"]["PredictorEvaluationResults"][0]["AlgorithmArn"] == arn


def test_accuracy_has_the_shape_of_get_accuracy_metrics(world: World, target: str) -> None:
    predictor = world.perform(world.predictor(windows=2, types=["0.1", "0.5"]))

    (result,) = predictor.details["accuracy"]["PredictorEvaluationResults"]
    assert result["AlgorithmArn"] == SEASONAL_NAIVE
    summary, newest, older = result["TestWindows"]
    assert summary["EvaluationType"] == "SUMMARY"
    metrics = summary["Metrics"]
    assert [loss["Quantile"] for loss in metrics["WeightedQuantileLosses"]] == [0.5, 0.1]
    assert metrics["ErrorMetrics"][0]["ForecastType"] == "mean"
    assert metrics["ErrorMetrics"][0]["WAPE"] == 0.0  # the sales repeat every week
    assert {key: newest[key] for key in ("TestWindowStart", "TestWindowEnd", "ItemCount")} == {
        "TestWindowStart": "2015-03-05T00:00:00",
        "TestWindowEnd": "2015-03-12T00:00:00",
        "ItemCount": 2,
    }
    assert older["TestWindowEnd"] == "2015-03-05T00:00:00"


def test_executions_name_the_algorithm_and_its_windows(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())

    assert predictor.details["executions"] == {
        "PredictorExecutions": [
            {
                "AlgorithmArn": SEASONAL_NAIVE,
                "TestWindows": [
                    {
                        "TestWindowStart": "2015-03-05T00:00:00",
                        "TestWindowEnd": "2015-03-12T00:00:00",
                        "Status": "ACTIVE",
                    }
                ],
            }
        ]
    }


def test_an_auto_predictor_has_no_algorithm_arn(world: World, target: str) -> None:
    predictor = world.perform(world.auto_predictor())

    assert predictor.status == "ACTIVE", predictor.message
    (result,) = predictor.details["accuracy"]["PredictorEvaluationResults"]
    assert "AlgorithmArn" not in result
    assert sum(predictor.details["algorithms"].values()) == 2
    assert predictor.details["is_auto"] is True


@pytest.mark.parametrize(
    ("auto", "horizon", "message"),
    [
        (
            True,
            18,
            "ForecastHorizon is 18, but the target time series allows at most 17 "
            "(70 periods / 4, never more than 500). Import a longer history or ask for a shorter "
            "horizon.",
        ),
        (
            False,
            70,
            "ForecastHorizon is 70, but the target time series allows at most 69 "
            "(70 periods - 1, never more than 500). Import a longer history or ask for a shorter "
            "horizon.",
        ),
        (
            False,
            35,
            "BackTestWindowOffset is 35; it must be less than half of the 70 periods of the "
            "target time series. Import a longer history or choose a smaller one.",
        ),
    ],
)
def test_data_too_short_for_the_horizon_fail_with_the_limit(
    world: World, target: str, auto: bool, horizon: int, message: str
) -> None:
    arn = world.auto_predictor(horizon=horizon) if auto else world.predictor(horizon=horizon)

    assert failure_of(world.perform(arn)) == message


def test_a_group_without_target_data_fails(world: World) -> None:
    world.dataset("demand", TARGET, TARGET_FIELDS)

    assert failure_of(world.perform(world.predictor())) == (
        "Dataset group 'store_demand_group' has no data in a TARGET_TIME_SERIES dataset. "
        "Import some with CreateDatasetImportJob."
    )


def test_a_related_series_that_begins_too_late_fails_the_training(
    world: World, target: str
) -> None:
    related = world.dataset("related", RELATED, RELATED_FIELDS)
    world.import_rows(related, world.put("1,2015-01-02,1\n2,2015-01-01,1\n"))

    assert failure_of(world.perform(world.predictor())).startswith(
        "There are item/dimension combinations where the related time series start date is later "
        "than target time series."
    )


def test_prophet_learns_a_closed_day_from_the_related_series(world: World) -> None:
    """Closed on Sundays; the forecast of a Sunday is exactly 0."""
    first = dt.date(2014, 1, 1)
    days = [first + dt.timedelta(days=number) for number in range(200)]
    opened = {day: int(day.weekday() != 6) for day in days}
    demand = world.dataset("demand", TARGET, TARGET_FIELDS)
    related = world.dataset("related", RELATED, RELATED_FIELDS)
    past = days[:-7]
    lines = [f"1,{day},{opened[day] * (50 + number % 5)}\n" for number, day in enumerate(past)]
    world.import_rows(demand, world.put("".join(lines)))
    world.import_rows(related, world.put("".join(f"1,{day},{opened[day]}\n" for day in days)))

    predictor = world.perform(world.predictor(algorithm=PROPHET))
    assert predictor.details["algorithms"] == {"prophet": 1}
    forecast = world.perform(world.forecast(predictor.arn, ["0.5", "mean"]))

    assert forecast.status == "ACTIVE", forecast.message
    medians = {at[:10]: value for at, value in world.forecast_of(forecast.arn, "1")["p50"].items()}
    sundays = [day for day in days[-7:] if not opened[day]]
    assert [medians[str(day)] for day in sundays] == [0.0]
    assert all(40 < medians[str(day)] < 64 for day in days[-7:] if opened[day])


def test_models_without_a_predictor_are_swept(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())
    orphan = world.settings.home / "models" / "left-by-a-killed-job"
    orphan.mkdir()
    (orphan / "000.npz").write_bytes(b"half")

    assert sweep_models(world.database, world.settings.home) == []
    assert sweep_models(world.database, world.settings.home, grace_seconds=0) == [orphan]
    assert load_model(world.settings.home, predictor).keys == (("1",), ("2",))


def test_a_damaged_model_file_fails_the_forecast_with_a_remedy(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())
    path = world.settings.home / predictor.details["models"][0]
    path.write_bytes(path.read_bytes()[:-50])

    message = failure_of(world.perform(world.forecast(predictor.arn)))

    assert message.startswith("Model file '000.npz' ")
    assert message.endswith("Train again to replace it.")


def test_training_uses_sums_over_unused_dimensions(world: World) -> None:
    fields: dict[str, Any] = {
        "item_id": "string",
        "timestamp": "timestamp",
        "location": "string",
        "demand": "float",
    }
    dataset = world.dataset("demand", TARGET, fields)
    first = dt.date(2015, 1, 1)
    days = [first + dt.timedelta(days=number) for number in range(35)]
    lines = [
        f"milk,{day},{store},{amount}\n" for day in days for store, amount in (("a", 1), ("b", 2))
    ]
    world.import_rows(dataset, world.put("".join(lines)))

    total = world.perform(world.predictor())
    predictor = world.perform(world.predictor(dimensions=["location"]))

    assert load_model(world.settings.home, total).keys == (("milk",),)
    assert load_model(world.settings.home, predictor).keys == (("milk", "a"), ("milk", "b"))
    forecast = world.perform(world.forecast(total.arn, ["0.5"]))
    assert set(world.forecast_of(forecast.arn, "milk")["p50"].values()) == {3.0}
