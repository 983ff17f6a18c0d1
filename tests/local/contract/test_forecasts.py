"""Forecasts, and QueryForecast over their stored values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast_service.common.keys import series_key
from forecast_service.storage import forecast_store
from forecast_service.storage.stored_forecast import StoredForecast

from ..amazon import Amazon, refusal, schema, source


def stored_forecast(amazon: Amazon, *key: str, **fields: str) -> str:
    """An ACTIVE forecast of seven days from 2015-08-01 of one series."""
    dimensions = {"ForecastDimensions": list(fields)} if fields else {}
    predictor = amazon.predictor(amazon.trainable_group(**fields), **dimensions)
    arn = amazon.make_forecast(predictor)
    row = StoredForecast(
        forecast_arn=arn,
        series_key=series_key(key),
        start="2015-08-01T00:00:00",
        frequency="D",
        forecast_types=("0.1", "mean"),
        values=np.arange(14, dtype=np.float64).reshape(2, 7) + 0.5,
        algorithm="seasonal_naive",
        note=None,
    )
    with amazon.database.write() as connection:
        forecast_store.write(connection, [row])
    return arn


def days(points: list[dict[str, Any]]) -> list[str]:
    return [point["Timestamp"] for point in points]


def test_a_forecast_takes_the_types_of_its_predictor(amazon: Amazon) -> None:
    predictor = amazon.predictor(amazon.trainable_group(), ForecastTypes=["0.3", "mean"])

    arn = amazon.make_forecast(predictor, "monday", status=None)

    described = amazon.forecast.describe_forecast(ForecastArn=arn)
    assert arn == "arn:aws:forecast:eu-west-1:000000000000:forecast/monday"
    assert described.pop("CreationTime") == described.pop("LastModificationTime")
    assert described == {
        "ForecastArn": arn,
        "ForecastName": "monday",
        "ForecastTypes": ["0.3", "mean"],
        "PredictorArn": predictor,
        "DatasetGroupArn": "arn:aws:forecast:eu-west-1:000000000000:dataset-group/chain",
        "Status": "CREATE_PENDING",
    }


def test_a_forecast_is_listed_with_its_predictor(amazon: Amazon) -> None:
    predictor = amazon.predictor(amazon.trainable_group())
    arn = amazon.make_forecast(predictor)

    (listed,) = amazon.forecast.list_forecasts()["Forecasts"]

    assert (listed["ForecastArn"], listed["PredictorArn"]) == (arn, predictor)
    assert listed["CreatedUsingAutoPredictor"] is True


def test_a_forecast_needs_a_trained_predictor(amazon: Amazon) -> None:
    predictor = amazon.predictor(amazon.trainable_group(), status="CREATE_FAILED")

    error = refusal(amazon.forecast.create_forecast, ForecastName="f", PredictorArn=predictor)

    assert error == (
        "ResourceInUseException",
        f"The predictor '{predictor}' is CREATE_FAILED, but CreateForecast needs it ACTIVE. Wait "
        "until it is, or use another one.",
    )


@pytest.mark.parametrize(
    ("identifiers", "sentence"),
    [
        (
            {"Schema": schema({"item_id": "string"})},
            "'DataSource' is missing in TimeSeriesIdentifiers. Give the file that lists the series "
            "as DataSource, and its columns as Schema.",
        ),
        (
            {"DataSource": source(), "Schema": schema({"store": "string"})},
            "Attribute 'item_id' is missing in the schema of TimeSeriesIdentifiers. The series of "
            "this predictor are identified by item_id: give each as a string.",
        ),
        (
            {"DataSource": source(), "Schema": schema({"item_id": "string", "x": "string"})},
            "Attribute 'x' does not identify a series; TimeSeriesIdentifiers has the columns "
            "item_id. Leave it out.",
        ),
    ],
)
def test_a_selection_needs_a_file_with_the_keys(
    amazon: Amazon, identifiers: dict[str, Any], sentence: str
) -> None:
    predictor = amazon.predictor(amazon.trainable_group())

    error = refusal(
        amazon.forecast.create_forecast,
        ForecastName="f",
        PredictorArn=predictor,
        TimeSeriesSelector={"TimeSeriesIdentifiers": identifiers},
    )

    assert error == ("InvalidInputException", sentence)


def test_a_query_returns_every_point_of_every_type(amazon: Amazon) -> None:
    arn = stored_forecast(amazon, "1")

    answer = amazon.forecastquery.query_forecast(ForecastArn=arn, Filters={"item_id": "1"})

    predictions = answer["Forecast"]["Predictions"]
    assert set(predictions) == {"p10", "mean"}
    assert predictions["p10"][0] == {"Timestamp": "2015-08-01T00:00:00", "Value": 0.5}
    assert [point["Value"] for point in predictions["mean"]] == [n + 0.5 for n in range(7, 14)]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2015-08-02T00:00:00", "2015-08-03T00:00:00", 2),
        ("2015-07-01T00:00:00", "2015-08-01T00:00:00", 1),
        ("2015-08-06T00:00:00Z", None, 2),
        (None, "2015-08-02T12:00", 2),
    ],
)
def test_both_ends_of_a_range_are_included(
    amazon: Amazon, start: str | None, end: str | None, count: int
) -> None:
    arn = stored_forecast(amazon, "1")
    ends = {"StartDate": start, "EndDate": end}
    range_ = {name: value for name, value in ends.items() if value is not None}

    answer = amazon.forecastquery.query_forecast(
        ForecastArn=arn, Filters={"item_id": "1"}, **range_
    )

    assert len(answer["Forecast"]["Predictions"]["p10"]) == count


def test_a_dimension_is_a_part_of_the_key(amazon: Amazon) -> None:
    arn = stored_forecast(amazon, "milk", "7", location="string")

    answer = amazon.forecastquery.query_forecast(
        ForecastArn=arn, Filters={"location": "7", "item_id": "milk"}
    )

    assert days(answer["Forecast"]["Predictions"]["p10"])[-1] == "2015-08-07T00:00:00"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (
        {"Filters": {"item_id": "2", "location": "7"}},
        "ResourceNotFoundException",
        "The forecast '{arn}' has no series with item_id '2', location '7'.",
    ),
    (
        {"Filters": {"item_id": "milk"}},
        "InvalidInputException",
        "'location' is missing in Filters: this forecast identifies series by item_id, location. "
        "Give each of these keys, and no others.",
    ),
    (
        {"Filters": {"item_id": "milk", "store": "7"}},
        "InvalidInputException",
        "'store' is not a key of this forecast: this forecast identifies series by item_id, "
        "location. Give each of these keys, and no others.",
    ),
    (
        {"StartDate": "2015-08-03T00:00:00", "EndDate": "2015-08-02T00:00:00"},
        "InvalidInputException",
        "StartDate '2015-08-03T00:00:00' is after EndDate '2015-08-02T00:00:00'. Exchange them.",
    ),
    (
        {"StartDate": "tomorrow"},
        "InvalidInputException",
        "StartDate 'tomorrow' is not a time. Write it as yyyy-MM-ddTHH:mm:ss.",
    ),
    (
        {"EndDate": "2015-02-30T00:00:00"},
        "InvalidInputException",
        "EndDate '2015-02-30T00:00:00' is not a time. Write it as yyyy-MM-ddTHH:mm:ss.",
    ),
    (
        {"StartDate": "2016-01-01T00:00:00"},
        "InvalidInputException",
        "The forecast has no period between StartDate and EndDate: it covers 2015-08-01T00:00:00 "
        "to 2015-08-07T00:00:00. Ask for a time in that range.",
    ),
    (
        {"NextToken": "more"},
        "InvalidNextTokenException",
        "QueryForecast answers in one page. Leave NextToken out.",
    ),
]


@pytest.mark.parametrize(("parameters", "code", "sentence"), REFUSED)
def test_a_query_without_a_result_is_refused(
    amazon: Amazon, parameters: dict[str, Any], code: str, sentence: str
) -> None:
    arn = stored_forecast(amazon, "milk", "7", location="string")
    request = {"Filters": {"item_id": "milk", "location": "7"}, **parameters}

    error = refusal(amazon.forecastquery.query_forecast, ForecastArn=arn, **request)

    assert error == (code, sentence.format(arn=arn))


def test_an_unfinished_forecast_cannot_be_queried(amazon: Amazon) -> None:
    arn = amazon.make_forecast(amazon.predictor(amazon.trainable_group()), status=None)

    error = refusal(amazon.forecastquery.query_forecast, ForecastArn=arn, Filters={"item_id": "1"})

    assert error == (
        "ResourceInUseException",
        f"The forecast '{arn}' is CREATE_PENDING, but QueryForecast needs it ACTIVE. Wait until it "
        "is, or use another one.",
    )


def test_an_unknown_forecast_is_not_found(amazon: Amazon) -> None:
    arn = "arn:aws:forecast:eu-west-1:000000000000:forecast/none"

    with pytest.raises(amazon.forecastquery.exceptions.ResourceNotFoundException):
        amazon.forecastquery.query_forecast(ForecastArn=arn, Filters={"item_id": "1"})
