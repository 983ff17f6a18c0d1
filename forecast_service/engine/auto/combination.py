"""A trained combination: weighted members, calibrated quantiles, and their coverage.

Its series all have the same members; ``grouped`` joins several combinations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.auto.calibration import GRID, Calibration, Coverage
from forecast_service.engine.auto.members import MEMBERS
from forecast_service.engine.auto.tested_errors import TestedErrors
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.quantiles import require_levels
from forecast_service.engine.simple.seasonal_naive import NAME as SEASONAL_NAIVE

__all__ = ["FittedCombination"]


@dataclass(frozen=True)
class FittedCombination:
    """``members`` by name; ``chosen_weights`` (n, members) come from the backtests.

    ``common_weights`` (members,) are for series that are new. ``calibration`` and ``coverage``
    (of the interval from p10 to p90) are None when no backtest was possible. ``comovement`` (n,):
    mean correlation of the errors of two days of a week; None if it was not measured.
    """

    members: Mapping[str, Fitted]
    chosen_weights: FloatArray
    common_weights: FloatArray
    calibration: Calibration | None
    coverage: Coverage | None
    comovement: FloatArray | None = None
    errors: TestedErrors | None = None
    """None, too, in a model of an older version."""

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self._first.keys

    @property
    def until(self) -> np.datetime64:
        return self._first.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        """For example "pooled 0.9, prophet 0.1", largest first; "pooled" when it is alone."""
        return tuple(
            ", ".join(f"{name} {share}" for name, share in shares)
            if len(shares) > 1
            else shares[0][0]
            for shares in self._shares()
        )

    @property
    def weights(self) -> FloatArray:
        """Weights of the members (n, members); 0 where a member has no model of the series."""
        present = np.stack([_present(name, self.members[name]) for name in self.members], axis=1)
        usable = self.chosen_weights * present
        total = usable.sum(axis=1, keepdims=True)
        candidates = np.where(present.any(axis=1, keepdims=True), present, True)
        equal = candidates / candidates.sum(axis=1, keepdims=True)
        shares: FloatArray = np.where(total > 0, usable / np.where(total > 0, total, 1.0), equal)
        return shares

    @property
    def notes(self) -> tuple[str | None, ...]:
        """Why a series lacks a member that has a chosen weight; else the first member's note."""
        missing = (self.chosen_weights > 0) & (self.weights == 0)
        notes = list(self._first.notes)
        for place, (name, member) in enumerate(self.members.items()):
            for row in np.flatnonzero(missing[:, place]):
                notes[row] = (
                    notes[row] or member.notes[row] or say("algorithm_not_used", algorithm=name)
                )
        return tuple(notes)

    @property
    def facts(self) -> tuple[dict[str, Any], ...]:
        """JSON for each series: ``members`` with weights, and what the backtest tells.

        ``coverage`` is the share of the backtest's days within p10 … p90, and their number;
        ``backtest`` are the errors of the median. Both are absent if the backtest had no days of
        the series.
        """
        facts: list[dict[str, Any]] = [{"members": dict(shares)} for shares in self._shares()]
        self._add_coverage(facts)
        if self.comovement is not None:
            for fact, value in zip(facts, self.comovement.tolist(), strict=True):
                fact["day_comovement"] = round(value, 3)
        if self.errors is not None:
            for fact, errors in zip(facts, self.errors.facts(), strict=True):
                if errors is not None:
                    fact["backtest"] = errors
        return tuple(facts)

    def _add_coverage(self, facts: list[dict[str, Any]]) -> None:
        if self.coverage is not None:
            measured, days = self.coverage.measured.tolist(), self.coverage.days.tolist()
            for fact, share, count in zip(facts, measured, days, strict=True):
                if count:
                    shares = {"nominal": self.coverage.nominal, "measured": round(share, 3)}
                    fact["coverage"] = {"p10-p90": {**shares, "days": count}}

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): the members' average, then calibrated."""
        levels = require_levels(quantiles)
        grid = GRID if self.calibration else levels
        average = self._average(known_future, lambda member, own: member.forecast(own, grid))
        return self.calibration.quantiles(average, levels) if self.calibration else average

    def mean(self, known_future: KnownFuture) -> FloatArray:
        return self._average(known_future, lambda member, own: member.mean(own))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Weighted parts of the members; they add up to ``mean``."""
        parts: dict[str, FloatArray] = {}
        for share, member in zip(self.weights.T, self.members.values(), strict=True):
            if share.any():
                for name, values in member.contributions(known_future).items():
                    part = share[:, None] * values
                    parts[name] = parts[name] + part if name in parts else part
        return parts

    def carried_to(self, panel: Panel, members: Mapping[str, Fitted]) -> FittedCombination:
        """The same weights and calibration with these members, which have seen this panel."""
        before = {key: row for row, key in enumerate(self.keys)}
        rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
        return self._with_members(members, rows)

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedCombination:
        members = {k: member.take(rows, known_future) for k, member in self.members.items()}
        return self._with_members(members, rows)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "members": np.array(list(self.members), dtype=np.str_),
            "wanted": self.chosen_weights,
            "fleet": self.common_weights,
        }
        if self.calibration is not None:
            arrays |= prefixed("calibration", self.calibration.to_arrays())
        if self.coverage is not None:
            arrays |= prefixed("coverage", self.coverage.to_arrays())
        if self.comovement is not None:
            arrays["comovement"] = self.comovement
        if self.errors is not None:
            arrays |= prefixed("errors", self.errors.to_arrays())
        for name, member in self.members.items():
            arrays |= prefixed(name, member.to_arrays())
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FittedCombination:
        """The inverse of ``to_arrays``."""
        calibration = unprefixed("calibration", arrays)
        coverage = unprefixed("coverage", arrays)
        errors = unprefixed("errors", arrays)
        return cls(
            members={
                name: MEMBERS[name].from_arrays(unprefixed(name, arrays))
                for name in arrays["members"].tolist()
            },
            chosen_weights=arrays["wanted"].astype(np.float64),
            common_weights=arrays["fleet"].astype(np.float64),
            calibration=Calibration.from_arrays(calibration) if calibration else None,
            coverage=Coverage.from_arrays(coverage) if coverage else None,
            comovement=arrays["comovement"].astype(np.float64) if "comovement" in arrays else None,
            errors=TestedErrors.from_arrays(errors) if errors else None,
        )

    def _with_members(
        self, members: Mapping[str, Fitted], rows: npt.NDArray[np.intp]
    ) -> FittedCombination:
        """The combination of these rows with other members; -1 is a new series."""
        return FittedCombination(
            members=members,
            chosen_weights=np.where(
                rows[:, None] < 0, self.common_weights, self.chosen_weights[rows]
            ),
            common_weights=self.common_weights,
            calibration=self.calibration and self.calibration.take(rows),
            coverage=self.coverage and self.coverage.take(rows),
            comovement=self._comovement_of(rows),
            errors=self.errors and self.errors.take(rows),
        )

    def _comovement_of(self, rows: npt.NDArray[np.intp]) -> FloatArray | None:
        """The co-movement of these rows; a new series (-1) has the mean of all."""
        if self.comovement is None:
            return None
        return np.where(rows < 0, self.comovement.mean(), self.comovement[rows])

    @property
    def _first(self) -> Fitted:
        return next(iter(self.members.values()))

    def _shares(self) -> list[list[tuple[str, float]]]:
        """Members and weights of each series, in hundredths, largest first, without the zeros."""
        rows = np.round(self.weights, 2).tolist()
        named = [sorted(zip(self.members, row, strict=True), key=_by_weight) for row in rows]
        return [[(name, share) for name, share in row if share > 0] for row in named]

    def _average(
        self, known_future: KnownFuture, forecast: Callable[[Fitted, KnownFuture], FloatArray]
    ) -> FloatArray:
        """Weighted mean of the members' forecasts; each forecasts only series with a weight."""
        weights, total = self.weights, np.zeros(())
        for share, member in zip(weights.T, self.members.values(), strict=True):
            rows = np.flatnonzero(share)
            if len(rows) == len(share):
                values = forecast(member, known_future)
            elif len(rows):
                values = forecast(member.take(rows, known_future), known_future.take(rows))
            else:
                continue
            if not total.ndim:
                total = np.zeros((len(share), *values.shape[1:]))
            total[rows] += share[rows].reshape(-1, *[1] * (values.ndim - 1)) * values
        return total


def _present(name: str, member: Fitted) -> npt.NDArray[np.bool_]:
    """The series that a member has a model of, not a fallback or a guess; (n,)."""
    present = np.array([algorithm == name for algorithm in member.algorithms], dtype=bool)
    if name == SEASONAL_NAIVE:
        present &= np.array([note is None for note in member.notes], dtype=bool)
    return present


def _by_weight(share: tuple[str, float]) -> float:
    return -share[1]
