"""Growing trees on the residuals of a pooled regression."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress
from forecast_service.engine.boosted.boosted_model import EFFECT_SHARE, FittedBoosted, traits
from forecast_service.engine.boosted.lightgbm_package import grow
from forecast_service.engine.features.columns import Single
from forecast_service.engine.features.tree_features import tree_columns
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.conditioning import update_levels
from forecast_service.engine.pooled.estimation import PooledFitting, prepare
from forecast_service.engine.pooled.level_steps import OWN_STEP, step_length
from forecast_service.engine.pooled.log_target import log_target
from forecast_service.engine.pooled.regression import Estimate, estimate

__all__ = ["boost"]

TREES = 80
SHOCKS = 0.7  # share of a date's common shock that the trees must not learn
WINDOW = np.timedelta64(730, "D")  # newest history that trees are grown on
LEAST_ROWS = 2000  # with fewer, trees are not tried
MOST_ROWS = 1_000_000
TRIAL_ROWS = 100_000  # enough to show whether trees help, too few for threads to pay off
LEAST_IN_LEAF, MOST_IN_LEAF = 20, 200  # limits of the fewest rows in a leaf
ROWS_PER_LEAF = 2000  # between these limits, a leaf holds at least 1 of so many rows
WEIGHTS = (0.3, 3.0)  # limits of the weight of a series; a quiet one weighs more
TRAIT_GROUPS = ("season", "day of month")  # besides the value of each covariate
CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class _Rows:
    """Known periods of some series: ``columns`` (rows, columns), other arrays (rows,)."""

    columns: Single
    target: Single
    weight: Single


def boost(
    fitting: PooledFitting, pooled: Estimate, config: FitConfig, progress: Progress
) -> FittedBoosted:
    """The regression with trees, if trees help.

    A trial comes first: on a sample of the series, regression and trees are fitted without the
    newest periods (one horizon) and forecast them. If trees lower the squared error, trees are
    grown on the newest two years, and the ratio of the errors scales the noise of the regression.
    Finally the levels are fitted to the residuals of the newest periods under the trees: before,
    they also had to explain the effects that are now in the trees.
    """
    counts = _known(fitting).sum(axis=1)
    error_ratio = 1.0
    if counts.sum() >= LEAST_ROWS:
        error_ratio = _try_trees(fitting.panel.take(_sample(counts, TRIAL_ROWS)), config)
    progress(0.4, "boosting: tried")
    trees = _grow_trees(fitting, pooled, config) if error_ratio < 1 else ""
    progress(1.0, "boosting: done")
    boosted = FittedBoosted(pooled.model, trees, _trait_columns(fitting), min(error_ratio, 1.0))
    if not trees:
        return boosted
    periods = OWN_STEP * step_length(fitting.panel.frequency)
    updated = update_levels(pooled.model, fitting.panel, boosted.correction, periods)
    return replace(boosted, pooled=updated)


def _try_trees(panel: Panel, config: FitConfig) -> float:
    """Ratio of squared errors of the log in the newest periods: with trees to without."""
    cutoff = panel.n_periods - min(config.horizon, panel.n_periods // 4)
    if cutoff == panel.n_periods:
        return 1.0
    fitting = prepare(panel.before(cutoff), config)
    pooled = estimate(fitting)
    if not _known(fitting).any():
        return 1.0
    trees = _grow_trees(fitting, pooled, config)
    future = panel.known_between(cutoff, panel.n_periods)
    actual = log_target(fitting.closing.open_target(panel), fitting.target.offset)
    has_level = _known(fitting).any(axis=1) & fitting.target.sells  # other levels are guesses
    known = actual.known[:, cutoff:] & has_level[:, None]
    boosted = FittedBoosted(pooled.model, trees, _trait_columns(fitting), 1.0)
    errors = [
        (actual.values[:, cutoff:] - model.log_forecast(future).center())[known]
        for model in (boosted, pooled.model)
    ]
    weight = np.broadcast_to(_weights(pooled)[:, None], known.shape)[known]
    with_trees, alone = ((weight * error**2).sum() for error in errors)
    return float(with_trees / alone) if alone > 0 else 1.0


def _grow_trees(fitting: PooledFitting, pooled: Estimate, config: FitConfig) -> str:
    rows = _rows(fitting, pooled, _sample(_known(fitting).sum(axis=1), MOST_ROWS))
    return grow(
        rows.columns,
        rows.target,
        rows.weight,
        trees=TREES,
        least=int(np.clip(len(rows.target) // ROWS_PER_LEAF, LEAST_IN_LEAF, MOST_IN_LEAF)),
        seed=config.seed,
        threads=config.processes if len(rows.target) > TRIAL_ROWS else 1,
    )


def _known(fitting: PooledFitting) -> npt.NDArray[np.bool_]:
    """Which periods of the window are known, (n, periods)."""
    return fitting.target.known[:, _first(fitting) :]


def _first(fitting: PooledFitting) -> int:
    """Index of the first period of the window."""
    times = fitting.panel.timestamps
    return int(np.searchsorted(times, times[-1] - WINDOW))


def _weights(pooled: Estimate) -> FloatArray:
    """Weight of each series, (n,): larger for a series with little noise."""
    noise = pooled.deviations.noise
    weight: FloatArray = np.clip(np.sqrt(np.median(noise) / noise), *WEIGHTS)
    return weight


def _sample(counts: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    """Every k-th series with known periods, so that all have about ``most`` rows or fewer."""
    known = np.flatnonzero(counts)
    return known[:: max(1, -(-int(counts.sum()) // most))]


def _trait_columns(fitting: PooledFitting) -> npt.NDArray[np.intp]:
    """The places among the own effects of the regression that trees use as traits."""
    values = {f"{each.name}: value" for each in fitting.recipe.covariates if each.kind != "rare"}
    own = [column for column in fitting.forecast_columns() if column.own]
    groups = (*TRAIT_GROUPS, *values)
    return np.array([i for i, column in enumerate(own) if column.group in groups], dtype=np.intp)


def _rows(fitting: PooledFitting, pooled: Estimate, series: npt.NDArray[np.intp]) -> _Rows:
    """All known periods of these series in the window."""
    first, known = _first(fitting), _known(fitting)[series]
    of_series = traits(pooled.model, _trait_columns(fitting))[series]
    n_dated = len(tree_columns(fitting.features, slice(0, 0), first)[0])
    width = n_dated + of_series.shape[1]
    columns = np.empty((int(known.sum()), width), dtype=np.float32)
    size, done = max(1, CHUNK_BYTES // (width * 4 * known.shape[1])), 0
    for start in range(0, len(series), size):
        rows = slice(start, start + size)
        here = known[rows]
        stop = done + int(here.sum())
        values = tree_columns(fitting.features, series[rows], first)[1]
        columns[done:stop, :n_dated] = values[here]
        columns[done:stop, n_dated:] = of_series[rows].repeat(here.sum(axis=1), axis=0)
        done = stop
    weight = _weights(pooled)[series, None] * fitting.recency[first:]
    return _Rows(
        columns=columns,
        target=_target(fitting, pooled, series)[:, first:][known],
        weight=weight.astype(np.float32)[known],
    )


def _target(fitting: PooledFitting, pooled: Estimate, series: npt.NDArray[np.intp]) -> Single:
    """Target of the trees, (series, T): the log without level, 70 % of shocks, 80 % of effects."""
    pool, deviations = pooled.pool, pooled.deviations
    shocks = SHOCKS * pool.shocks
    steps = pool.effects[fitting.step_columns] @ fitting.common_steps
    by_date = fitting.by_date(pool) + shocks
    target = np.empty((len(series), fitting.panel.n_periods), dtype=np.float32)
    for rows, _ in fitting.chunks(len(series)):
        chosen = series[rows]
        own, own_steps, residuals, _weight = fitting.residuals(chosen, pooled.effects, by_date)
        path = deviations.path[chosen].astype(np.float32) @ own_steps
        own_effects = deviations.effects[chosen].astype(np.float32)
        residuals = residuals - path - np.matmul(own_effects[:, None], own)[:, 0]
        with_effects = fitting.target.values[chosen] - path - (steps + shocks)
        target[rows] = EFFECT_SHARE * residuals + (1 - EFFECT_SHARE) * with_effects
    return target
