"""A past forecast beside what was then sold, and its accuracy in Amazon's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.common.keys import MEAN, middle_type, parse_forecast_type, split_key
from forecast_service.engine.backtest import Metrics, TestedWindow
from forecast_service.engine.calendar import next_periods, periods_between
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import usable_season
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database

__all__ = ["METRICS", "PastForecast", "metric_values"]

BLOCK_SERIES = 2000
METRICS = {
    "AverageWeightedQuantileLoss": "average_wQL",
    "MAPE": "MAPE",
    "MASE": "MASE",
    "RMSE": "RMSE",
    "WAPE": "WAPE",
}
"""Amazon's names in the order of its answers, with those of the engine."""


@dataclass(frozen=True)
class PastForecast:
    """The values (n, types, horizon) of the series that a panel also has, at ``rows`` of it."""

    first: np.datetime64
    types: tuple[str, ...]
    rows: npt.NDArray[np.intp]
    values: FloatArray

    @classmethod
    def read(cls, database: Database, name: str, panel: Panel) -> PastForecast | None:
        """A stored forecast; None if none of its series is in the panel."""
        places = {key: row for row, key in enumerate(panel.keys)}
        rows, values, one = [], [], None
        for block in forecast_store.read_in_blocks(database, name, BLOCK_SERIES):
            for one in block:
                row = places.get(split_key(one.series_key))
                if row is not None:
                    rows.append(row)
                    values.append(one.values)
        if one is None or not rows:
            return None
        first = np.datetime64(one.start, "s")
        return cls(first, one.forecast_types, np.array(rows, dtype=np.intp), np.stack(values))

    @property
    def horizon(self) -> int:
        return int(self.values.shape[2])

    def is_covered(self, panel: Panel) -> bool:
        """Whether the panel has a history before the forecast, and every period of it."""
        start = self._start(panel)
        return 0 < start <= panel.n_periods - self.horizon

    def members(self, panel: Panel, season_length: int) -> dict[str, Any]:
        """State, window and metrics of an evaluation, in Amazon's words."""
        times = next_periods(self.first, panel.frequency, self.horizon - 1)
        window = self._window(panel, season_length)
        found = {
            "WindowStartDatetime": str(self.first),
            "WindowEndDatetime": str(times[-1] if len(times) else self.first),
            "NumItemsEvaluated": window.item_count,
        }
        if not window.item_count:
            message = "No series of the forecast has data in its horizon. Import some."
            return {**found, "EvaluationState": "FAILURE", "Message": message}
        return {
            **found,
            "EvaluationState": "SUCCESS",
            "MetricResults": [
                {"MetricName": name, "MetricValue": value}
                for name, value in metric_values(window.metrics(self._levels)).items()
                if name != "AverageWeightedQuantileLoss" or self._quantiles
            ],
        }

    @property
    def _quantiles(self) -> list[str]:
        return [text for text in self.types if text != MEAN]

    @property
    def _levels(self) -> list[float]:
        return [parse_forecast_type(text) for text in self._quantiles] or [0.5]

    def _start(self, panel: Panel) -> int:
        return int(periods_between(panel.timestamps[0], np.array([self.first]), panel.frequency)[0])

    def _window(self, panel: Panel, season_length: int) -> TestedWindow:
        """The forecast as a backtest has it; without a mean, its middle takes the place of it."""
        start = self._start(panel)
        quantiles = [self.types.index(text) for text in self._quantiles or [MEAN]]
        point = self.types.index(MEAN if MEAN in self.types else middle_type(self.types))
        return TestedWindow(
            cutoff=start,
            start=self.first,
            end=next_periods(self.first, panel.frequency, self.horizon)[-1],
            actual=panel.target[self.rows, start : start + self.horizon],
            quantiles=self.values[:, quantiles].transpose(0, 2, 1),
            mean=self.values[:, point],
            history=panel.target[self.rows, :start],
            season_length=usable_season(season_length, start),
        )


def metric_values(metrics: Metrics) -> dict[str, float]:
    """The defined metrics by Amazon's names, in its order."""
    values = {name: metrics[key] for name, key in METRICS.items()}  # type: ignore[literal-required]
    return {name: value for name, value in values.items() if value is not None}
