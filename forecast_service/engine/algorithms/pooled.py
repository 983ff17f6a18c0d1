"""Pooled retail regression: effects shared by all series, own deviations, own level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithms.base import FitConfig, Progress, silent
from forecast_service.engine.algorithms.closing import Closing, find_closing
from forecast_service.engine.algorithms.fitted_pooled import (
    LOWEST,
    NAME,
    NOTHING_KNOWN,
    FittedPooled,
    Spread,
    newest,
)
from forecast_service.engine.calendar import Times, holiday_dates
from forecast_service.engine.columns import Column, Single
from forecast_service.engine.deviations import (
    Deviations,
    Moments,
    Shrinkage,
    learn_shrinkage,
    moments,
    solve,
    stacked,
)
from forecast_service.engine.features import Features, Recipe, Rows, make_recipe
from forecast_service.engine.log_target import LogTarget, log_target
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooling import Pool, PoolSums, fit_pool

__all__ = ["NAME", "PooledRegression"]

HALF_LIFE_DAYS = 730.0  # of the weight of a period: two of the years that the season repeats in
COMMON_STEP = 14  # periods between steps of the level common to all series
OWN_STEP = 28  # and of the level of one series
MOST_STEPS = 40  # of each; a longer history has longer steps
SAMPLE = 256  # series from which the shrinkage of deviations is learned
CHUNK_BYTES = 48_000_000


class PooledRegression:
    """Regression of the log of the target on what is known in advance.

    Effects are estimated over all series at once (``engine.pooling``), then what each series adds
    (``engine.deviations``); all shrinkage comes from the data. Minimum history: none, a series
    without any starts from the pool. Any quantile. Nothing random. Not for targets that are mostly
    zero: there the log describes little.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedPooled:
        fitting = _prepare(panel, config)
        pool = fitting.pool(progress)
        effects = np.delete(pool.effects, fitting.step_columns)
        by_date = fitting.by_date(pool) + pool.shocks
        shrinkage = fitting.shrinkage(effects, by_date)
        found = fitting.deviations(effects, by_date, shrinkage, progress)
        return fitting.fitted(pool, effects, shrinkage, found)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedPooled:
        return FittedPooled.from_arrays(arrays)


