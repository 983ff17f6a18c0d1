"""Prophet: linear trend with changes, seasons, holidays and covariates, one model per series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, silent
from forecast_service.engine.calendar import Times, holiday_dates
from forecast_service.engine.panel import FloatArray, Panel
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
    NOTHING_KNOWN,
    ONE_KNOWN,
    FittedSeasonalNaive,
    fit_seasonal_naive,
)

__all__ = ["NAME", "ProphetAlgorithm", "fit_prophet"]

RECENT = 28  # newest known open days that may move the level
PRIOR_DAYS = 14.0  # weight, in days, of the belief that the level did not move
NEW = "New since the training: seasonal naive until the next one."
MINIMUM_DAYS = 14  # open days known, and days between the first and the last of them

Outcome = tuple[Parameters | None, str | None]
"""Parameters of a series, if there are any, and what has to be said about it."""


class ProphetAlgorithm:
    """Trend with changepoints, yearly, weekly and daily seasons, covariates, public holidays.

    Options: ``config.options``, see ``ProphetOptions``; Prophet's own defaults (linear growth,
    additive). Seasons by Prophet's own rules: two of them in the open periods known, and periods
    shorter than the season. Covariates that do not vary on a series' open periods are left out
    for it. Holidays: with ``config.country``. Minimum history: 14 known open periods over 14
    days; a series with less, or one that cannot be fitted, gets seasonal naive and a note. Any
    quantile; nothing is random.

    ``config.prophet_solver`` "fast": ``map_estimate`` finds the estimate in about a thousandth of a
    second, ``prophet_newton`` that of other growth and modes in a few, at a posterior density no
    lower than Stan's. A series for which they cannot vouch (such as one almost without noise) is
    fitted by the ``prophet`` package, and its note says so. "stan": the package fits all of them,
    on ``config.processes``.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedProphet:
        return fit_prophet(panel, config, np.ones(panel.n_series, dtype=bool), progress)

    def condition(self, fitted: FittedProphet, panel: Panel) -> FittedProphet:
        """The same models on newer data.

        The level of a series moves by the mean residual of its open days after the training (the
        newest 28), shrunken as if 14 more days had had residual 0:
        ``sum(residuals) / (days + 14)``, the posterior mean of a normal shift whose prior
        variance is a fourteenth of the noise. Data that end at the training change nothing.
        """
        before = {key: row for row, key in enumerate(fitted.keys)}
        closing = fitted.naive.closing.carried_to(panel, before)
        naive = fit_seasonal_naive(panel, fitted.naive.season_length, closing)
        rows = np.array([before.get(key, -1) for key in panel.keys], dtype=np.intp)
        models = _refreshed(fitted.models_at(rows), panel, closing.open_target(panel))
        return FittedProphet(naive, models, _renewed_notes(fitted, naive, models))

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
        wanted = np.ones(len(rows), dtype=bool)
        again = fit_prophet(panel.take(rows), config, wanted, progress)
        return newer.with_series(rows, again)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedProphet:
        return FittedProphet.from_arrays(arrays)


def fit_prophet(
    panel: Panel, config: FitConfig, wanted: npt.NDArray[np.bool_], progress: Progress = silent
) -> FittedProphet:
    """Fit Prophet to the wanted series, shape (n,), and seasonal naive to all of them."""
    naive = fit_seasonal_naive(panel, config.season_length)
    years = np.unique(panel.timestamps.astype("datetime64[Y]").astype(int)) + 1970
    covered = range(int(years[0]), int(years[-1]) + 3)  # the horizon may reach into new years
    holidays = holiday_dates(config.country, covered) if config.country else {}
    sold = naive.closing.open_target(panel)
    histories = Histories(panel.timestamps, sold, panel.covariates, holidays)
    outcomes = _fit_rows(histories, np.flatnonzero(wanted).tolist(), config, progress)
    fits = {row: parameters for row, (parameters, _) in outcomes.items() if parameters}
    notes = tuple(
        naive.notes[row] or outcomes.get(row, (None, None))[1] for row in range(panel.n_series)
    )
    changes = ProphetOptions.parse(config.options or {}).trend_changes
    known = list(holidays), histories.numbered_holidays, list(panel.covariates)
    empty = empty_models(*known, changes)
    return FittedProphet(naive, stack_models(empty, fits, panel.timestamps[-1]), notes)


