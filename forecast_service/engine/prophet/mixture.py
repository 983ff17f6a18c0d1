"""A trained mixture: Prophet where it could be used, seasonal naive for every other series."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import CannotRefit
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.prophet.futures import spread_of
from forecast_service.engine.prophet.prophet_models import ProphetModels
from forecast_service.engine.quantiles import require_levels, settle, settle_quantiles
from forecast_service.engine.simple.seasonal_naive import (
    NAME as SEASONAL_NAIVE,
)
from forecast_service.engine.simple.seasonal_naive import (
    NOTHING_KNOWN,
    ONE_KNOWN,
    FittedSeasonalNaive,
    SeasonalNaive,
    fit_seasonal_naive,
)

__all__ = ["NAME", "FittedProphet"]

NAME = "prophet"
RECENT = 28  # newest known open days that may move the level
PRIOR_DAYS = 14.0  # weight, in days, of the belief that the level did not move
NEW = "New since the training: seasonal naive until the next one."

_Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class FittedProphet:
    """``models`` overrule ``naive`` for the series they stand for (``models.rows``)."""

    naive: FittedSeasonalNaive
    models: ProphetModels
    notes: tuple[str | None, ...]

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self.naive.keys

    @property
    def until(self) -> np.datetime64:
        return self.naive.until

    @property
    def algorithms(self) -> tuple[str, ...]:
        modelled = set(self.models.rows.tolist())
        return tuple(NAME if i in modelled else SEASONAL_NAIVE for i in range(len(self.keys)))

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels) of the law of Prophet's simulated futures."""
        levels = require_levels(quantiles)
        values = self.naive.forecast(known_future, levels)
        centre = self.models.centre(known_future.timestamps, known_future.covariates)
        spread = spread_of(self.models, known_future, self.until, levels)
        values[self.models.rows] = centre[:, :, None] + spread
        return settle_quantiles(values, self._closed(known_future))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        values = self.naive.mean(known_future)
        values[self.models.rows] = self.models.centre(
            known_future.timestamps, known_future.covariates
        )
        return settle(values, self._closed(known_future))

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts that add up to ``mean``; all are 0 on closed days.

        ``level`` is the whole forecast of a series without a Prophet model; ``floor`` lifts
        negative sums to 0.
        """
        closed = self._closed(known_future)
        level = self.naive.mean(known_future)
        level[self.models.rows] = 0.0
        parts = {"level": level}
        for name, values in self.models.parts(
            known_future.timestamps, known_future.covariates
        ).items():
            parts[name] = np.zeros_like(level)
            parts[name][self.models.rows] = np.where(closed[self.models.rows], 0.0, values)
        total = np.sum(list(parts.values()), axis=0)
        return {**parts, "floor": np.maximum(-total, 0.0)}

    def condition(self, panel: Panel) -> FittedProphet:
        """The same models on newer data.

        The level of a series moves by the mean residual of its open days after the training (the
        newest 28), shrunken as if 14 more days had had residual 0:
        ``sum(residuals) / (days + 14)``, the posterior mean of a normal shift whose prior
        variance is a fourteenth of the noise. Data that end at the training change nothing.
        """
        before = {key: row for row, key in enumerate(self.keys)}
        closing = self.naive.closing.carried_to(panel, before)
        naive = fit_seasonal_naive(panel, self.naive.season_length, closing)
        position = {int(row): index for index, row in enumerate(self.models.rows)}
        kept = [
            (new, position[before[key]])
            for new, key in enumerate(panel.keys)
            if before.get(key) in position
        ]
        models = self.models.take(
            np.array([index for _, index in kept], dtype=np.intp),
            np.array([new for new, _ in kept], dtype=np.int64),
        )
        models = self._refreshed(models, panel, closing.open_target(panel))
        return replace(self, naive=naive, models=models, notes=self._renewed_notes(naive, models))

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedProphet:
        place = {int(row): index for index, row in enumerate(self.models.rows)}
        kept = [(new, place[int(row)]) for new, row in enumerate(rows) if int(row) in place]
        return replace(
            self,
            naive=self.naive.take(rows, known_future),
            models=self.models.take(
                np.array([index for _, index in kept], dtype=np.intp),
                np.array([new for new, _ in kept], dtype=np.int64),
            ),
            notes=tuple(self.notes[row] for row in rows),
        )

    def with_series(self, rows: npt.NDArray[np.intp], others: FittedProphet) -> FittedProphet:
        """The same with the series at ``rows`` from another model, which has only those.

        Raises
        ------
        CannotRefit
            The two know different holidays or covariates.
        """
        for name in ("holiday_names", "covariate_names"):
            if getattr(self.models, name).tolist() != getattr(others.models, name).tolist():
                raise CannotRefit(f"the {name.replace('_names', 's')} are others than in training")
        models = self.models.with_rows(rows, others.models)
        notes = dict(zip(rows.tolist(), others.notes, strict=True))
        renewed = tuple(notes.get(row, note) for row, note in enumerate(self.notes))
        return replace(self, models=models, notes=renewed)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        models = self.models
        return {
            **{f"naive.{name}": array for name, array in self.naive.to_arrays().items()},
            **{f"model.{each.name}": getattr(models, each.name) for each in fields(models)},
            "notes": np.array([json.dumps(note) for note in self.notes], dtype=np.str_),
        }

    @classmethod
    def from_arrays(cls, arrays: _Arrays) -> FittedProphet:
        """The inverse of ``to_arrays``."""
        naive = {
            name.removeprefix("naive."): array
            for name, array in arrays.items()
            if name.startswith("naive.")
        }
        models = {each.name: arrays[f"model.{each.name}"] for each in fields(ProphetModels)}
        return cls(
            naive=SeasonalNaive().from_arrays(naive),
            models=ProphetModels(**models),  # type: ignore[arg-type]  # dtypes are as written
            notes=tuple(json.loads(str(text)) for text in arrays["notes"]),
        )

    def _closed(self, known_future: KnownFuture) -> npt.NDArray[np.bool_]:
        shape = (len(self.keys), known_future.horizon)
        return self.naive.closing.closed(known_future.covariates, shape)

    def _renewed_notes(
        self, naive: FittedSeasonalNaive, models: ProphetModels
    ) -> tuple[str | None, ...]:
        """Notes for the series of ``naive``: a reason that newer data removed is not repeated."""
        before = dict(zip(self.keys, self.notes, strict=True))
        modelled = set(models.rows.tolist())
        notes: list[str | None] = []
        for row, key in enumerate(naive.keys):
            note = before.get(key, NEW)
            outdated = NEW if note in (NOTHING_KNOWN, ONE_KNOWN) else note
            notes.append(note if row in modelled else naive.notes[row] or outdated)
        return tuple(notes)

    def _refreshed(self, models: ProphetModels, panel: Panel, sold: FloatArray) -> ProphetModels:
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
