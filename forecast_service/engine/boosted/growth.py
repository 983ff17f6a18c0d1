"""How trees are grown on what a pooled regression leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress
from forecast_service.engine.boosted.boosted_model import KEPT, FittedBoosted, traits
from forecast_service.engine.boosted.lightgbm_package import grow
from forecast_service.engine.features.columns import Single
from forecast_service.engine.features.tree_features import tree_columns
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.conditioning import settled
from forecast_service.engine.pooled.estimation import PooledFitting, prepare
from forecast_service.engine.pooled.level_steps import OWN_STEP, step_length
from forecast_service.engine.pooled.log_target import log_target
from forecast_service.engine.pooled.regression import Estimate, estimate

__all__ = ["boost"]

TREES = 80
SHOCKS = 0.7  # of the shock of a date that is no business of the trees
WINDOW = np.timedelta64(730, "D")  # newest history that trees are grown on
LEAST_ROWS = 2000  # below it, trees are not tried
MOST_ROWS = 1_000_000
TRIAL_ROWS = 100_000  # enough to tell whether trees help, too few to be worth threads
LEAST_IN_LEAF, MOST_IN_LEAF = 20, 200
ROWS_PER_LEAF = 2000  # a leaf holds at least one in so many rows
WEIGHTS = (0.3, 3.0)  # of a series, by how quiet it is
TRAIT_GROUPS = ("season", "day of month")  # and the value of each covariate
CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class _Rows:
    """Known periods of some series: ``columns`` (rows, columns), the rest (rows,)."""

    columns: Single
    target: Single
    weight: Single


def boost(
    fitting: PooledFitting, pooled: Estimate, config: FitConfig, progress: Progress
) -> FittedBoosted:
    """The regression with trees, if they help.

    On some of the series, both are first made without the newest periods, a horizon long. If these
    are forecast better with trees, trees are grown on the newest two years. How much less of the
    squared error is left with them scales the noise of the regression. At last levels meet what the
    trees leave of the newest periods: until then they had to explain what trees do.
    """
    counts = _known(fitting).sum(axis=1)
    left = 1.0
    if counts.sum() >= LEAST_ROWS:
        left = _tried(fitting.panel.take(_sample(counts, TRIAL_ROWS)), config)
    progress(0.4, "boosting: tried")
    trees = _grown(fitting, pooled, config) if left < 1 else ""
    progress(1.0, "boosting: done")
    boosted = FittedBoosted(pooled.model, trees, _trait_places(fitting), min(left, 1.0))
    if not trees:
        return boosted
    periods = OWN_STEP * step_length(fitting.panel.frequency)
    level = settled(pooled.model, fitting.panel, boosted.correction, periods)
    return replace(boosted, pooled=level)


def _tried(panel: Panel, config: FitConfig) -> float:
    """Squared error of the log over the newest periods with trees against that without."""
    cutoff = panel.n_periods - min(config.horizon, panel.n_periods // 4)
    if cutoff == panel.n_periods:
        return 1.0
    fitting = prepare(panel.before(cutoff), config)
    pooled = estimate(fitting)
    if not _known(fitting).any():
        return 1.0
    trees = _grown(fitting, pooled, config)
    future = panel.known_between(cutoff, panel.n_periods)
    came = log_target(fitting.closing.open_target(panel), fitting.target.offset)
    met = _known(fitting).any(axis=1) & fitting.target.sells  # of others a level is a guess
    known = came.known[:, cutoff:] & met[:, None]
    errors = [
        (came.values[:, cutoff:] - model.outlook(future).center())[known]
        for model in (FittedBoosted(pooled.model, trees, _trait_places(fitting), 1.0), pooled.model)
    ]
    weight = np.broadcast_to(_quiet(pooled)[:, None], known.shape)[known]
    with_trees, alone = ((weight * each**2).sum() for each in errors)
    return float(with_trees / alone) if alone > 0 else 1.0


def _grown(fitting: PooledFitting, pooled: Estimate, config: FitConfig) -> str:
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


def _quiet(pooled: Estimate) -> FloatArray:
    """Weight of each series: larger for one with little noise, (n,)."""
    noise = pooled.found.noise
    weight: FloatArray = np.clip(np.sqrt(np.median(noise) / noise), *WEIGHTS)
    return weight


def _sample(counts: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    """Series, evenly spread among those with known periods, of about at most so many rows."""
    known = np.flatnonzero(counts)
    return known[:: max(1, -(-int(counts.sum()) // most))]


def _trait_places(fitting: PooledFitting) -> npt.NDArray[np.intp]:
    """Which of the own effects of the regression are traits that trees look at."""
    values = {f"{each.name}: value" for each in fitting.recipe.covariates if each.kind != "rare"}
    own = [column for column in fitting.served() if column.own]
    wanted = (*TRAIT_GROUPS, *values)
    return np.array([i for i, column in enumerate(own) if column.group in wanted], dtype=np.intp)


def _rows(fitting: PooledFitting, pooled: Estimate, series: npt.NDArray[np.intp]) -> _Rows:
    """Every known period of the window of these series."""
    first, known = _first(fitting), _known(fitting)[series]
    of_series = traits(pooled.model, _trait_places(fitting))[series]
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
    weight = _quiet(pooled)[series, None] * fitting.recency[first:]
    return _Rows(
        columns=columns,
        target=_target(fitting, pooled, series)[:, first:][known],
        weight=weight.astype(np.float32)[known],
    )


def _target(fitting: PooledFitting, pooled: Estimate, series: npt.NDArray[np.intp]) -> Single:
    """What trees shall say, (series, T): what is left without level, shocks and kept effects."""
    pool, found = pooled.pool, pooled.found
    shocks = SHOCKS * pool.shocks
    steps = pool.effects[fitting.step_columns] @ fitting.common_steps
    by_date = fitting.by_date(pool) + shocks
    target = np.empty((len(series), fitting.panel.n_periods), dtype=np.float32)
    for rows, _ in fitting.chunks(len(series)):
        chosen = series[rows]
        own, own_steps, left, _weight = fitting.rest(chosen, pooled.effects, by_date)
        path = found.path[chosen].astype(np.float32) @ own_steps
        left = left - path - np.matmul(found.effects[chosen].astype(np.float32)[:, None], own)[:, 0]
        without = fitting.target.values[chosen] - path - (steps + shocks)
        target[rows] = KEPT * left + (1 - KEPT) * without
    return target
