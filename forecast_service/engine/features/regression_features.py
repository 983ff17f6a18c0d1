"""Columns of a regression, computed from the calendar and covariates, never from the target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import next_periods
from forecast_service.engine.features import calendar_features, covariate_features
from forecast_service.engine.features.columns import Block, Column, Single
from forecast_service.engine.panel import FloatArray
from forecast_service.engine.periods.frequency import Times, parse_frequency

__all__ = ["LOOKAHEAD", "LOOKBACK", "CovariateRecipe", "Features", "Recipe", "Rows", "make_recipe"]

Booleans = npt.NDArray[np.bool_]
Rows = slice | npt.NDArray[np.intp]

LOOKBACK = 90
"""Number of periods that columns look back."""
LOOKAHEAD = 14
"""Number of periods that columns look ahead."""
COMMON_SHARE = 0.05  # of the days at 1, and at 0: a common covariate has interactions, a rare not


@dataclass(frozen=True)
class CovariateRecipe:
    """How one covariate becomes columns; its ``kind`` is common or rare (0 or 1), or number.

    A number is clipped to the range of the training, logged if it was always positive, centred
    and scaled. ``profile``, the mean by phase of the season, is its expected value in periods
    after the last known one.
    """

    name: str
    kind: str
    logged: bool
    center: float
    scale: float
    low: float
    high: float
    profile: tuple[float, ...]

    def prepare(self, values: FloatArray) -> Single:
        """The values as a column, without NaN: an unknown value becomes 0 (a number: its mean)."""
        if self.kind != "number":
            return np.nan_to_num(values, nan=0.0).astype(np.float32)
        clipped = np.clip(values, self.low, self.high)
        scaled = ((np.log(clipped) if self.logged else clipped) - self.center) / self.scale
        return np.nan_to_num(scaled, nan=0.0).astype(np.float32)


@dataclass(frozen=True)
class Recipe:
    """The columns of a panel, chosen once, when a model is trained."""

    frequency: str
    yearly: bool
    covariates: tuple[CovariateRecipe, ...]
    closing: tuple[float, ...]
    """Share of closed series by phase of the season; empty if no series ever closes."""
    holidays: Mapping[str, tuple[int, ...]]
    """Days since 1970 by name."""

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Recipe:
        raw = json.loads(text)
        covariates = [
            CovariateRecipe(**{**each, "profile": tuple(each["profile"])})
            for each in raw.pop("covariates")
        ]
        raw["closing"] = tuple(raw["closing"])
        raw["holidays"] = {name: tuple(days) for name, days in raw["holidays"].items()}
        return cls(covariates=tuple(covariates), **raw)


@dataclass(frozen=True)
class Features:
    """Columns of the periods ``times``, computed on demand for any rows of a panel.

    ``covariates`` and ``closed`` (n, T) cover the same periods; values after them are those of
    the recipe's profile. ``shared`` covariates are equal in all rows and are computed once.
    """

    recipe: Recipe
    times: Times
    covariates: Mapping[str, FloatArray]
    closed: npt.NDArray[np.bool_]
    shared: frozenset[str] = frozenset()

    def by_date(self) -> tuple[list[Column], Single]:
        """Columns that are equal for all series, with values (columns, T)."""
        blocks = list(self._calendar())
        for covariate in self.recipe.covariates:
            if covariate.name in self.shared:
                blocks.extend(self._of_covariate(covariate, slice(0, 1)))
        return [block.column for block in blocks], _stack(blocks, 1, len(self.times))[0]

    def by_series(self, rows: Rows) -> tuple[list[Column], Single]:
        """Columns that differ between series, with values (rows, columns, T)."""
        blocks: list[Block] = []
        for covariate in self.recipe.covariates:
            if covariate.name not in self.shared:
                blocks.extend(self._of_covariate(covariate, rows))
        if self.recipe.closing:
            blocks.extend(self._of_closing(rows))
        count = len(self.closed[rows])
        return [block.column for block in blocks], _stack(blocks, count, len(self.times))

    def padded(self, recipe: CovariateRecipe, rows: Rows) -> Single:
        """A prepared covariate of some rows: over ``times``, and as expected for 14 more."""
        values = recipe.prepare(self.covariates[recipe.name][rows])
        expected = np.array(recipe.profile, dtype=np.float32)[self._phase_after()]
        return np.concatenate([values, np.tile(expected, (len(values), 1))], axis=1)

    def padded_closed(self, rows: Rows) -> Booleans:
        """Closed periods of some rows: over ``times``, and as expected for 14 more."""
        closed = self.closed[rows]
        expected = np.array(self.recipe.closing)[self._phase_after()] > 0.5
        return np.concatenate([closed, np.tile(expected, (len(closed), 1))], axis=1)

    def _calendar(self) -> Iterator[Block]:
        recipe = self.recipe
        yield from calendar_features.columns(self.times, recipe.frequency, yearly=recipe.yearly)
        yield from calendar_features.holidays(self.times, recipe.frequency, recipe.holidays)

    def _phase_after(self) -> npt.NDArray[np.intp]:
        after = next_periods(self.times[-1], self.recipe.frequency, LOOKAHEAD)
        return calendar_features.phases(after, self.recipe.frequency)[0]

    def _of_covariate(self, recipe: CovariateRecipe, rows: Rows) -> Iterator[Block]:
        return covariate_features.columns(
            recipe.name,
            recipe.kind,
            self.padded(recipe, rows),
            calendar_features.calendar(self.times, self.recipe.frequency),
            yearly=self.recipe.yearly,
        )

    def _of_closing(self, rows: Rows) -> Iterator[Block]:
        return covariate_features.closing(
            self.padded_closed(rows), calendar_features.calendar(self.times, self.recipe.frequency)
        )


def make_recipe(
    times: Times,
    frequency: str,
    covariates: Mapping[str, FloatArray],
    closed: npt.NDArray[np.bool_],
    holidays: Mapping[str, Times],
) -> Recipe:
    """The columns that a history supports.

    ``covariates`` (n, T) do not include the closing one. A constant covariate gets no column.
    Yearly columns need a year of history.
    """
    phase, count = calendar_features.phases(times, frequency)
    shares = tuple(_by_phase(closed.astype(np.float64), phase, count)) if closed.any() else ()
    recipes = [
        _covariate_recipe(name, values, phase, count, ~closed)
        for name, values in covariates.items()
    ]
    return Recipe(
        frequency=str(parse_frequency(frequency)),
        yearly=bool(times[-1] - times[0] >= np.timedelta64(364, "D")),
        covariates=tuple(recipe for recipe in recipes if recipe is not None),
        closing=shares,
        holidays={
            name: tuple(days.astype("datetime64[D]").astype(np.int64).tolist())
            for name, days in holidays.items()
        },
    )


def _covariate_recipe(
    name: str, values: FloatArray, phase: npt.NDArray[np.intp], count: int, is_open: Booleans
) -> CovariateRecipe | None:
    known = values[np.isfinite(values) & is_open]
    if not known.size or known.min() == known.max():
        return None
    if not np.isin(known, (0.0, 1.0)).all():
        logged = bool(known.min() > 0)
        scaled = np.log(known) if logged else known
        plain = CovariateRecipe(
            name, "number", logged, float(scaled.mean()), float(scaled.std()) or 1.0,
            float(known.min()), float(known.max()), (),
        )  # fmt: skip
    else:
        common = COMMON_SHARE <= known.mean() <= 1 - COMMON_SHARE
        plain = CovariateRecipe(name, "common" if common else "rare", False, 0, 1, 0, 1, ())
    profile = _by_phase(plain.prepare(values).astype(np.float64), phase, count)
    return CovariateRecipe(**{**asdict(plain), "profile": tuple(profile)})


def _by_phase(values: FloatArray, phase: npt.NDArray[np.intp], count: int) -> list[float]:
    totals = np.bincount(phase, values.mean(axis=0), minlength=count)
    means = totals / np.maximum(np.bincount(phase, minlength=count), 1)
    return [float(mean) for mean in means]


def _stack(blocks: list[Block], rows: int, periods: int) -> Single:
    stacked = np.empty((rows, len(blocks), periods), dtype=np.float32)
    for index, block in enumerate(blocks):
        stacked[:, index] = block.values
    return stacked
