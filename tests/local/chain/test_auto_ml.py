"""PerformAutoML: one algorithm for the whole data set, chosen by a backtest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from forecast_service.settings import Settings

from ..amazon import Amazon, legacy_request
from .conftest import HORIZON, finish, load, opened, promotions, related, sold

ALGORITHM = "arn:aws:forecast:::algorithm/"
DAYS = 56


@pytest.fixture(scope="module")
def automatic_home(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """A home with a predictor whose algorithm AutoML chose, and its forecast."""
    home = tmp_path_factory.mktemp("automatic") / "home"
    promo = promotions()
    with opened(home, migrated_file) as amazon:
        datasets = amazon.dataset(), amazon.dataset("plans", "RELATED_TIME_SERIES", luck="float")
        load(amazon, datasets[0], "sold", sold(range(DAYS), promo))
        load(amazon, datasets[1], "planned", related(range(DAYS + HORIZON), promo))
        request = {**legacy_request(amazon.group(*datasets)), "PerformAutoML": True}
        del request["AlgorithmArn"]
        predictor = amazon.forecast.create_predictor(**request)["PredictorArn"]
        described = amazon.forecast.describe_predictor(PredictorArn=predictor)
        assert not {"AlgorithmArn", "TrainingParameters"} & set(described)
        finish(amazon)
        amazon.make_forecast(predictor, status=None)
        finish(amazon)
    return home


@pytest.fixture
def settings(tmp_path: Path, automatic_home: Path, database_url: str) -> Settings:
    """Settings of a copy of that home."""
    shutil.copytree(automatic_home, tmp_path / "home")
    return Settings(home=tmp_path / "home", database_url=database_url, processes=1)


@pytest.mark.quick(1)
def test_the_best_algorithm_of_the_backtest_is_chosen(amazon: Amazon, predictor: str) -> None:
    described = amazon.forecast.describe_predictor(PredictorArn=predictor)
    answer = amazon.forecast.get_accuracy_metrics(PredictorArn=predictor)

    assert described["Status"] == "ACTIVE", described["Message"]
    results = answer["PredictorEvaluationResults"]
    order = [result["AlgorithmArn"] for result in results]
    assert set(order) == {f"{ALGORITHM}{name}" for name in ("Prophet", "ETS", "ARIMA", "NPTS")}
    losses = [
        result["TestWindows"][0]["Metrics"]["AverageWeightedQuantileLoss"] for result in results
    ]
    assert losses == sorted(losses)
    executions = described["PredictorExecutionDetails"]["PredictorExecutions"]
    assert [execution["AlgorithmArn"] for execution in executions] == order
    assert described["AutoMLAlgorithmArns"] == order[:1]
    assert order[0] == f"{ALGORITHM}Prophet"  # only it knows the promotions
    assert "Message" not in described


def test_the_chosen_algorithm_forecasts(amazon: Amazon, forecast: str) -> None:
    answer = amazon.forecastquery.query_forecast(ForecastArn=forecast, Filters={"item_id": "1"})

    assert [point["Value"] > 0 for point in answer["Forecast"]["Predictions"]["p50"]] == [True] * 7
