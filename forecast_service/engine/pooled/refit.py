"""Fitting single series of a pooled regression again, with the common effects kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.closing import Closing, find_closing
from forecast_service.engine.panel import Panel
from forecast_service.engine.pooled.backdrop import Backdrop
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.deviations import (
    Deviations,
    moments,
    robust_weights,
    solve,
)
from forecast_service.engine.pooled.level_steps import recency
from forecast_service.engine.pooled.log_forecast import LOWEST
from forecast_service.engine.pooled.log_target import LogTarget, log_target
from forecast_service.engine.pooled.pooled_model import FittedPooled, note_of

__all__ = ["refit_series"]


def refit_series(
    model: FittedPooled,
    backdrop: Backdrop,
    panel: Panel,
    rows: npt.NDArray[np.intp],
    correction: Correction = PLAIN,
) -> FittedPooled:
    """The model, conditioned on the panel before, with the series at ``rows`` fitted again.

    They are fitted to the part of the log that the correction does not explain.
    """
    some = panel.take(rows)
    closing = find_closing(some)
    target = log_target(closing.open_target(some))
    of_some = replace(
        model,
        keys=some.keys,
        closing=closing,
        own=model.own[rows],
        level=model.level[rows],
        noise=model.noise[rows],
    )
    deviations = _deviations(of_some, backdrop, some, target, correction)
    noise = deviations.noise / correction.noise_share
    has_any = np.asarray(target.known.any(axis=1))
    expected = model.prior.expected(some.attributes, len(rows))
    own_level = deviations.level(backdrop.own_steps(some.timestamps))
    level = np.where(has_any, own_level + backdrop.level, expected)
    applies = _replace_rows(model.closing.applies, rows, closing.applies)
    notes = {
        row: note_of(known=known, sells=sells)
        for row, known, sells in zip(
            rows.tolist(), has_any.tolist(), target.sells.tolist(), strict=True
        )
    }
    return replace(
        model,
        closing=Closing(model.closing.covariate, applies),
        own=_replace_rows(model.own, rows, deviations.effects.astype(np.float32)),
        level=_replace_rows(model.level, rows, np.where(target.sells, level, LOWEST)),
        noise=_replace_rows(
            model.noise, rows, noise + np.where(has_any, 0.0, model.prior.variance)
        ),
        offset=_replace_rows(model.offset, rows, target.offset),
        silent=_replace_rows(
            model.silent, rows, np.where(has_any, np.argmax(target.known[:, ::-1], axis=1), 0.0)
        ),
        notes=tuple(notes.get(row, note) for row, note in enumerate(model.notes)),
    )


def _deviations(
    model: FittedPooled,
    backdrop: Backdrop,
    panel: Panel,
    target: LogTarget,
    correction: Correction,
) -> Deviations:
    """The deviations of the series of a panel, fitted as in ``PooledFitting.deviations``."""
    times = panel.timestamps
    steps, added = backdrop.own_steps(times), backdrop.on(times)
    recent = recency(times, backdrop.times[-1])
    common, share = model.common.astype(np.float32), np.float32(correction.effect_share)
    term = correction.log_term(model, times, panel.covariates, 0, target.known)
    added = term.astype(np.float32) + added
    parts = []
    for rows, _, columns in model.columns(times, panel.covariates, 0):
        known = target.known[rows]
        explained = share * np.matmul(common, columns)
        residuals = (target.values[rows] - explained - added[rows]) * known
        own, weight = share * columns[:, model.own_columns], (known * recent).astype(np.float32)
        with_outliers = solve(moments(own, steps, residuals, weight), backdrop.first)
        lighter = robust_weights(own, steps, residuals, weight, with_outliers)
        parts.append(solve(moments(own, steps, residuals, lighter), backdrop.second))
    return Deviations.concatenate(parts)


def _replace_rows(values: npt.NDArray[np.generic], rows: npt.NDArray[np.intp], new: Any) -> Any:
    """A copy of the array with ``new`` values at ``rows``."""
    changed = values.copy()
    changed[rows] = new
    return changed
