"""Fitting of a pooled regression in chunks of series: common effects first, then deviations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress
from forecast_service.engine.calendar import holiday_dates
from forecast_service.engine.closing import Closing, find_closing
from forecast_service.engine.features.columns import Column, Single
from forecast_service.engine.features.regression_features import Features, Recipe, Rows, make_recipe
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import Times, parse_frequency
from forecast_service.engine.pooled.backdrop import Backdrop
from forecast_service.engine.pooled.common_effects import Pool, PoolSums, fit_pool
from forecast_service.engine.pooled.conditioning import newest_periods
from forecast_service.engine.pooled.deviations import (
    Deviations,
    Shrinkage,
    learn_shrinkage,
    moments,
    robust_weights,
    solve,
    stack_moments,
)
from forecast_service.engine.pooled.level_prior import learn_level_prior
from forecast_service.engine.pooled.level_steps import (
    OWN_STEP,
    own_steps,
    recency,
    spacing,
    step_length,
    steps,
)
from forecast_service.engine.pooled.log_forecast import LOWEST
from forecast_service.engine.pooled.log_target import LogTarget, log_target
from forecast_service.engine.pooled.pooled_model import FittedPooled, Spread, note_of
from forecast_service.engine.pooled.shared_covariates import merge_shared

__all__ = ["PooledFitting", "prepare"]

SAMPLE = 256  # series that the shrinkage of deviations is learned from
CHUNK_BYTES = 48_000_000
TRUST = 1.5  # exponent of the weight of a quiet series; 2 would weight by inverse variance
TRUST_RANGE = (0.2, 3.0)

_Residuals = tuple[Single, Single, Single, Single]  # own columns, own steps, residuals, weights


@dataclass(frozen=True)
class PooledFitting:
    """A panel prepared for fitting.

    ``dated`` columns are equal for all series, with values (columns, T); ``varying`` columns
    differ. For ``common_steps`` and ``own_steps`` see ``level_steps``.
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
        """Position of the common steps among the columns of the pool."""
        return slice(len(self.dated), len(self.dated) + len(self.common_steps))

    def pool(self, progress: Progress) -> Pool:
        """Estimate the effects of the dated columns, the common steps and the varying columns."""
        dated = np.concatenate([self.dated_values, self.common_steps]).T.astype(np.float64)
        trust = self._trust()
        sums = PoolSums(dated, self.recency, len(self.varying))
        for rows, share in self.chunks(self.panel.n_series):
            sums.add(self.features.by_series(rows)[1], self.target.values[rows], trust[rows])
            progress(0.5 * share, "pooled regression: common effects")
        groups = [column.group for column in self.dated] + ["steps"] * len(self.common_steps)
        return fit_pool(sums, _numbered([*groups, *(column.group for column in self.varying)]))

    def _trust(self) -> Single:
        """Weights (n, T): 0 where unknown, else larger for a series that repeats its seasons."""
        known, values = self.target.known, self.target.values
        lag = 2 * parse_frequency(self.panel.frequency).cycle
        both = known[:, lag:] & known[:, :-lag]
        changes = np.where(both, np.abs(values[:, lag:] - values[:, :-lag]), np.nan)
        usual = _nan_median(changes)
        typical = np.nanmedian(usual) if np.isfinite(usual).any() else 1.0
        ratio = typical / np.maximum(np.where(np.isfinite(usual), usual, typical), 1e-6)
        scale: Single = np.clip(ratio**TRUST, *TRUST_RANGE).astype(np.float32)
        return np.where(known, scale[:, None], np.float32(0))

    def by_date(self, pool: Pool) -> FloatArray:
        """Sum of the effects of dated columns and common steps on each date, (T,)."""
        steps: FloatArray = pool.effects[self.step_columns] @ self.common_steps
        return pool.effects[: len(self.dated)] @ self.dated_values + steps

    def deviations(
        self, effects: FloatArray, by_date: FloatArray, progress: Progress
    ) -> tuple[Deviations, tuple[Shrinkage, Shrinkage]]:
        """Deviations of each series: fitted, then fitted again with less weight on outliers."""
        known = np.flatnonzero(self.target.known.any(axis=1) | ~self.target.known.any())
        sample = known[:: max(1, -(-len(known) // SAMPLE))]
        chunks = self.chunks(len(sample))
        parts = [self.residuals(sample[rows], effects, by_date) for rows, _ in chunks]
        own = _numbered([column.group for column in (*self.dated, *self.varying) if column.own])
        first = learn_shrinkage(stack_moments([moments(*part) for part in parts]), own)
        lighter = [_with_robust_weights(part, first) for part in parts]
        second = learn_shrinkage(stack_moments([moments(*part) for part in lighter]), own, first)
        deviations = []
        for rows, share in self.chunks(self.panel.n_series):
            part = _with_robust_weights(self.residuals(rows, effects, by_date), first)
            deviations.append(solve(moments(*part), second))
            progress(0.5 + 0.5 * share, "pooled regression: each series")
        return Deviations.concatenate(deviations), (first, second)

    def model(
        self,
        pool: Pool,
        effects: FloatArray,
        shrinkages: tuple[Shrinkage, Shrinkage],
        deviations: Deviations,
    ) -> FittedPooled:
        """The model, with its columns in the order of ``forecast_columns``."""
        columns = [*self.dated, *self.varying]
        ordered = self.forecast_columns()
        position = {column.name: index for index, column in enumerate(columns)}
        own = [column.name for column in columns if column.own]
        own_position = {name: index for index, name in enumerate(own)}
        own_columns = [index for index, column in enumerate(ordered) if column.own]
        order = [position[column.name] for column in ordered]
        uncertainty = np.delete(pool.covariance, self.step_columns, axis=0)
        uncertainty = np.delete(uncertainty, self.step_columns, axis=1)[np.ix_(order, order)]
        own_order = [own_position[ordered[i].name] for i in own_columns]
        uncertainty[np.ix_(own_columns, own_columns)] += shrinkages[0].covariance[
            np.ix_(own_order, own_order)
        ]
        has_any = np.asarray(self.target.known.any(axis=1))
        backdrop = self._backdrop(
            pool, [replace(each, effects=each.effects[own_order]) for each in shrinkages]
        )
        level = deviations.level(self.own_steps) + backdrop.level
        prior = learn_level_prior(level, self.panel.attributes, has_any)
        expected = prior.expected(self.panel.attributes, self.panel.n_series)
        times, tail = newest_periods(self.panel)
        return FittedPooled(
            keys=self.panel.keys,
            times=times,
            closing=self.closing,
            recipe=self.recipe,
            tail=tail,
            common=effects[order],
            uncertainty=uncertainty.astype(np.float32),
            own_columns=np.array(own_columns, dtype=np.intp),
            own=deviations.effects[:, own_order].astype(np.float32),
            level=np.where(self.target.sells, np.where(has_any, level, expected), LOWEST),
            noise=deviations.noise + np.where(has_any, 0.0, prior.variance),
            offset=self.target.offset,
            silent=np.where(has_any, np.argmax(self.target.known[:, ::-1], axis=1), 0.0),
            spread=Spread(pool.shock, self._drift(pool, shrinkages[0])),
            prior=prior,
            notes=tuple(
                note_of(known=known, sells=sells)
                for known, sells in zip(has_any.tolist(), self.target.sells.tolist(), strict=True)
            ),
            backdrop=backdrop,
        )

    def _backdrop(self, pool: Pool, shrinkages: Sequence[Shrinkage]) -> Backdrop:
        """The backdrop of this fit; own columns are in the order of ``forecast_columns``."""
        common = pool.effects[self.step_columns]
        begins = np.argmax(self.own_steps[1:] > 0, axis=1)
        return Backdrop(
            times=self.panel.timestamps,
            added=common @ self.common_steps + pool.shocks,
            level=float(common.sum()),
            steps=self.panel.timestamps[begins],
            heights=self.own_steps[1:, -1].astype(np.float64),
            first=shrinkages[0],
            second=shrinkages[1],
        )

    def _drift(self, pool: Pool, shrinkage: Shrinkage) -> float:
        """Variance that a level gains per period, estimated from its steps in the past."""
        periods = self.panel.n_periods
        step = step_length(self.panel.frequency)
        own = shrinkage.step / spacing(periods, OWN_STEP * step) if len(self.own_steps) > 1 else 0.0
        common = pool.effects[self.step_columns]
        if not len(common):
            return float(own)
        return float(own + (common**2).mean() / spacing(periods, step))

    def forecast_columns(self) -> list[Column]:
        """All columns in the order of a forecast, which computes no covariate as shared."""
        features = Features(
            self.recipe,
            self.panel.timestamps[:1],
            {name: values[:0, :1] for name, values in self.panel.covariates.items()},
            np.zeros((0, 1), dtype=bool),
        )
        return [*features.by_date()[0], *features.by_series(slice(0, 0))[0]]

    def residuals(self, rows: Rows, effects: FloatArray, by_date: FloatArray) -> _Residuals:
        """Own columns, own steps, residuals of the common effects, and their weights."""
        varying = self.features.by_series(rows)[1]
        known = self.target.known[rows]
        common = np.matmul(effects[len(self.dated) :].astype(np.float32), varying)
        residuals = (self.target.values[rows] - common - by_date.astype(np.float32)) * known
        dated = self.dated_values[[column.own for column in self.dated]]
        everywhere = np.broadcast_to(dated, (len(known), *dated.shape))
        own = [everywhere, varying[:, [column.own for column in self.varying]]]
        weight = (known * self.recency).astype(np.float32)
        return np.concatenate(own, axis=1), self.own_steps, residuals, weight

    def chunks(self, count: int) -> Iterator[tuple[slice, float]]:
        """Slices of ``count`` rows that fit in memory, and the share done after each."""
        width = (len(self.varying) + len(self.dated)) * self.panel.n_periods * 4
        size = max(1, CHUNK_BYTES // max(width, 1))
        for start in range(0, count, size):
            stop = min(start + size, count)
            yield slice(start, stop), stop / count


def prepare(panel: Panel, config: FitConfig) -> PooledFitting:
    """A panel prepared for fitting: its columns, log target and weights."""
    closing = find_closing(panel)
    closed = closing.closed(panel.covariates, panel.target.shape)
    covariates = {
        name: values
        for name, values in panel.covariates.items()
        if name != closing.covariate or not np.isin(values, (0.0, 1.0)).all()
    }
    recipe = make_recipe(
        panel.timestamps, panel.frequency, covariates, closed, _holidays(panel, config)
    )
    merged, shared = merge_shared(covariates)
    features = Features(recipe, panel.timestamps, merged, closed, shared)
    dated, dated_values = features.by_date()
    step = step_length(panel.frequency)
    return PooledFitting(
        panel=panel,
        closing=closing,
        recipe=recipe,
        features=features,
        target=log_target(closing.open_target(panel)),
        recency=recency(panel.timestamps),
        dated=dated,
        dated_values=dated_values,
        varying=features.by_series(slice(0, 0))[0],
        common_steps=steps(panel.n_periods, step),
        own_steps=own_steps(panel.n_periods, OWN_STEP * step),
    )


def _with_robust_weights(part: _Residuals, shrinkage: Shrinkage) -> _Residuals:
    """The same residuals, with smaller weights for outliers."""
    deviations = solve(moments(*part), shrinkage)
    own, steps, residuals, weight = part
    return own, steps, residuals, robust_weights(own, steps, residuals, weight, deviations)


def _nan_median(values: Single) -> FloatArray:
    """Median of each row; NaN for a row without values."""
    some = np.isfinite(values).any(axis=1)
    medians = np.full(len(values), np.nan)
    if some.any():
        medians[some] = np.nanmedian(values[some], axis=1)
    return medians


def _holidays(panel: Panel, config: FitConfig) -> dict[str, Times]:
    if config.country is None:
        return {}
    years = panel.timestamps.astype("datetime64[Y]").astype(int) + 1970
    return holiday_dates(config.country, range(int(years.min()), int(years.max()) + 3))


def _numbered(names: Sequence[str]) -> npt.NDArray[np.intp]:
    """A number for each name, counted in order of appearance."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.intp)
