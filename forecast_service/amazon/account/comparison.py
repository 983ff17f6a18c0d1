"""Comparison: the accuracy, the time and the cost of one predictor, at Amazon and here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecast_service.amazon.account.prices import TRAINING_PER_HOUR

__all__ = ["Accuracy", "Compared", "compare", "unable"]

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Accuracy:
    """Errors of a backtest; None where they are not defined."""

    average_wql: float | None = None
    wape: float | None = None
    rmse: float | None = None
    windows: tuple[tuple[str, str], ...] = ()
    """First and last moment of each backtest window."""


@dataclass(frozen=True)
class Compared:
    """One predictor there and here."""

    group: str
    predictor: str
    there: Accuracy
    here: Accuracy
    seconds_there: float | None
    seconds_here: float | None
    cost_there: float | None
    """US dollars of the training, if it took one instance all the time; here it costs nothing."""
    forecast_there: str | None
    forecast_here: str | None
    note: str | None
    """What differs, or why it could not be trained here."""
    forecast_difference: float | None = None
    """Sum of absolute differences between the medians of both forecasts, as a share; None without
    an export of the one at Amazon."""

    @property
    def same_windows(self) -> bool:
        """Whether both were measured on the same days."""
        return bool(self.there.windows) and self.there.windows == self.here.windows


def compare(
    there: Any,
    here: Any,
    group: str,
    description: Mapping[str, Any],
    trained: Mapping[str, Any],
    forecast: tuple[str, str] | None,
    note: str | None,
) -> Compared:
    """Compare a predictor of the client ``there`` with the one that was made of it ``here``."""
    seconds = _seconds(description)
    measured = _accuracy(there, description["PredictorArn"])
    own = _accuracy(here, trained["PredictorArn"])
    notes = [note] if note else []
    if measured.windows != own.windows:
        notes.append("the backtest windows differ")
    return Compared(
        group=group,
        predictor=description["PredictorName"],
        there=measured,
        here=own,
        seconds_there=seconds,
        seconds_here=_seconds(trained),
        cost_there=None if seconds is None else seconds / SECONDS_PER_HOUR * TRAINING_PER_HOUR,
        forecast_there=None if forecast is None else forecast[0],
        forecast_here=None if forecast is None else forecast[1],
        note="; ".join(notes) or None,
    )


def unable(group: str, summary: Mapping[str, Any], reason: str) -> Compared:
    """The line of a predictor that could not be trained here."""
    none = Accuracy()
    name = summary["PredictorName"]
    return Compared(group, name, none, none, None, None, None, None, None, reason)


def _seconds(description: Mapping[str, Any]) -> float | None:
    """How long the training took, from its request to its end."""
    began, ended = description.get("CreationTime"), description.get("LastModificationTime")
    if not isinstance(began, datetime) or not isinstance(ended, datetime):
        return None
    return (ended - began).total_seconds()


def _accuracy(client: Any, predictor: str) -> Accuracy:
    """The summary over all windows of the best algorithm, or the only window."""
    results = client.get_accuracy_metrics(PredictorArn=predictor)["PredictorEvaluationResults"]
    if not results:
        return Accuracy()
    windows = results[0]["TestWindows"]
    computed = [one for one in windows if one.get("EvaluationType") != "SUMMARY"]
    summary = next((one for one in windows if one.get("EvaluationType") == "SUMMARY"), None)
    metrics = (summary or computed[0])["Metrics"]
    errors: Mapping[str, Any] = next(iter(metrics.get("ErrorMetrics", [])), {})
    return Accuracy(
        average_wql=metrics.get("AverageWeightedQuantileLoss"),
        wape=errors.get("WAPE"),
        rmse=errors.get("RMSE", metrics.get("RMSE")),
        windows=tuple(sorted((_text(one, "Start"), _text(one, "End")) for one in computed)),
    )


def _text(window: Mapping[str, Any], end: str) -> str:
    moment = window.get(f"TestWindow{end}")
    if isinstance(moment, datetime):
        moment = moment.replace(tzinfo=None).isoformat(sep=" ")
    return str(moment).replace("T", " ")
