"""A pooled regression on newer data: levels and noise refreshed, effects kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import Times
from forecast_service.engine.features.regression_features import LOOKBACK
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.log_forecast import LOWEST
from forecast_service.engine.pooled.log_target import LogTarget, log_target
from forecast_service.engine.pooled.pooled_model import FittedPooled

__all__ = ["NEW", "conditioned", "newest", "settled"]

NEW = "New since the training: it starts from what all series share."
RECENT = 56  # newest periods that may move a level
NOISE_DAYS = 56.0  # weight, in periods, of the noise learned in training


def conditioned(model: FittedPooled, panel: Panel, correction: Correction = PLAIN) -> FittedPooled:
    """The model for the series of ``panel``, at the level of their newest days.

    A level moves by the shrunken mean of the residuals of the days after the last one seen (the
    newest 56): ``sum(residuals) / (days + noise / variance)``, the posterior mean, where
    ``variance`` is what the level may have drifted since, or, for a series new to the model, the
    variance of what its attributes leave open. Data that end at the training change nothing.
    Residuals are those of the regression under the correction.
    """
    carried = _carried(model, panel)
    rests, known = _residuals(carried, panel, model.until, correction)
    count = known.sum(axis=1)
    new = np.array([note == NEW for note in carried.notes])
    elapsed = carried.silent + (panel.timestamps > model.until).sum()
    variance = np.where(new, model.prior.variance, model.spread.drift * elapsed)
    shift = _shift(rests, known, correction.left * carried.noise, variance)
    around = np.where(known, rests - shift[:, None], 0.0)
    squares = (around**2).sum(axis=1) / correction.left
    seen = (carried.noise * NOISE_DAYS + squares) / (NOISE_DAYS + count)
    times, tail = newest(panel)
    unknown = np.where(new & (count == 0), model.prior.variance, 0.0)
    return replace(
        carried,
        times=times,
        tail=tail,
        level=carried.level + shift,
        noise=np.where(count > 0, seen, carried.noise + unknown),
        silent=np.where(count > 0, np.argmax(known[:, ::-1], axis=1), elapsed),
    )


def settled(
    model: FittedPooled, panel: Panel, correction: Correction, periods: int
) -> FittedPooled:
    """The model at the level that the newest periods of its training have under a correction."""
    since = panel.timestamps[max(0, panel.n_periods - 1 - periods)]
    rests, known = _residuals(model, panel, since, correction)
    variance = np.full(len(rests), model.spread.drift * periods)
    shift = _shift(rests, known, correction.left * model.noise, variance)
    return replace(model, level=model.level + shift)


def newest(panel: Panel) -> tuple[Times, dict[str, FloatArray]]:
    """The end of a panel that the columns of the next periods look back to."""
    tail = slice(max(0, panel.n_periods - LOOKBACK), None)
    kept = {name: values[:, tail].copy() for name, values in panel.covariates.items()}
    return panel.timestamps[tail], kept


def _shift(
    rests: FloatArray, known: npt.NDArray[np.bool_], noise: FloatArray, variance: FloatArray
) -> FloatArray:
    """Posterior mean of how far levels of this ``variance`` are from where they were, (n,)."""
    total = np.where(known, rests, 0.0).sum(axis=1)
    shift: FloatArray = total / (known.sum(axis=1) + noise / np.maximum(variance, 1e-9))
    return shift


def _carried(model: FittedPooled, panel: Panel) -> FittedPooled:
    """The model with the rows of the panel; new ones get the common effects and level."""
    before = {key: row for row, key in enumerate(model.keys)}
    rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
    is_new = rows < 0
    closing = model.closing.carried_to(panel, before)
    fresh = log_target(closing.open_target(panel))
    usual = float(np.median(model.noise)) if len(model.noise) else 1.0
    expected = model.prior.expected(panel.attributes, panel.n_series)
    level = np.where(fresh.sells, expected, LOWEST)
    return replace(
        model,
        keys=panel.keys,
        closing=closing,
        own=np.where(is_new[:, None], np.float32(0), model.own[rows]),
        level=np.where(is_new, level, model.level[rows]),
        noise=np.where(is_new, usual, model.noise[rows]),
        offset=np.where(is_new, fresh.offset, model.offset[rows]),
        silent=np.where(is_new, 0.0, model.silent[rows]),
        notes=tuple(NEW if row < 0 else model.notes[row] for row in rows),
        shared=None,
    )


def _residuals(
    model: FittedPooled, panel: Panel, until: np.datetime64, correction: Correction
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Of the newest periods, (n, periods): for new series all of them, else those not yet seen."""
    times, tail = newest(panel)
    first = max(0, len(times) - RECENT)
    target: LogTarget = log_target(model.closing.open_target(panel), model.offset)
    values, known = target.values[:, -len(times) :], target.known[:, -len(times) :]
    known = known.copy()
    new = np.array([note == NEW for note in model.notes], dtype=bool)
    known &= new[:, None] | (times > until)
    known &= (model.level > LOWEST)[:, None] | (values > 0)
    rests = np.zeros((panel.n_series, len(times) - first))
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
            effects = correction.kept * added.sum(axis=1)
            rests[some[rows]] = values[some[rows], first:] - effects
        rests[some] -= correction.said(part, times, of_some, first, known[some, first:])
    return rests - model.level[:, None], known[:, first:]