@dataclass(frozen=True)
class _Fitting:
    """A panel ready for fitting. ``dated`` columns are equal for all series: values (columns, T).

    ``common_steps`` and ``own_steps`` (steps, T) are 0 before a step of the level and 1 after it;
    the first row of ``own_steps`` is 1 throughout.
    """

    panel: Panel
    closing: Closing
    recipe: Recipe
    features: Features
    target: LogTarget
    recency: FloatArray
    dated: list[Column]
    dated_values: Single
    varying: list[Column]
    common_steps: Single
    own_steps: Single

    @property
    def step_columns(self) -> slice:
        """Where the common steps are among the columns of the pool."""
        return slice(len(self.dated), len(self.dated) + len(self.common_steps))

    def pool(self, progress: Progress) -> Pool:
        """Effects of the dated columns, the steps of the common level, and the varying columns."""
        dated = np.concatenate([self.dated_values, self.common_steps]).T.astype(np.float64)
        sums = PoolSums(dated, self.recency, len(self.varying))
        for rows, share in self._chunks(self.panel.n_series):
            sums.add(
                self.features.by_series(rows)[1], self.target.values[rows], self.target.known[rows]
            )
            progress(0.5 * share, "pooled regression: common effects")
        groups = [column.group for column in self.dated] + ["steps"] * len(self.common_steps)
        return fit_pool(sums, _numbered([*groups, *(column.group for column in self.varying)]))

    def by_date(self, pool: Pool) -> FloatArray:
        """What the dated columns and the common steps add on each date, (T,)."""
        steps: FloatArray = pool.effects[self.step_columns] @ self.common_steps
        return pool.effects[: len(self.dated)] @ self.dated_values + steps

    def shrinkage(self, effects: FloatArray, by_date: FloatArray) -> Shrinkage:
        """How much series differ, from an even sample of those with data."""
        known = np.flatnonzero(self.target.known.any(axis=1))
        sample = known[:: max(1, -(-len(known) // SAMPLE))]
        parts = [
            self._moments(sample[rows], effects, by_date) for rows, _ in self._chunks(len(sample))
        ]
        own = [column.group for column in (*self.dated, *self.varying) if column.own]
        return learn_shrinkage(stacked(parts), _numbered(own))

    def deviations(
        self, effects: FloatArray, by_date: FloatArray, shrinkage: Shrinkage, progress: Progress
    ) -> Deviations:
        """What each series adds to the common effects."""
        found = []
        for rows, share in self._chunks(self.panel.n_series):
            found.append(solve(self._moments(rows, effects, by_date), shrinkage))
            progress(0.5 + 0.5 * share, "pooled regression: each series")
        return Deviations.joined(found)

    def fitted(
        self, pool: Pool, effects: FloatArray, shrinkage: Shrinkage, found: Deviations
    ) -> FittedPooled:
        """The model, its columns in the order in which a forecast makes them."""
        columns = [*self.dated, *self.varying]
        served = self._served()
        position = {column.name: index for index, column in enumerate(columns)}
        own = [column.name for column in columns if column.own]
        place = {name: index for index, name in enumerate(own)}
        served_own = [index for index, column in enumerate(served) if column.own]
        has_any = np.asarray(self.target.known.any(axis=1))
        level = found.level + float(pool.effects[self.step_columns].sum())
        between = float(np.var(level[has_any])) if has_any.sum() > 1 else 1.0
        middle = float(np.mean(level[has_any])) if has_any.any() else LOWEST
        times, tail = newest(self.panel)
        return FittedPooled(
            keys=self.panel.keys,
            times=times,
            closing=self.closing,
            recipe=self.recipe,
            tail=tail,
            common=effects[[position[column.name] for column in served]],
            own_columns=np.array(served_own, dtype=np.intp),
            own=found.effects[:, [place[served[i].name] for i in served_own]].astype(np.float32),
            level=np.where(self.target.sells, np.where(has_any, level, middle), LOWEST),
            noise=found.noise + np.where(has_any, 0.0, between),
            offset=self.target.offset,
            silent=np.where(has_any, np.argmax(self.target.known[:, ::-1], axis=1), 0.0),
            spread=Spread(pool.shock, self._drift(pool, shrinkage), between, middle),
            notes=tuple(None if known else NOTHING_KNOWN for known in has_any.tolist()),
        )

    def _drift(self, pool: Pool, shrinkage: Shrinkage) -> float:
        """Variance that the level gains per period, by its steps in the past."""
        periods = self.panel.n_periods
        own = shrinkage.step / _spacing(periods, OWN_STEP) if len(self.own_steps) > 1 else 0.0
        common = pool.effects[self.step_columns]
        if not len(common):
            return float(own)
        return float(own + (common**2).mean() / _spacing(periods, COMMON_STEP))

    def _served(self) -> list[Column]:
        """Every column when no covariate is known to be shared, as in a forecast."""
        alone = Features(
            self.recipe,
            self.panel.timestamps[:1],
            {name: values[:0, :1] for name, values in self.panel.covariates.items()},
            np.zeros((0, 1), dtype=bool),
        )
        return [*alone.by_date()[0], *alone.by_series(slice(0, 0))[0]]

    def _moments(self, rows: Rows, effects: FloatArray, by_date: FloatArray) -> Moments:
        varying = self.features.by_series(rows)[1]
        known = self.target.known[rows]
        common = np.matmul(effects[len(self.dated) :].astype(np.float32), varying)
        rest = (self.target.values[rows] - common - by_date.astype(np.float32)) * known
        dated = self.dated_values[[column.own for column in self.dated]]
        everywhere = np.broadcast_to(dated, (len(known), *dated.shape))
        own = [everywhere, varying[:, [column.own for column in self.varying]]]
        weight = (known * self.recency).astype(np.float32)
        return moments(np.concatenate(own, axis=1), self.own_steps, rest, weight)

    def _chunks(self, count: int) -> Iterator[tuple[slice, float]]:
        width = (len(self.varying) + len(self.dated)) * self.panel.n_periods * 4
        size = max(1, CHUNK_BYTES // max(width, 1))
        for start in range(0, count, size):
            stop = min(start + size, count)
            yield slice(start, stop), stop / count


def _prepare(panel: Panel, config: FitConfig) -> _Fitting:
    closing = find_closing(panel)
    closed = closing.closed(panel.covariates, panel.target.shape)
    covariates = {k: v for k, v in panel.covariates.items() if k != closing.covariate}
    recipe = make_recipe(
        panel.timestamps, panel.frequency, covariates, closed, _holidays(panel, config)
    )
    shared = {name for name, values in covariates.items() if _is_shared(values)}
    merged = {k: _merged(v) if k in shared else v for k, v in covariates.items()}
    features = Features(recipe, panel.timestamps, merged, closed, frozenset(shared))
    dated, dated_values = features.by_date()
    return _Fitting(
        panel=panel,
        closing=closing,
        recipe=recipe,
        features=features,
        target=log_target(closing.open_target(panel)),
        recency=_recency(panel.timestamps),
        dated=dated,
        dated_values=dated_values,
        varying=features.by_series(slice(0, 0))[0],
        common_steps=_steps(panel.n_periods, COMMON_STEP),
        own_steps=np.concatenate(
            [np.ones((1, panel.n_periods), np.float32), _steps(panel.n_periods, OWN_STEP)]
        ),
    )


def _holidays(panel: Panel, config: FitConfig) -> dict[str, Times]:
    if config.country is None:
        return {}
    years = panel.timestamps.astype("datetime64[Y]").astype(int) + 1970
    return holiday_dates(config.country, range(int(years.min()), int(years.max()) + 3))


def _is_shared(values: FloatArray) -> bool:
    """Whether all series have the same values wherever they are known."""
    merged = _merged(values)
    return bool(np.all(np.isnan(values) | (values == merged)))


def _merged(values: FloatArray) -> FloatArray:
    """The first known value of each period, (1, T)."""
    first = np.argmax(~np.isnan(values), axis=0)
    merged: FloatArray = np.take_along_axis(values, first[None, :], axis=0)
    return merged


def _recency(times: Times) -> FloatArray:
    age: FloatArray = (times[-1] - times) / np.timedelta64(1, "D")
    recency: FloatArray = 0.5 ** (age / HALF_LIFE_DAYS)
    return recency


def _spacing(periods: int, wanted: int) -> int:
    return max(wanted, -(-periods // MOST_STEPS))


def _steps(periods: int, wanted: int) -> Single:
    """Steps counted back from the end, none within half a spacing of either end; (steps, T)."""
    spacing = _spacing(periods, wanted)
    begins = np.arange(periods - spacing, spacing // 2, -spacing)[::-1]
    return (np.arange(periods) >= begins[:, None]).astype(np.float32)


def _numbered(names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Number of each name, in order of appearance."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.intp)