def _refreshed(models: ProphetModels, panel: Panel, sold: FloatArray) -> ProphetModels:
    """The models at the level of ``sold`` (n, T), the target of the open days."""
    seconds = panel.timestamps.astype("datetime64[s]").astype(np.int64)
    first_new = int(np.searchsorted(seconds, models.until.min(initial=seconds[-1]), "right"))
    new = panel.known_between(first_new, panel.n_periods)
    unmoved = replace(models, level=np.zeros(len(models)))
    residuals = sold[models.rows, first_new:] - unmoved.centre(new.timestamps, new.covariates)
    known = ~np.isnan(residuals) & (seconds[first_new:] > models.until[:, None])
    newest = np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= RECENT
    counted = known & newest
    total = np.where(counted, residuals, 0.0).sum(axis=1)
    return replace(models, level=total / (counted.sum(axis=1) + PRIOR_DAYS))


def _renewed_notes(
    fitted: FittedProphet, naive: FittedSeasonalNaive, models: ProphetModels
) -> tuple[str | None, ...]:
    """Notes for the series of ``naive``: a reason that newer data removed is not repeated."""
    before = dict(zip(fitted.keys, fitted.notes, strict=True))
    modelled = set(models.rows.tolist())
    notes: list[str | None] = []
    for row, key in enumerate(naive.keys):
        note = before.get(key, NEW)
        outdated = NEW if note in (NOTHING_KNOWN, ONE_KNOWN) else note
        notes.append(note if row in modelled else naive.notes[row] or outdated)
    return tuple(notes)


def _fit_rows(
    histories: Histories, rows: list[int], config: FitConfig, progress: Progress
) -> dict[int, Outcome]:
    reasons = _reasons_against(histories.times, histories.target)
    usable = [row for row in rows if row not in reasons]
    solved = _solve(histories.take(_index(usable, len(histories))), config, progress)
    refused = {row: (None, _instead(reasons[row])) for row in rows if row in reasons}
    return {**refused, **dict(zip(usable, solved, strict=True))}


def _solve(histories: Histories, config: FitConfig, progress: Progress) -> list[Outcome]:
    """Fit each of the series by the solver of ``config``, and what that leaves by the package."""
    total, options = len(histories), ProphetOptions.parse(config.options or {})

    def finished(count: int) -> None:
        progress(count / total, f"Prophet: {count} of {total} series")

    first = (
        fit_fast(histories, options, finished) if config.prophet_solver == "fast" else [""] * total
    )
    left = [index for index, fit in enumerate(first) if isinstance(fit, str)]
    second = fit_with_package(
        histories.take(_index(left, total)),
        options,
        seed=config.seed,
        processes=config.processes,
        finished=lambda count: finished(total - len(left) + count),
    )
    outcomes: list[Outcome] = [(None if isinstance(fit, str) else fit, None) for fit in first]
    for index, fit in zip(left, second, strict=True):
        note = f"Fitted by the prophet package: {first[index]}." if first[index] else None
        outcomes[index] = (None, _instead(fit)) if isinstance(fit, str) else (fit, note)
    return outcomes


def _index(rows: list[int], total: int) -> slice | npt.NDArray[np.intp]:
    """An index of these rows that copies nothing when they are all there are."""
    return slice(None) if len(rows) == total else np.array(rows, dtype=np.intp)


def _reasons_against(times: Times, target: FloatArray) -> dict[int, str]:
    """The series that are too short, and why."""
    known = ~np.isnan(target)
    count = known.sum(axis=1)
    first, last = known.argmax(axis=1), known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    days = (times[last] - times[first]).astype("timedelta64[D]").astype(np.int64) + 1
    days[count == 0] = 0
    return {
        row: f"{count[row]} open days within {days[row]} days are known, "
        f"and at least {MINIMUM_DAYS} are needed"
        for row in np.flatnonzero((count < MINIMUM_DAYS) | (days < MINIMUM_DAYS)).tolist()
    }


def _instead(reason: str) -> str:
    return f"Seasonal naive instead of Prophet: {reason}."
