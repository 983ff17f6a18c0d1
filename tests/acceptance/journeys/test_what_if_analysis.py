"""What would be sold at lower prices: two scenarios beside the forecast, exported and compared."""

from __future__ import annotations

from typing import Any

import pytest

from .notebook import Notebook
from .rides import month, price, sold

pytestmark = pytest.mark.slow

MONTHS, HORIZON = 36, 3
STORES = range(4)
KEYS = {"item_id": "string", "store_id": "string", "timestamp": "timestamp"}
DAY = {"TimestampFormat": "yyyy-MM-dd"}


def cheaper(factor: float) -> list[dict[str, Any]]:
    """All prices after the last sales, times a factor."""
    condition = {
        "AttributeName": "timestamp",
        "AttributeValue": f"{month(MONTHS - 1)} 00:00:00",
        "Condition": "GREATER_THAN",
    }
    action = {"AttributeName": "price", "Operation": "MULTIPLY", "Value": factor}
    return [{"Action": action, "TimeSeriesConditions": [condition]}]


def loaded(notebook: Notebook) -> tuple[str, str, str]:
    """A dataset group with sales and prices, imported side by side from files with a header."""
    forecast = notebook.forecast
    group = forecast.create_dataset_group(DatasetGroupName="whatif_dsg", Domain="CUSTOM")
    target = notebook.dataset("whatif_tts", KEYS | {"target_value": "float"}, DataFrequency="M")
    related = notebook.dataset(
        "whatif_rts", KEYS | {"price": "float"}, "RELATED_TIME_SERIES", DataFrequency="M"
    )
    arns = [target, related]
    forecast.update_dataset_group(DatasetGroupArn=group["DatasetGroupArn"], DatasetArns=arns)
    files = [
        ["item_id,store_id,timestamp,demand"]
        + [f"tv,s{s},{month(m)},{sold(s, m)}" for s in STORES for m in range(MONTHS)],
        ["item_id,store_id,timestamp,price"]
        + [f"tv,s{s},{month(m)},{price(s, m)}" for s in STORES for m in range(MONTHS + HORIZON)],
    ]
    jobs = [
        forecast.create_dataset_import_job(
            DatasetImportJobName=f"whatif_import_{number}",
            DatasetArn=arn,
            DataSource=notebook.place(notebook.upload(f"whatif/{number}.csv", rows)),
            **DAY,
        )["DatasetImportJobArn"]
        for number, (arn, rows) in enumerate(zip(arns, files, strict=True))
    ]
    for job in jobs:
        notebook.wait(forecast.describe_dataset_import_job, DatasetImportJobArn=job)
    return str(group["DatasetGroupArn"]), target, related


def test_a_what_if_analysis_of_prices(notebook: Notebook) -> None:
    forecast = notebook.forecast
    assert forecast.list_what_if_analyses()["WhatIfAnalyses"] == []
    group, target, related = loaded(notebook)
    predictor = notebook.predictor(
        "whatif_predictor",
        ForecastHorizon=HORIZON,
        ForecastFrequency="M",
        ForecastDimensions=["store_id"],
        DataConfig={"DatasetGroupArn": group},
    )
    baseline = notebook.predict("whatif_baseline", predictor, ForecastTypes=["0.50"])
    points = notebook.query(baseline, item_id="tv", store_id="s1")["p50"]
    expected = [f"{month(MONTHS + ahead)}T00:00:00" for ahead in range(HORIZON)]
    assert [point["Timestamp"] for point in points] == expected

    analysis = forecast.create_what_if_analysis(WhatIfAnalysisName="Prices", ForecastArn=baseline)[
        "WhatIfAnalysisArn"
    ]
    notebook.wait(forecast.describe_what_if_analysis, WhatIfAnalysisArn=analysis)
    scenarios = {}
    for name, factor in {"off_10": 0.9, "off_20": 0.8}.items():
        made = forecast.create_what_if_forecast(
            WhatIfForecastName=name,
            WhatIfAnalysisArn=analysis,
            TimeSeriesTransformations=cheaper(factor),
        )
        scenarios[name] = made["WhatIfForecastArn"]
    for arn in scenarios.values():
        notebook.wait(forecast.describe_what_if_forecast, WhatIfForecastArn=arn)
    totals = {}
    for name, arn in scenarios.items():
        export = forecast.create_what_if_forecast_export(
            WhatIfForecastExportName=name,
            WhatIfForecastArns=[arn],
            Destination=notebook.place(f"whatif/{name}/"),
        )["WhatIfForecastExportArn"]
        notebook.wait(forecast.describe_what_if_forecast_export, WhatIfForecastExportArn=export)
        rows = notebook.export(f"whatif/{name}/")
        assert len(rows) == len(STORES) * HORIZON
        assert rows[0]["date"].endswith("T00:00:00Z")
        assert {"item_id", "store_id", "Baseline_p50", f"{name}_p50"} <= set(rows[0])
        totals["baseline"] = sum(float(row["Baseline_p50"]) for row in rows)
        totals[name] = sum(float(row[f"{name}_p50"]) for row in rows)
    assert totals["baseline"] < totals["off_10"] < totals["off_20"]

    answer = notebook.forecastquery.query_what_if_forecast(
        WhatIfForecastArn=scenarios["off_20"], Filters={"item_id": "tv", "store_id": "s1"}
    )
    assert len(answer["Forecast"]["Predictions"]["p50"]) == HORIZON
    notebook.delete_trees(group, related, target, analysis)
    assert forecast.list_what_if_forecasts()["WhatIfForecasts"] == []
