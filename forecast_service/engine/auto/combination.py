"""A trained combination: weighted members, calibrated quantiles, and how often they held.

Of series that have the same members; ``grouped`` puts several together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import Fitted
from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.auto.calibration import GRID, Calibration, Coverage
from forecast_service.engine.auto.members import MEMBERS
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.quantiles import require_levels
from forecast_service.engine.simple.seasonal_naive import NAME as SEASONAL_NAIVE

__all__ = ["FittedCombination"]


@dataclass(frozen=True)
class FittedCombination:
    """``members`` by name; ``wanted`` (n, members) are the weights that the backtests chose.

    ``fleet`` (members,) are those of all series, for one that is new. ``calibration`` and
    ``coverage`` (of the interval from p10 to p90) are None when no backtest was possible.
    """

    members: Mapping[str, Fitted]
    wanted: FloatArray
    fleet: FloatArray
    calibration: Calibration | None
    coverage: Coverage | None

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self._first.keys

    @property
    def until(self) -> np.datetime64:
        return self._first.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Such as "pooled 0.9, prophet 0.1", largest weight first; "pooled" when it is alone."""
        return tuple(
            ", ".join(f"{name} {share}" for name, share in shares)
            if len(shares) > 1
            else shares[0][0]
            for shares in self._shares()
        )

    @property
    def weights(self) -> FloatArray:
        """Of each member for each series, (n, members): 0 where a member has no model of it."""
        present = np.stack([_present(name, self.members[name]) for name in self.members], axis=1)
        left = self.wanted * present
        total = left.sum(axis=1, keepdims=True)
        any_one = np.where(present.any(axis=1, keepdims=True), present, True)
        equal = any_one / any_one.sum(axis=1, keepdims=True)
        shares: FloatArray = np.where(total > 0, left / np.where(total > 0, total, 1.0), equal)
        return shares

    @property
    def notes(self) -> tuple[str | None, ...]:
        """Why a series lacks a member that it would have had; else what its first member says."""
        missing = (self.wanted > 0) & (self.weights == 0)
        notes = list(self._first.notes)
        for place, (name, member) in enumerate(self.members.items()):
            for row in np.flatnonzero(missing[:, place]):
                notes[row] = notes[row] or f"Without {name}: {member.notes[row]}"
        return tuple(notes)

    @property
    def facts(self) -> tuple[dict[str, Any], ...]:
        """Of each series, as JSON: its ``members`` with their weights, and ``coverage``.

        ``coverage`` is there if the backtest had days of the series: which share of them lay
        within p10 … p90, and how many they were.
        """
        facts: list[dict[str, Any]] = [{"members": dict(shares)} for shares in self._shares()]
        if self.coverage is not None:
            measured, days = self.coverage.measured.tolist(), self.coverage.days.tolist()
            for fact, share, count in zip(facts, measured, days, strict=True):
                if count:
                    stated = {"nominal": self.coverage.nominal, "measured": round(share, 3)}
                    fact["coverage"] = {"p10-p90": {**stated, "days": count}}
        return tuple(facts)

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): those of the members averaged, then calibrated."""
        levels = require_levels(quantiles)
        asked = GRID if self.calibration else levels
        combined = self._combined(known_future, lambda member, own: member.forecast(own, asked))
        return self.calibration.quantiles(combined, levels) if self.calibration else combined

    def mean(self, known_future: KnownFuture) -> FloatArray:
        return self._combined(known_future, lambda member, own: member.mean(own))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts of the members in proportion to their weights; they add up to ``mean``."""
        found: dict[str, FloatArray] = {}
        for share, member in zip(self.weights.T, self.members.values(), strict=True):
            if share.any():
                for name, values in member.contributions(known_future).items():
                    part = share[:, None] * values
                    found[name] = found[name] + part if name in found else part
        return found

    def carried_to(self, panel: Panel, members: Mapping[str, Fitted]) -> FittedCombination:
        """The same weights and calibration around these members, which know this panel."""
        before = {key: row for row, key in enumerate(self.keys)}
        rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
        return self._around(members, rows)

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedCombination:
        members = {k: member.take(rows, known_future) for k, member in self.members.items()}
        return self._around(members, rows)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "members": np.array(list(self.members), dtype=np.str_),
            "wanted": self.wanted,
            "fleet": self.fleet,
        }
        if self.calibration is not None:
            arrays |= prefixed("calibration", self.calibration.to_arrays())
        if self.coverage is not None:
            arrays |= prefixed("coverage", self.coverage.to_arrays())
        for name, member in self.members.items():
            arrays |= prefixed(name, member.to_arrays())
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FittedCombination:
        """The inverse of ``to_arrays``."""
        calibration = unprefixed("calibration", arrays)
        coverage = unprefixed("coverage", arrays)
        return cls(
            members={
                name: MEMBERS[name].from_arrays(unprefixed(name, arrays))
                for name in arrays["members"].tolist()
            },
            wanted=arrays["wanted"].astype(np.float64),
            fleet=arrays["fleet"].astype(np.float64),
            calibration=Calibration.from_arrays(calibration) if calibration else None,
            coverage=Coverage.from_arrays(coverage) if coverage else None,
        )

    def _around(
        self, members: Mapping[str, Fitted], rows: npt.NDArray[np.intp]
    ) -> FittedCombination:
        """Members of the series that have these rows here; a new one (-1) is as all are."""
        return FittedCombination(
            members=members,
            wanted=np.where(rows[:, None] < 0, self.fleet, self.wanted[rows]),
            fleet=self.fleet,
            calibration=self.calibration and self.calibration.take(rows),
            coverage=self.coverage and self.coverage.take(rows),
        )

    @property
    def _first(self) -> Fitted:
        return next(iter(self.members.values()))

    def _shares(self) -> list[list[tuple[str, float]]]:
        """Members and weights of each series, in hundredths, largest first, without the zeros."""
        rows = np.round(self.weights, 2).tolist()
        named = [sorted(zip(self.members, row, strict=True), key=_by_weight) for row in rows]
        return [[(name, share) for name, share in row if share > 0] for row in named]

    def _combined(
        self, known_future: KnownFuture, ask: Callable[[Fitted, KnownFuture], FloatArray]
    ) -> FloatArray:
        """What the members answer, averaged; each is asked only where it has any weight."""
        weights, total = self.weights, np.zeros(())
        for share, member in zip(weights.T, self.members.values(), strict=True):
            rows = np.flatnonzero(share)
            if len(rows) == len(share):
                answer = ask(member, known_future)
            elif len(rows):
                answer = ask(member.take(rows, known_future), known_future.take(rows))
            else:
                continue
            if not total.ndim:
                total = np.zeros((len(share), *answer.shape[1:]))
            total[rows] += share[rows].reshape(-1, *[1] * (answer.ndim - 1)) * answer
        return total


def _present(name: str, member: Fitted) -> npt.NDArray[np.bool_]:
    """Which series a member has a model of, rather than something simpler or a guess; (n,)."""
    present = np.array([each == name for each in member.algorithms], dtype=bool)
    if name == SEASONAL_NAIVE:
        present &= np.array([note is None for note in member.notes], dtype=bool)
    return present


def _by_weight(share: tuple[str, float]) -> float:
    return -share[1]
