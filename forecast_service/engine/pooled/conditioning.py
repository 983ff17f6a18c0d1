"""A pooled regression on newer data: levels and noise are updated, effects are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.features.regression_features import LOOKBACK
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.log_forecast import LOWEST
from forecast_service.engine.pooled.log_target import LogTarget, log_target
from forecast_service.engine.pooled.pooled_model import NEVER_SOLD, FittedPooled

__all__ = ["NEW", "condition", "newest_periods", "update_levels"]

NEW = say("new_series_typical")
RECENT = 56  # newest periods that can move a level
NOISE_DAYS = 56.0  # weight, in periods, of the noise learned in training


def condition(model: FittedPooled, panel: Panel, correction: Correction = PLAIN) -> FittedPooled:
    """The model for the series of ``panel``, with levels and noise updated to their newest days.

    A level moves by its posterior mean, ``sum(residuals) / (days + noise / variance)``, over the
    days since the end of the model's data (the newest 56). ``variance`` is the drift of the level
    since then; for a new series it is the variance that its attributes do not explain. Without
    newer data nothing changes. Residuals are those of the regression under the correction.
    """
    matched = _match_rows(model, panel)
    residuals, known = _residuals(matched, panel, model.until, correction)
    count = known.sum(axis=1)
    is_new = np.array([note == NEW for note in matched.notes])
    elapsed = matched.silent + (panel.timestamps > model.until).sum()
    variance = np.where(is_new, model.prior.variance, model.spread.drift * elapsed)
    shift = _level_shift(residuals, known, correction.noise_share * matched.noise, variance)
    shifted = np.where(known, residuals - shift[:, None], 0.0)
    squares = (shifted**2).sum(axis=1) / correction.noise_share
    noise = (matched.noise * NOISE_DAYS + squares) / (NOISE_DAYS + count)
    times, tail = newest_periods(panel)
    unknown = np.where(is_new & (count == 0), model.prior.variance, 0.0)
    return replace(
        matched,
        times=times,
        tail=tail,
        level=matched.level + shift,
        noise=np.where(count > 0, noise, matched.noise + unknown),
        silent=np.where(count > 0, np.argmax(known[:, ::-1], axis=1), elapsed),
    )


def update_levels(
    model: FittedPooled, panel: Panel, correction: Correction, periods: int
) -> FittedPooled:
    """The model with levels moved to the newest ``periods`` of its training, under a correction."""
    since = panel.timestamps[max(0, panel.n_periods - 1 - periods)]
    residuals, known = _residuals(model, panel, since, correction)
    variance = np.full(len(residuals), model.spread.drift * periods)
    shift = _level_shift(residuals, known, correction.noise_share * model.noise, variance)
    return replace(model, level=model.level + shift)


def newest_periods(panel: Panel) -> tuple[Times, dict[str, FloatArray]]:
    """The last periods of a panel and their covariates; the next columns look back to them."""
    tail = slice(max(0, panel.n_periods - LOOKBACK), None)
    covariates = {name: values[:, tail].copy() for name, values in panel.covariates.items()}
    return panel.timestamps[tail], covariates


def _level_shift(
    residuals: FloatArray, known: npt.NDArray[np.bool_], noise: FloatArray, variance: FloatArray
) -> FloatArray:
    """Posterior mean of the shift of levels, (n,); ``variance`` is that of its prior."""
    total = np.where(known, residuals, 0.0).sum(axis=1)
    shift: FloatArray = total / (known.sum(axis=1) + noise / np.maximum(variance, 1e-9))
    return shift


def _match_rows(model: FittedPooled, panel: Panel) -> FittedPooled:
    """The model with the rows of the panel; a new series gets the common effects and level."""
    before = {key: row for row, key in enumerate(model.keys)}
    rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
    is_new = rows < 0
    closing = model.closing.carried_to(panel, before)
    target = log_target(closing.open_target(panel))
    usual = float(np.median(model.noise)) if len(model.noise) else 1.0
    expected = model.prior.expected(panel.attributes, panel.n_series)
    level = np.where(target.sells, expected, LOWEST)
    sold: list[bool] = np.asarray(target.known.any(axis=1)).tolist()
    return replace(
        model,
        keys=panel.keys,
        closing=closing,
        own=np.where(is_new[:, None], np.float32(0), model.own[rows]),
        level=np.where(is_new, level, model.level[rows]),
        noise=np.where(is_new, usual, model.noise[rows]),
        offset=np.where(is_new, target.offset, model.offset[rows]),
        silent=np.where(is_new, 0.0, model.silent[rows]),
        notes=tuple(
            NEW
            if row < 0
            else None
            if wakes and model.notes[row] == NEVER_SOLD
            else model.notes[row]
            for row, wakes in zip(rows.tolist(), sold, strict=True)
        ),
        shared=None,
    )


def _residuals(
    model: FittedPooled, panel: Panel, until: np.datetime64, correction: Correction
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Residuals of the newest periods, and which are known; (n, periods) each.

    Those of a new series are known in all periods with sales, others only after ``until``.
    """
    times, tail = newest_periods(panel)
    first = max(0, len(times) - RECENT)
    target: LogTarget = log_target(model.closing.open_target(panel), model.offset)
    values, known = target.values[:, -len(times) :], target.known[:, -len(times) :]
    known = known.copy()
    is_new = np.array([note == NEW for note in model.notes], dtype=bool)
    known &= is_new[:, None] | (times > until)
    known &= (model.level > LOWEST)[:, None] | (values > 0)
    residuals = np.zeros((panel.n_series, len(times) - first))
    some = np.flatnonzero(known.any(axis=1))
    if len(some):
        keys = tuple(model.keys[row] for row in some)
        part = replace(
            model,
            keys=keys,
            closing=model.closing.take(some),
            own=model.own[some],
            level=model.level[some],
            noise=model.noise[some],
        )
        of_some = {name: covariate[some] for name, covariate in tail.items()}
        for rows, _, added in part.effects(times, of_some, first):
            effects = correction.effect_share * added.sum(axis=1)
            residuals[some[rows]] = values[some[rows], first:] - effects
        residuals[some] -= correction.log_term(part, times, of_some, first, known[some, first:])
    return residuals - model.level[:, None], known[:, first:]
