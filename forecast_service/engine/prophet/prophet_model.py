"""A trained Prophet: its models where they could be fitted, seasonal naive elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import CannotRefit
from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.prophet.futures import spread_of
from forecast_service.engine.prophet.parameters import ProphetModels
from forecast_service.engine.quantiles import clip_mean, clip_quantiles, require_levels
from forecast_service.engine.simple.seasonal_naive import (
    NAME as SEASONAL_NAIVE,
)
from forecast_service.engine.simple.seasonal_naive import (
    FittedSeasonalNaive,
    SeasonalNaive,
)

__all__ = ["NAME", "FittedProphet"]

NAME = "prophet"


@dataclass(frozen=True)
class FittedProphet:
    """``models`` forecast the series in ``models.rows``, ``naive`` all others."""

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
        """Quantiles (n, horizon, levels) of the distribution of Prophet's simulated futures."""
        levels = require_levels(quantiles)
        values = self.naive.forecast(known_future, levels)
        centre = self.models.centre(known_future.timestamps, known_future.covariates)
        spread = spread_of(self.models, known_future, self.until, levels)
        values[self.models.rows] = centre[:, :, None] + spread
        return clip_quantiles(values, self._closed(known_future))

    def mean(self, known_future: KnownFuture) -> FloatArray:
        values = self.naive.mean(known_future)
        values[self.models.rows] = self.models.centre(
            known_future.timestamps, known_future.covariates
        )
        return clip_mean(values, self._closed(known_future))

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

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedProphet:
        return replace(
            self,
            naive=self.naive.take(rows, known_future),
            models=self.models_at(rows),
            notes=tuple(self.notes[row] for row in rows),
        )

    def models_at(self, rows: npt.NDArray[np.intp]) -> ProphetModels:
        """The models of these series, renumbered from 0; a row of -1 has no model."""
        index_of = {int(row): index for index, row in enumerate(self.models.rows)}
        kept = [(new, index_of[int(row)]) for new, row in enumerate(rows) if int(row) in index_of]
        return self.models.take(
            np.array([index for _, index in kept], dtype=np.intp),
            np.array([new for new, _ in kept], dtype=np.int64),
        )

    def with_series(self, rows: npt.NDArray[np.intp], others: FittedProphet) -> FittedProphet:
        """This model, with the series at ``rows`` replaced by ``others``, which has only those.

        Raises
        ------
        CannotRefit
            The two have different holidays or covariates.
        """
        for name in ("holiday_names", "covariate_names"):
            if getattr(self.models, name).tolist() != getattr(others.models, name).tolist():
                raise CannotRefit(
                    f"the {name.replace('_names', 's')} differ from those of the training"
                )
        models = self.models.with_rows(rows, others.models)
        notes = dict(zip(rows.tolist(), others.notes, strict=True))
        all_notes = tuple(notes.get(row, note) for row, note in enumerate(self.notes))
        return replace(self, models=models, notes=all_notes)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            **prefixed("naive", self.naive.to_arrays()),
            **prefixed("model", vars(self.models)),
            "notes": np.array([json.dumps(note) for note in self.notes], dtype=np.str_),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FittedProphet:
        """The inverse of ``to_arrays``."""
        of_models = unprefixed("model", arrays)
        unlimited = np.full(of_models["covariates"].shape, np.inf)  # older files have no ranges
        ranges = {"covariate_low": -unlimited, "covariate_high": unlimited}
        return cls(
            naive=SeasonalNaive().from_arrays(unprefixed("naive", arrays)),
            models=ProphetModels(**{**ranges, **of_models}),
            notes=tuple(json.loads(str(text)) for text in arrays["notes"]),
        )

    def _closed(self, known_future: KnownFuture) -> npt.NDArray[np.bool_]:
        shape = (len(self.keys), known_future.horizon)
        return self.naive.closing.closed(known_future.covariates, shape)
