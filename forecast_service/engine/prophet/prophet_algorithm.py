"""Prophet: linear trend with changes, seasons, holidays and covariates, one model per series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.calendar import holiday_dates
from forecast_service.engine.panel import FloatArray, Panel
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.prophet.fast_solver import fit_fast
from forecast_service.engine.prophet.histories import Histories
from forecast_service.engine.prophet.parameters import (
    Parameters,
    ProphetModels,
    empty_models,
    stack_models,
)
from forecast_service.engine.prophet.prophet_model import NAME, FittedProphet
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.prophet.prophet_package import fit_with_package
from forecast_service.engine.simple.seasonal_naive import (
    NEW,
    FittedSeasonalNaive,
    fit_seasonal_naive,
)

__all__ = ["NAME", "ProphetAlgorithm", "fit_prophet"]

RECENT = 28  # newest known open days that may move the level
PRIOR_DAYS = 14.0  # weight of the prior "the level did not move", in days
MINIMUM_DAYS = 14  # known open periods, and also days from the first to the last of them
SUBDAILY_DAYS = 2  # the same for periods shorter than a day

Outcome = tuple[Parameters | None, str | None]
"""The parameters of a series and its note; None where there are none."""


class ProphetAlgorithm:
    """Trend with changepoints, yearly, weekly and daily seasons, covariates, public holidays.

    Options: ``config.options``, see ``ProphetOptions``; defaults as in Prophet (linear growth,
    additive). Seasons: by Prophet's own rules; the known open periods span two seasons, and a
    period is shorter than the season. Covariates: one that does not vary on the open periods of
    a series is left out for this series. Holidays: with ``config.country``. Minimum history: 14
    known open periods over 14 days (over 2 days if they are shorter than a day); a series with
    less, or one that cannot be fitted, gets seasonal naive and a note. Any quantile. Nothing is
    random.

    ``config.prophet_solver`` "fast": ``map_estimate`` takes about 1 ms per series, ``newton``
    (logistic growth, multiplicative mode) a few. The posterior density is not lower than Stan's.
    A series that they cannot solve exactly (for example one almost without noise) is fitted by
    the ``prophet`` package, and its note says so. "stan": the package fits all series, on
    ``config.processes``.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedProphet:
        return fit_prophet(panel, config, np.ones(panel.n_series, dtype=bool), progress)

    def condition(self, fitted: FittedProphet, panel: Panel) -> FittedProphet:
        """The same models on newer data.

        The level of a series moves by ``sum(residuals) / (days + 14)``, over its newest 28 open
        days after the training. This is the posterior mean of a normal shift with a prior
        variance of one fourteenth of the noise variance. Data that end at the training change
        nothing.
        """
        before = {key: row for row, key in enumerate(fitted.keys)}
        closing = fitted.naive.closing.carried_to(panel, before)
        naive = fit_seasonal_naive(panel, fitted.naive.season_length, closing)
        rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
        models = _update_levels(fitted.models_at(rows), panel, closing.open_target(panel))
        return FittedProphet(naive, models, _update_notes(fitted, naive, models))

    def refit(
        self,
        fitted: FittedProphet,
        panel: Panel,
        rows: npt.NDArray[np.intp] | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> FittedProphet:
        if rows is None:
            return self.fit(panel, config, progress)
        newer = self.condition(fitted, panel)
        if not len(rows):
            return newer
        all_rows = np.ones(len(rows), dtype=bool)
        refitted = fit_prophet(panel.take(rows), config, all_rows, progress)
        return newer.with_series(rows, refitted)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedProphet:
        return FittedProphet.from_arrays(arrays)


def fit_prophet(
    panel: Panel, config: FitConfig, use_prophet: npt.NDArray[np.bool_], progress: Progress = silent
) -> FittedProphet:
    """Fit Prophet to the series where ``use_prophet`` (n,) is true, and seasonal naive to all."""
    naive = fit_seasonal_naive(panel, config.season_length)
    years = np.unique(panel.timestamps.astype("datetime64[Y]").astype(int)) + 1970
    years_covered = range(int(years[0]), int(years[-1]) + 3)  # the horizon may reach new years
    holidays = holiday_dates(config.country, years_covered) if config.country else {}
    sold = naive.closing.open_target(panel)
    histories = Histories(panel.timestamps, sold, panel.covariates, holidays)
    outcomes = _fit_rows(histories, np.flatnonzero(use_prophet).tolist(), config, progress)
    low, high = histories.covariate_ranges()
    fits = {
        row: {**parameters, "covariate_low": low[row], "covariate_high": high[row]}
        for row, (parameters, _) in outcomes.items()
        if parameters
    }
    notes = tuple(
        naive.notes[row] or outcomes.get(row, (None, None))[1] for row in range(panel.n_series)
    )
    changes = ProphetOptions.parse(config.options or {}).trend_changes
    empty = empty_models(
        list(holidays), histories.numbered_holidays, list(panel.covariates), changes
    )
    return FittedProphet(naive, stack_models(empty, fits, panel.timestamps[-1]), notes)


def _update_levels(models: ProphetModels, panel: Panel, sold: FloatArray) -> ProphetModels:
    """The models, their levels learned from ``sold`` (n, T), the target of the open days."""
    seconds = panel.timestamps.astype("datetime64[s]").astype(np.int64)
    first_new = int(np.searchsorted(seconds, models.until.min(initial=seconds[-1]), "right"))
    new = panel.known_between(first_new, panel.n_periods)
    without_level = replace(models, level=np.zeros(len(models)))
    residuals = sold[models.rows, first_new:] - without_level.centre(new.timestamps, new.covariates)
    known = ~np.isnan(residuals) & (seconds[first_new:] > models.until[:, None])
    newest = np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= RECENT
    counted = known & newest
    total = np.where(counted, residuals, 0.0).sum(axis=1)
    return replace(models, level=total / (counted.sum(axis=1) + PRIOR_DAYS))


def _update_notes(
    fitted: FittedProphet, naive: FittedSeasonalNaive, models: ProphetModels
) -> tuple[str | None, ...]:
    """Notes for the series of ``naive``, without reasons that newer data have removed."""
    before = dict(zip(fitted.keys, fitted.notes, strict=True))
    of_naive = dict(zip(fitted.keys, fitted.naive.notes, strict=True))
    modelled = set(models.rows.tolist())
    notes: list[str | None] = []
    for row, key in enumerate(naive.keys):
        note = before.get(key, NEW)
        outdated = NEW if note is not None and note == of_naive.get(key) else note
        notes.append(note if row in modelled else naive.notes[row] or outdated)
    return tuple(notes)


def _fit_rows(
    histories: Histories, rows: list[int], config: FitConfig, progress: Progress
) -> dict[int, Outcome]:
    reasons = _too_short(histories.times, histories.target)
    usable = [row for row in rows if row not in reasons]
    solved = _solve(histories.take(_index(usable, len(histories))), config, progress)
    short = {row: (None, _fallback_note(reasons[row])) for row in rows if row in reasons}
    return {**short, **dict(zip(usable, solved, strict=True))}


def _solve(histories: Histories, config: FitConfig, progress: Progress) -> list[Outcome]:
    """Fit the series by the solver of ``config``; those that it cannot fit, by the package."""
    total, options = len(histories), ProphetOptions.parse(config.options or {})

    def finished(count: int) -> None:
        progress(count / total, f"Prophet: {count} of {total} series")

    first = (
        fit_fast(histories, options, finished) if config.prophet_solver == "fast" else [""] * total
    )
    unsolved = [index for index, fit in enumerate(first) if isinstance(fit, str)]
    second = fit_with_package(
        histories.take(_index(unsolved, total)),
        options,
        seed=config.seed,
        processes=config.processes,
        finished=lambda count: finished(total - len(unsolved) + count),
    )
    outcomes: list[Outcome] = [(None if isinstance(fit, str) else fit, None) for fit in first]
    for index, fit in zip(unsolved, second, strict=True):
        note = f"Fitted by the prophet package: {first[index]}." if first[index] else None
        outcomes[index] = (None, _fallback_note(fit)) if isinstance(fit, str) else (fit, note)
    return outcomes


def _index(rows: list[int], total: int) -> slice | npt.NDArray[np.intp]:
    """An index of these rows; for all rows a slice, which copies nothing."""
    return slice(None) if len(rows) == total else np.array(rows, dtype=np.intp)


def _too_short(times: Times, target: FloatArray) -> dict[int, str]:
    """The rows of series that are too short, with the reason."""
    known = ~np.isnan(target)
    count = known.sum(axis=1)
    first, last = known.argmax(axis=1), known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    days = (times[last] - times[first]).astype("timedelta64[D]").astype(np.int64) + 1
    days[count == 0] = 0
    is_subdaily = len(times) > 1 and np.diff(times).min() < np.timedelta64(1, "D")
    least = SUBDAILY_DAYS if is_subdaily else MINIMUM_DAYS
    return {
        row: say("few_open_days", least=MINIMUM_DAYS, days=count[row])
        if count[row] < MINIMUM_DAYS
        else say("short_history", least=least, days=days[row])
        for row in np.flatnonzero((count < MINIMUM_DAYS) | (days < least)).tolist()
    }


def _fallback_note(reason: str) -> str:
    return say("algorithm_not_used_because", algorithm="Prophet", reason=reason)
