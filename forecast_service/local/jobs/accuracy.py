"""The accuracy of a training, as GetAccuracyMetrics and DescribePredictor return it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from forecast_service.engine.backtest import Metrics
from forecast_service.engine.train import Trained, Window

__all__ = ["evaluation_results", "executions"]


def evaluation_results(results: Sequence[tuple[Trained, str | None]]) -> dict[str, Any]:
    """``PredictorEvaluationResults`` of trainings, each with the ARN of its algorithm.

    Of each, the summary, then the windows, newest first.
    """
    return {"PredictorEvaluationResults": [_evaluation(*result) for result in results]}


def executions(results: Sequence[tuple[Trained, str | None]]) -> dict[str, Any]:
    """``PredictorExecutionDetails``: the windows that were tested, in the order of the results."""
    return {"PredictorExecutions": [_execution(*result) for result in results]}


def _evaluation(trained: Trained, algorithm_arn: str | None) -> dict[str, Any]:
    summary = trained.summary
    windows = [_window_results(window) for window in trained.windows]
    if summary is not None:
        windows.insert(0, {"EvaluationType": "SUMMARY", "Metrics": _metrics(summary)})
    return _add_arn({"TestWindows": windows}, algorithm_arn)


def _execution(trained: Trained, algorithm_arn: str | None) -> dict[str, Any]:
    windows = [{**_range(window), "Status": "ACTIVE"} for window in trained.windows]
    return _add_arn({"TestWindows": windows}, algorithm_arn)


def _window_results(window: Window) -> dict[str, Any]:
    return {
        "EvaluationType": "COMPUTED",
        **_range(window),
        "ItemCount": window.item_count,
        "Metrics": _metrics(window.metrics),
    }


def _range(window: Window) -> dict[str, str]:
    """Start and exclusive end, as texts without a zone."""
    return {"TestWindowStart": str(window.start), "TestWindowEnd": str(window.end)}


def _metrics(metrics: Metrics) -> dict[str, Any]:
    """Amazon's Metrics: descending quantiles, without undefined values."""
    errors = {name: metrics[name] for name in ("WAPE", "RMSE", "MAPE", "MASE")}
    return _drop_undefined(
        {
            "RMSE": metrics["RMSE"],
            "WeightedQuantileLosses": [
                {"Quantile": quantile, "LossValue": loss}
                for quantile, loss in sorted(metrics["wQL"].items(), reverse=True)
            ],
            "ErrorMetrics": [{"ForecastType": "mean", **_drop_undefined(errors)}],
            "AverageWeightedQuantileLoss": metrics["average_wQL"],
        }
    )


def _drop_undefined(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, float) and not math.isfinite(value))
    }


def _add_arn(entry: dict[str, Any], algorithm_arn: str | None) -> dict[str, Any]:
    return entry if algorithm_arn is None else {"AlgorithmArn": algorithm_arn, **entry}
