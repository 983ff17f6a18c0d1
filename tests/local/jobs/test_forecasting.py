"""Forecast jobs: every series from the newest data, stored all at once."""

from __future__ import annotations

import datetime as dt

import pytest

from forecast_service.storage import forecast_store

from ..support import RELATED, TARGET, TARGET_FIELDS, World, sales

PROMO = {"item_id": "string", "timestamp": "timestamp", "promo": "integer"}


@pytest.fixture
def target(world: World) -> str:
    """Two items with 70 days of sales up to 2015-03-11."""
    arn = world.dataset("demand", TARGET, TARGET_FIELDS)
    world.import_rows(arn, world.put(sales()))
    return arn


def test_a_forecast_holds_the_types_of_its_request_in_their_order(
    world: World, target: str
) -> None:
    predictor = world.perform(world.predictor())

    forecast = world.perform(world.forecast(predictor.arn, ["mean", "0.9", "0.25"]))

    assert list(world.forecast_of(forecast.arn, "1")) == ["mean", "p90", "p25"]
    with world.database.read() as connection:
        stored = forecast_store.read(connection, forecast.arn, '["1"]')
    assert stored is not None
    mean, upper, lower = stored.values
    assert (upper >= mean).all()
    assert (mean >= lower).all()
    assert stored.algorithm == "seasonal_naive"


def test_a_forecast_of_auto_keeps_members_and_measured_coverage(world: World, target: str) -> None:
    predictor = world.perform(world.auto_predictor())

    forecast = world.perform(world.forecast(predictor.arn))

    with world.database.read() as connection:
        stored = forecast_store.read(connection, forecast.arn, '["1"]')
    assert stored is not None
    assert stored.facts is not None
    assert sum(stored.facts["members"].values()) == pytest.approx(1, abs=0.02)
    assert stored.algorithm is not None
    assert stored.algorithm.split()[0] == next(iter(stored.facts["members"]))
    assert stored.facts["coverage"]["p10-p90"]["days"] == 14  # of two windows
    assert sum(predictor.details["algorithms"].values()) == 2


def test_without_types_a_forecast_has_those_of_its_predictor(world: World, target: str) -> None:
    predictor = world.perform(world.predictor(types=["0.2", "0.7"]))

    forecast = world.perform(world.forecast(predictor.arn))

    assert list(world.forecast_of(forecast.arn, "1")) == ["p20", "p70"]


def test_a_dormant_series_is_forecast_as_zero(world: World, target: str) -> None:
    ended = "".join(f"3,2015-01-{day:02},50\n" for day in range(1, 11))
    world.import_rows(target, world.put(ended), ImportMode="INCREMENTAL")
    predictor = world.perform(world.predictor())

    forecast = world.perform(world.forecast(predictor.arn))

    assert not any(world.forecast_of(forecast.arn, "3")["p50"].values())
    assert all(world.forecast_of(forecast.arn, "1")["p50"].values())


def test_newer_sales_change_the_forecast_without_a_training(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())
    first = world.perform(world.forecast(predictor.arn))
    newer = world.put("1,2015-03-12,15\n2,2015-03-12,20\n")
    world.import_rows(target, newer, ImportMode="INCREMENTAL")

    second = world.perform(world.forecast(predictor.arn))

    assert next(iter(world.forecast_of(first.arn, "1")["p50"])) == "2015-03-12T00:00:00"
    medians = world.forecast_of(second.arn, "1")["p50"]
    assert next(iter(medians)) == "2015-03-13T00:00:00"
    assert medians["2015-03-19T00:00:00"] == 15.0
    assert second.details["data_until"] == "2015-03-12"
    assert second.details["snapshot"] == {target: 2}


def test_a_series_that_is_new_in_the_data_gets_a_forecast(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())
    new = sales("3", days=14, first=dt.date(2015, 2, 26))
    world.import_rows(target, world.put(new), ImportMode="INCREMENTAL")

    forecast = world.perform(world.forecast(predictor.arn))

    assert forecast.details["series"] == 3
    assert min(world.forecast_of(forecast.arn, "3")["p50"].values()) >= 30.0


def test_a_known_future_shorter_than_the_horizon_fails_the_forecast(
    world: World, target: str
) -> None:
    related = world.dataset("related", RELATED, PROMO)
    first = dt.date(2015, 1, 1)
    days = [first + dt.timedelta(days=number) for number in range(77)]
    world.import_rows(related, world.put("".join(f"{i},{day},0\n" for i in "12" for day in days)))
    predictor = world.perform(world.predictor())
    newer = world.put("1,2015-03-12,10\n2,2015-03-12,20\n")
    world.import_rows(target, newer, ImportMode="INCREMENTAL")

    forecast = world.perform(world.forecast(predictor.arn))

    assert forecast.status == "CREATE_FAILED"
    assert forecast.message == (
        "'promo' of series [\"1\"] has no value at 2015-03-19T00:00:00; 2 values of 2 series are "
        "missing. Import them up to 2015-03-19T00:00:00, or set 'futurefill' for 'promo'."
    )
    with world.database.read() as connection:
        assert forecast_store.keys(connection, forecast.arn) == set()


def test_the_same_data_and_model_give_the_same_forecast(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())

    first = world.perform(world.forecast(predictor.arn))
    second = world.perform(world.forecast(predictor.arn))

    assert world.forecast_of(first.arn, "2") == world.forecast_of(second.arn, "2")


def test_a_forecast_of_a_deleted_group_fails(world: World, target: str) -> None:
    predictor = world.perform(world.predictor())
    forecast = world.forecast(predictor.arn)
    world.delete_group()

    message = world.perform(forecast).message

    assert message is not None
    assert message.endswith(
        "dataset-group/store_demand_group' was deleted before this job began. Create it again."
    )
