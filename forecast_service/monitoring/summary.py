"""Summary: what the overview shows of every store, made once per forecast before it is served."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.totals.past import Past
from forecast_service.monitoring.forecast_values import ForecastValues, StoreFacts
from forecast_service.monitoring.last_year import Days, aligned_last_year
from forecast_service.monitoring.packing import pack, unpack
from forecast_service.monitoring.store_sales import StoreSales
from forecast_service.monitoring.week_totals import DAYS, past_weeks, week_totals
from forecast_service.storage.database import database_now
from forecast_service.storage.tables import forecast_summaries

__all__ = ["Summary", "read_summary", "summarise", "write_summary"]

NUMBERS = ("low", "middle", "high", "last_week", "last_year", "is_expected")

KEPT = 8  # an older one is made again if its forecast is served again; 1,115 stores take 0.6 MB


@dataclass(frozen=True)
class Summary:
    """Sums of a week for every store and every day on which the week may begin.

    Arrays are (n, starts), unless said otherwise; NaN where nothing is known. For weekly or monthly
    data, a week is one period.
    """

    stores: tuple[str, ...]
    periods: Days
    """(horizon,): the days of the forecast."""
    window: int
    """Periods in a week."""
    low: FloatArray
    middle: FloatArray
    high: FloatArray
    last_week: FloatArray
    """(n,): sales in the last ``window`` periods of the data."""
    last_year: FloatArray
    is_expected: FloatArray
    """(n, horizon): 1 where the store is expected to sell, 0 where the forecast is 0."""
    facts: tuple[StoreFacts, ...]

    def start_on(self, today: np.datetime64) -> int:
        """Where the coming week begins: today if the forecast has so many days, else at its first.

        A period of several days is that of today.
        """
        later = np.flatnonzero(self.periods <= today)
        start = int(later[-1]) if len(later) else 0
        return start if start < self.middle.shape[1] and self._covers(start, today) else 0

    def week(self, start: int) -> tuple[np.datetime64, np.datetime64]:
        """First and last day of the week that begins at ``start``."""
        return self.periods[start], self._ends[start + self.window - 1]

    def _covers(self, start: int, today: np.datetime64) -> bool:
        return bool(self.periods[start] <= today <= self._ends[start])

    @property
    def _ends(self) -> Days:
        """The last day of each period."""
        steps = np.diff(self.periods)
        last = steps[-1] if len(steps) else np.timedelta64(1, "D")
        next_starts = np.append(self.periods[1:], self.periods[-1] + last)
        return np.asarray(next_starts - np.timedelta64(1, "D"), dtype="datetime64[D]")

    def pack(self) -> bytes:
        """The summary as bytes."""
        arrays: dict[str, npt.NDArray[Any]] = {
            name: getattr(self, name).astype(np.float32) for name in NUMBERS
        }
        arrays["periods"] = self.periods
        columns = [vars(fact) for fact in self.facts]
        return pack(arrays, {"stores": self.stores, "window": self.window, "facts": columns})

    @classmethod
    def unpack(cls, content: bytes) -> Summary:
        """The inverse of ``pack``."""
        arrays, facts = unpack(content)
        return cls(
            stores=tuple(facts["stores"]),
            periods=arrays["periods"],
            window=facts["window"],
            facts=tuple(StoreFacts(**each) for each in facts["facts"]),
            **{name: arrays[name].astype(np.float64) for name in NUMBERS},
        )


def summarise(forecast: ForecastValues, sales: StoreSales | None, country: str | None) -> Summary:
    """The summary of a forecast; without sales, there is nothing to compare it with."""
    frequency = "D" if sales is None else sales.frequency
    periods = forecast.periods.astype("datetime64[D]")
    window = min(DAYS if parse_frequency(frequency).unit == "D" else 1, len(periods))
    histories = _histories(forecast, sales)
    quantiles = np.stack(
        [
            week_totals(values, forecast.levels, _past(history, facts), window)
            for values, history, facts in zip(
                forecast.quantiles, histories, forecast.facts, strict=True
            )
        ]
    )
    is_expected = (np.nan_to_num(forecast.quantiles[:, -1], nan=1.0) > 0).astype(np.float64)
    unknown = np.full(quantiles.shape[::2], np.nan)
    band = forecast.band
    last_week, last_year = unknown[:, 0], unknown
    if sales is not None:
        last_week = _last_week(histories, window, is_expected)
        days = aligned_last_year(periods, country, frequency)
        last_year = _sums(_aligned(forecast, sales, days, is_expected), window)
    return Summary(
        stores=forecast.stores,
        periods=periods,
        window=window,
        low=unknown if band is None else quantiles[:, band[0]],
        middle=quantiles[:, forecast.middle],
        high=unknown if band is None else quantiles[:, band[1]],
        last_week=last_week,
        last_year=last_year,
        is_expected=is_expected,
        facts=forecast.facts,
    )


def _past(history: FloatArray, facts: StoreFacts) -> Past:
    """How the days of a week go together: by the errors of the backtest, else by the history."""
    past, measured = past_weeks(history), (facts.facts or {}).get("day_comovement")
    return past if measured is None else replace(past, comovement=measured)


def _histories(forecast: ForecastValues, sales: StoreSales | None) -> FloatArray:
    """The sales (n, T) of the stores of the forecast before it begins."""
    if sales is None or not sales.sales.size:
        return np.full((len(forecast.stores), 0), np.nan)
    before = sales.periods < forecast.periods[0]
    padded = np.vstack([sales.sales, np.full((1, len(sales.periods)), np.nan)])[:, before]
    return np.asarray(padded[_rows(forecast, sales)])


def _rows(forecast: ForecastValues, sales: StoreSales) -> npt.NDArray[np.intp]:
    """The row of each store of the forecast in the sales; -1 without one."""
    at = {name: row for row, name in enumerate(sales.stores)}
    return np.array([at.get(name, -1) for name in forecast.stores], dtype=np.intp)


def _aligned(
    forecast: ForecastValues, sales: StoreSales, days: Days, is_expected: FloatArray
) -> FloatArray:
    """The sales of these days, one per period; an unknown one is 0 where none are expected now."""
    found = sales.at(days.astype("datetime64[s]"))
    padded = np.vstack([found, np.full((1, len(days)), np.nan)])[_rows(forecast, sales)]
    return np.where(np.isnan(padded) & (is_expected == 0), 0.0, padded)


def _last_week(histories: FloatArray, window: int, is_expected: FloatArray) -> FloatArray:
    """Sales in the last periods before the forecast; a weekday that never sells is no gap."""
    if histories.shape[1] < window:
        return np.full(len(histories), np.nan)
    last = histories[:, -window:]
    if window == DAYS == is_expected[:, :window].shape[1]:  # the same weekdays, a week later
        last = np.where(np.isnan(last) & (is_expected[:, :window] == 0), 0.0, last)
    return np.asarray(last.sum(axis=1))


def _sums(values: FloatArray, window: int) -> FloatArray:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, window, axis=1).sum(axis=2))


def read_summary(connection: sa.Connection, forecast_arn: str) -> Summary | None:
    """The summary of a forecast; None if it was not made."""
    statement = sa.select(forecast_summaries.c.content).where(
        forecast_summaries.c.forecast_arn == forecast_arn
    )
    content = connection.execute(statement).scalar_one_or_none()
    return None if content is None else Summary.unpack(content)


def write_summary(connection: sa.Connection, forecast_arn: str, summary: Summary) -> None:
    """Store the summary of a forecast; only the newest ``KEPT`` summaries stay."""
    table = forecast_summaries
    connection.execute(sa.delete(table).where(table.c.forecast_arn == forecast_arn))
    newest = sa.select(table.c.forecast_arn).order_by(table.c.created_at.desc()).limit(KEPT - 1)
    kept = list(connection.execute(newest).scalars())
    connection.execute(sa.delete(table).where(table.c.forecast_arn.not_in(kept)))
    values = {"forecast_arn": forecast_arn, "content": summary.pack()}
    connection.execute(sa.insert(table).values(**values, created_at=database_now()))
