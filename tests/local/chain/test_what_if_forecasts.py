"""What-if forecasts of a chain whose history has promotions."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from forecast_service.local.jobs.predictor_models import sweep_models

from ..amazon import Amazon, refusal, schema, source
from .conftest import LIFT, finish, put

PROMOTED = {"Action": {"AttributeName": "PROMO", "Operation": "ADD", "Value": 1.0}}


def analysis(amazon: Amazon, forecast: str, **parameters: Any) -> str:
    """An analysis that a worker made."""
    answer = amazon.forecast.create_what_if_analysis(
        WhatIfAnalysisName="spring", ForecastArn=forecast, **parameters
    )
    finish(amazon)
    return str(answer["WhatIfAnalysisArn"])


def what_if(amazon: Amazon, analysis_arn: str, name: str = "more", **parameters: Any) -> str:
    """A what-if forecast that a worker made."""
    answer = amazon.forecast.create_what_if_forecast(
        WhatIfForecastName=name, WhatIfAnalysisArn=analysis_arn, **parameters
    )
    finish(amazon)
    described = amazon.forecast.describe_what_if_forecast(
        WhatIfForecastArn=answer["WhatIfForecastArn"]
    )
    assert described["Status"] == "ACTIVE", described["Message"]
    return str(answer["WhatIfForecastArn"])


def middle(amazon: Amazon, arn: str, store: str = "1") -> np.ndarray:
    """The median of a store by day, in a forecast or a what-if forecast."""
    filters = {"item_id": store}
    if ":what-if-forecast/" in arn:
        answer = amazon.forecastquery.query_what_if_forecast(WhatIfForecastArn=arn, Filters=filters)
    else:
        answer = amazon.forecastquery.query_forecast(ForecastArn=arn, Filters=filters)
    return np.array([point["Value"] for point in answer["Forecast"]["Predictions"]["p50"]])


def test_a_promotion_raises_the_forecast_by_what_history_shows(
    amazon: Amazon, forecast: str
) -> None:
    arn = what_if(amazon, analysis(amazon, forecast), TimeSeriesTransformations=[PROMOTED])

    ratio = middle(amazon, arn) / middle(amazon, forecast)

    assert arn.endswith(":what-if-forecast/spring/more")
    assert ratio == pytest.approx(np.full(7, LIFT), rel=0.1)


def test_all_conditions_must_hold(amazon: Amazon, forecast: str) -> None:
    conditions = [
        ("region", "north", "EQUALS"),
        ("ITEM_ID", "2", "NOT_EQUALS"),
        ("timestamp", "2024-05-22 00:00:00", "GREATER_THAN"),
    ]
    transformation = {
        **PROMOTED,
        "TimeSeriesConditions": [
            {"AttributeName": name, "AttributeValue": value, "Condition": condition}
            for name, value, condition in conditions
        ],
    }
    arn = what_if(amazon, analysis(amazon, forecast), TimeSeriesTransformations=[transformation])

    ratios = [middle(amazon, arn, store) / middle(amazon, forecast, store) for store in "1234"]

    assert [(ratio > 1.3).tolist() for ratio in ratios] == [
        [False] * 3 + [True] * 4,
        *[[False] * 7] * 3,
    ]


def test_transformations_apply_in_their_order(amazon: Amazon, forecast: str) -> None:
    twice = {"Action": {"AttributeName": "promo", "Operation": "MULTIPLY", "Value": 0.0}}
    both = analysis(amazon, forecast)

    undone = what_if(amazon, both, "undone", TimeSeriesTransformations=[PROMOTED, twice])
    done = what_if(amazon, both, "done", TimeSeriesTransformations=[twice, PROMOTED])

    assert np.array_equal(middle(amazon, undone), middle(amazon, forecast))
    assert (middle(amazon, done) > 1.3 * middle(amazon, forecast)).all()


def test_replacement_data_are_merged_over_the_plan(amazon: Amazon, forecast: str) -> None:
    rows = "3,2024-05-20,1\n3,2024-05-21,\n3,2030-01-01,1\nunknown,2024-05-20,1\n"
    replacement = {
        "S3Config": source(put(amazon, "plan.csv", rows))["S3Config"],
        "Schema": schema({"item_id": "string", "timestamp": "timestamp", "promo": "integer"}),
        "TimestampFormat": "yyyy-MM-dd",
    }
    arn = what_if(amazon, analysis(amazon, forecast), TimeSeriesReplacementsDataSource=replacement)

    ratio = middle(amazon, arn, "3") / middle(amazon, forecast, "3")

    assert ratio == pytest.approx([LIFT, 1, 1, 1, 1, 1, 1], rel=0.1)
    assert np.array_equal(middle(amazon, arn, "4"), middle(amazon, forecast, "4"))


def test_an_analysis_of_selected_series_has_no_others(amazon: Amazon, forecast: str) -> None:
    identifiers = {
        "DataSource": source(put(amazon, "some.csv", "2\nunknown\n")),
        "Schema": schema({"item_id": "string"}),
        "Format": "CSV",
    }
    chosen = analysis(amazon, forecast, TimeSeriesSelector={"TimeSeriesIdentifiers": identifiers})
    arn = what_if(amazon, chosen, TimeSeriesTransformations=[PROMOTED])

    code, _ = refusal(
        amazon.forecastquery.query_what_if_forecast,
        WhatIfForecastArn=arn,
        Filters={"item_id": "1"},
    )

    assert code == "ResourceNotFoundException"
    assert len(middle(amazon, arn, "2")) == 7


def forecast_of(amazon: Amazon, predictor: str, name: str, listed: str) -> str:
    """ARN of a forecast of the series that a file lists, one per line."""
    identifiers = {
        "DataSource": source(put(amazon, f"{name}.csv", listed)),
        "Schema": schema({"item_id": "string"}),
    }
    arn: str = amazon.forecast.create_forecast(
        ForecastName=name,
        PredictorArn=predictor,
        TimeSeriesSelector={"TimeSeriesIdentifiers": identifiers},
    )["ForecastArn"]
    finish(amazon)
    return arn


def test_a_forecast_can_be_made_of_selected_series(amazon: Amazon, predictor: str) -> None:
    arn = forecast_of(amazon, predictor, "some", "2\n4\nunknown\n")

    whole = amazon.forecast.list_forecasts()["Forecasts"][1]["ForecastArn"]

    assert middle(amazon, arn, "4") == pytest.approx(middle(amazon, whole, "4"), rel=1e-9)
    code, _ = refusal(
        amazon.forecastquery.query_forecast, ForecastArn=arn, Filters={"item_id": "1"}
    )
    assert code == "ResourceNotFoundException"


def test_a_selection_without_a_known_series_fails(amazon: Amazon, predictor: str) -> None:
    arn = forecast_of(amazon, predictor, "none", "x\ny\n")

    described = amazon.forecast.describe_forecast(ForecastArn=arn)

    assert described["Status"] == "CREATE_FAILED"
    assert "None of the 2 series of the TimeSeriesSelector" in described["Message"]


def test_the_model_of_an_analysed_forecast_is_kept_by_sweeps(
    amazon: Amazon, predictor: str, forecast: str
) -> None:
    made = analysis(amazon, forecast)
    amazon.make_forecast(predictor, "newer", status=None)
    finish(amazon)

    assert sweep_models(amazon.database, amazon.settings.home, grace_seconds=-1) == []
    what_if(amazon, made, TimeSeriesTransformations=[PROMOTED])


def test_a_swept_model_is_made_again(amazon: Amazon, predictor: str, forecast: str) -> None:
    amazon.make_forecast(predictor, "newer", status=None)
    finish(amazon)
    assert len(sweep_models(amazon.database, amazon.settings.home, grace_seconds=-1)) == 1

    arn = what_if(amazon, analysis(amazon, forecast))

    assert middle(amazon, arn) == pytest.approx(middle(amazon, forecast), rel=1e-9)


def test_an_export_shows_baseline_and_what_ifs_side_by_side(amazon: Amazon, forecast: str) -> None:
    made = analysis(amazon, forecast)
    arns = [
        what_if(amazon, made, "more", TimeSeriesTransformations=[PROMOTED]),
        what_if(amazon, made, "same"),
    ]
    arn = amazon.forecast.create_what_if_forecast_export(
        WhatIfForecastExportName="spring",
        WhatIfForecastArns=arns,
        Destination=source("s3://bucket/what_ifs"),
    )["WhatIfForecastExportArn"]
    finish(amazon)

    described = amazon.forecast.describe_what_if_forecast_export(WhatIfForecastExportArn=arn)
    assert (described["Status"], described["Format"]) == ("ACTIVE", "CSV"), described
    (file,) = (amazon.settings.home / "s3" / "bucket" / "what_ifs").glob("spring_*_part0.csv")
    header, *rows = csv.reader(io.StringIO(file.read_text()))
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert header[:2] == ["item_id", "date"]
    assert set(header[2:]) == {
        f"{name}_{of}" for name in ("Baseline", "more", "same") for of in ("p10", "p50", "p90")
    }
    assert columns["date"][0] == "2024-05-20T00:00:00Z"
    assert [float(text) for text in columns["more_p50"][:7]] == list(middle(amazon, arns[0]))
    assert columns["same_p50"] == columns["Baseline_p50"]
