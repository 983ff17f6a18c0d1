"""Trained ETS and ARIMA models: state spaces where they could be fitted, else seasonal naive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import NormalDist
from typing import Self

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.algorithm import FitConfig, Progress
from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.classic.state_space import StateSpaces, stack
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.pool import map_in_order, pool
from forecast_service.engine.simple.seasonal_naive import NEW, fit_seasonal_naive
from forecast_service.engine.simple.series_models import (
    SeriesModels,
    naive_arrays,
    naive_of,
    notes_of,
)

__all__ = ["FittedClassic", "condition_classic", "fit_classic"]

LONGEST = 400  # newest periods that are fitted, about a year of days; more gain little
LEAST = 14  # known open periods
CHUNK = 4  # series per task, about one second of work

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Task:
    """Series to fit, each (T,), scaled and without gaps, as sent to another process."""

    values: tuple[FloatArray, ...]
    season_length: int


Outcome = StateSpaces | str
"""The model of a series after its last value, or the reason why there is none."""

Fit = Callable[[FloatArray, int], StateSpaces]
"""Fits one series (T,) with this season length."""


@dataclass(frozen=True)
class FittedClassic(SeriesModels):
    """``models`` at the newest day of the modelled series, in units of ``scale`` (m,)."""

    models: StateSpaces
    scale: FloatArray

    def quantiles(self, known_future: KnownFuture, levels: Sequence[float]) -> FloatArray:
        """Normal quantiles."""
        means, spread = self._ahead(known_future)
        scores = np.array([NormalDist().inv_cdf(level) for level in levels])
        values: FloatArray = means[:, :, None] + spread[:, :, None] * scores
        return values

    def means(self, known_future: KnownFuture) -> FloatArray:
        return self._ahead(known_future)[0]

    def take(self, rows: Rows, known_future: KnownFuture) -> Self:
        new, ours = self.locate(rows)
        return replace(
            self,
            naive=self.naive.take(rows, known_future),
            rows=new,
            notes=tuple(self.notes[row] for row in rows),
            models=self.models.take(ours),
            scale=self.scale[ours],
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {**naive_arrays(self), **prefixed("models", vars(self.models)), "scale": self.scale}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """The inverse of ``to_arrays``."""
        models = unprefixed("models", arrays)
        return cls(
            naive_of(arrays),
            arrays["rows"].astype(np.intp),
            notes_of(arrays),
            StateSpaces(**{name: values.astype(np.float64) for name, values in models.items()}),
            arrays["scale"].astype(np.float64),
        )

    def _ahead(self, known_future: KnownFuture) -> tuple[FloatArray, FloatArray]:
        steps = self.naive.steps(known_future)
        means, spread = self.models.ahead(int(steps.max(initial=-1)) + 1)
        return means[:, steps] * self.scale[:, None], spread[:, steps] * self.scale[:, None]


def condition_classic(fitted: FittedClassic, panel: Panel) -> FittedClassic:
    """The same parameters; the states are filtered over the newer days, nothing is fitted."""
    before = {key: row for row, key in enumerate(fitted.keys)}
    closing = fitted.naive.closing.carried_to(panel, before)
    naive = fit_seasonal_naive(panel, fitted.naive.season_length, closing)
    old = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
    rows, ours = fitted.locate(old)
    is_newer = panel.timestamps > fitted.until
    scale = fitted.scale[ours]
    sold = closing.open_target(panel)[rows][:, is_newer] / scale[:, None]
    models, _ = fitted.models.take(ours).filter(sold)
    notes = tuple(
        naive.notes[row] or (NEW if old_row < 0 else fitted.notes[old_row])
        for row, old_row in enumerate(old.tolist())
    )
    return replace(fitted, naive=naive, rows=rows, notes=notes, models=models, scale=scale)


def fit_classic(
    kind: type[FittedClassic], fit: Fit, panel: Panel, config: FitConfig, progress: Progress
) -> FittedClassic:
    """Fit every series that is long enough and varies, divided among ``config.processes``."""
    naive = fit_seasonal_naive(panel, config.season_length)
    sold = naive.closing.open_target(panel)[:, -LONGEST:]
    notes, rows, values = list(naive.notes), [], []
    for row, series in enumerate(sold):
        reason = _reason_against(series)
        if reason is None:
            rows.append(row)
            values.append(_fill_gaps(series, naive.season_length))
        else:
            notes[row] = notes[row] or _fallback_note(kind, reason)
    scale = np.array([float(np.abs(series).mean()) for series in values])
    season = parse_frequency(panel.frequency).short_season
    scaled = [series / size for series, size in zip(values, scale, strict=True)]
    outcomes = _fit_all(kind.name, fit, scaled, season, config.processes, progress)
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, str):
            notes[row] = _fallback_note(kind, outcome)
    index = np.array(rows, dtype=np.intp)
    done = [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, str)]
    models = stack([outcome for outcome in outcomes if not isinstance(outcome, str)])
    progress(1.0, f"{kind.name}: {panel.n_series} series")
    return kind(naive, index[done], tuple(notes), models, scale[done])


def _fit_all(
    name: str,
    fit: Fit,
    values: list[FloatArray],
    season_length: int,
    processes: int,
    progress: Progress,
) -> list[Outcome]:
    total = len(values)
    tasks = [
        Task(tuple(values[begin : begin + CHUNK]), season_length)
        for begin in range(0, total, CHUNK)
    ]

    def finished(count: int) -> None:
        progress(count / len(tasks), f"{name}: {min(count * CHUNK, total)} of {total} series")

    with pool(processes if len(tasks) > 1 else 1) as executor:
        chunks = map_in_order(executor, partial(_fit_task, fit), tasks, finished)
    return [outcome for chunk in chunks for outcome in chunk]


def _fit_task(fit: Fit, task: Task) -> list[Outcome]:
    """Runs in a process of the pool."""
    return [_try(fit, series, task.season_length) for series in task.values]


def _try(fit: Fit, series: FloatArray, season_length: int) -> Outcome:
    try:
        return fit(series, season_length)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        return f"the fit failed ({type(error).__name__})"


def _reason_against(series: FloatArray) -> str | None:
    known = series[np.isfinite(series)]
    if len(known) < LEAST:
        return f"it needs {LEAST} open periods, and this series has {len(known)}"
    return None if known.std() > 0 else "its sales do not vary"


def _fill_gaps(series: FloatArray, season_length: int) -> FloatArray:
    """The series from its first known value on; a gap takes the value one season before.

    A gap in the first season takes the mean.
    """
    first = int(np.isfinite(series).argmax())
    values = series[first:].copy()
    mean = float(np.nanmean(values))
    for place in np.flatnonzero(np.isnan(values)).tolist():
        values[place] = values[place - season_length] if place >= season_length else mean
    return values


def _fallback_note(kind: type[FittedClassic], reason: str) -> str:
    return say("algorithm_not_used_because", algorithm=kind.name.upper(), reason=reason)
