"""Limits of a forecast: how far covariates carry, and which series are dormant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.guards.bounds import Bounds, find_bounds
from forecast_service.engine.guards.dormancy import find_dormant, last_sales
from forecast_service.engine.guards.outliers import find_outliers
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.local.jobs.panels import ModelInput

__all__ = ["DORMANT", "NO_LIMITS", "Limits", "limits_of"]

DORMANT = "dormant"
SHOWN_DAYS = 5  # absurd days that are named
LOW, HIGH, ROWS = "low", "high", "dormant"

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Limits:
    """``bounds`` of the covariates, and the ``dormant`` rows, whose forecast is 0."""

    bounds: Bounds
    dormant: Rows

    def applied_to(self, values: FloatArray) -> FloatArray:
        """The forecasts (n, types, horizon), 0 for dormant series."""
        limited = values.copy() if len(self.dormant) else values
        limited[self.dormant] = 0.0
        return limited

    def take(self, rows: Rows) -> Limits:
        """The limits of the series at ``rows``."""
        return Limits(self.bounds.take(rows), np.flatnonzero(np.isin(rows, self.dormant)))

    def added_to(
        self, facts: Sequence[Mapping[str, Any] | None], model_input: ModelInput
    ) -> list[dict[str, Any] | None]:
        """The facts of each series, with what the limits assume, and the state ``dormant``."""
        panel, future = model_input.panel, model_input.known_future
        last, dormant = last_sales(panel), set(self.dormant.tolist())
        unusual = find_outliers(panel)
        added: list[dict[str, Any] | None] = []
        for row, notes in enumerate(self.bounds.notes(future, panel.n_series)):
            fact = dict(facts[row] or {})
            if row in dormant:
                fact["state"] = DORMANT
                notes = [_dormancy(panel, int(last[row]))]
            notes = [*notes, *_unusual_days(panel, row, unusual[row])]
            if notes:
                fact["assumptions"] = notes
            added.append(fact or None)
        return added

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            **prefixed(LOW, self.bounds.low),
            **prefixed(HIGH, self.bounds.high),
            ROWS: self.dormant,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Limits:
        """The inverse of ``to_arrays``; without any array there are no limits."""
        if ROWS not in arrays:
            return NO_LIMITS
        low, high = (
            {name: values.astype(np.float64) for name, values in unprefixed(end, arrays).items()}
            for end in (LOW, HIGH)
        )
        return cls(Bounds(low, high), arrays[ROWS].astype(np.intp))


NO_LIMITS = Limits(Bounds({}, {}), np.zeros(0, dtype=np.intp))


def limits_of(panel: Panel, future: KnownFuture) -> Limits:
    """The limits that follow from a history and what is known of the future."""
    return Limits(find_bounds(panel), find_dormant(panel, future))


def _unusual_days(panel: Panel, row: int, unusual: npt.NDArray[np.bool_]) -> list[str]:
    """A sentence for each absurd day of a series, newest first."""
    return [
        f"The sales of {str(panel.timestamps[day])[:10]} ({panel.target[row, day]:g}) are unusual: "
        "the forecast does not learn from them"
        for day in np.flatnonzero(unusual)[::-1][:SHOWN_DAYS].tolist()
    ]


def _dormancy(panel: Panel, last: int) -> str:
    return (
        f"The last sale was on {str(panel.timestamps[last])[:10]}, while other series sell until "
        f"{str(panel.timestamps[-1])[:10]}. The series counts as dormant: its forecast is 0 until "
        "it sells again"
    )
