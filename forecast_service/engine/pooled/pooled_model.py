"""A fitted pooled regression: its forecasts and their parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from forecast_service.common.wording.coded import say
from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.calendar import period_starts, periods_between
from forecast_service.engine.closing import Closing
from forecast_service.engine.features.columns import Column, Single
from forecast_service.engine.features.regression_features import Features, Recipe
from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.pooled.backdrop import Backdrop
from forecast_service.engine.pooled.level_prior import LevelPrior
from forecast_service.engine.pooled.log_forecast import LogForecast
from forecast_service.errors import InvalidData

__all__ = ["NAME", "NEVER_SOLD", "NOTHING_KNOWN", "FittedPooled", "Spread", "note_of"]

NAME = "pooled"
NOTHING_KNOWN = say("no_known_sales_typical")
NEVER_SOLD = say("never_sold")
OTHER_VERSION = (
    "The model was trained by an earlier version of the service, with other columns for this "
    "frequency. Train a new predictor."
)
OF_SERIES = ("level", "noise", "offset", "silent")
CHUNK_BYTES = 48_000_000
TYPICAL = 64  # series in the sample that gives an average over all series


@dataclass(frozen=True)
class Spread:
    """Variances of the log: of a date's shock, and of the drift of a level per period."""

    shock: float
    drift: float


@dataclass(frozen=True)
class FittedPooled:
    """``log(target + offset) = level + columns @ (common + own) + noise``.

    ``times`` and ``tail`` (n, periods) are the newest history, to which the next columns look
    back. ``common`` (P,) are the common effects, ``uncertainty`` (P, P) their covariance, ``own``
    (n, columns of ``own_columns``) the deviations; other arrays are (n,). ``silent``: number of
    last periods without a known value. ``backdrop``: for fitting single series again. ``shared``
    (periods,): variance of the effects in the future given to ``take``; None in a whole model.
    """

    keys: tuple[tuple[str, ...], ...]
    times: Times
    closing: Closing
    recipe: Recipe
    tail: Mapping[str, FloatArray]
    common: FloatArray
    uncertainty: npt.NDArray[np.float32]
    own_columns: npt.NDArray[np.intp]
    own: npt.NDArray[np.float32]
    level: FloatArray
    noise: FloatArray
    offset: FloatArray
    silent: FloatArray
    spread: Spread
    prior: LevelPrior
    notes: tuple[str | None, ...]
    backdrop: Backdrop
    shared: FloatArray | None = None

    @property
    def until(self) -> np.datetime64:
        return np.datetime64(self.times[-1], "s")

    @property
    def algorithms(self) -> tuple[str, ...]:
        return (NAME,) * len(self.keys)

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): normal in the log, wider for later periods."""
        return self.log_forecast(known_future).quantiles(quantiles)

    def mean(self, known_future: KnownFuture) -> FloatArray:
        """Expected value of the log-normal forecast."""
        return self.log_forecast(known_future).mean()

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts that add up to ``mean``; see ``pooled.log_forecast``."""
        return self.log_forecast(known_future, by_part=True).contributions()

    def log_forecast(self, known_future: KnownFuture, *, by_part: bool = False) -> LogForecast:
        """The forecast in the log, with all effects in one part or in a part of each kind."""
        parts = self._effect_parts if by_part else self._effect_sum
        return LogForecast(
            level=self.level,
            parts=parts(known_future),
            variance=self._variance(known_future),
            offset=self.offset,
            closed=self._closed(known_future),
        )

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedPooled:
        """The model of some series; the variance of the effects is still that of all series."""
        return replace(self._take(rows), shared=self._effect_variance(known_future))

    def _take(self, rows: npt.NDArray[np.intp]) -> FittedPooled:
        return replace(
            self,
            keys=tuple(self.keys[row] for row in rows),
            closing=self.closing.take(rows),
            tail={name: values[rows] for name, values in self.tail.items()},
            own=self.own[rows],
            **{name: getattr(self, name)[rows] for name in OF_SERIES},
            notes=tuple(self.notes[row] for row in rows),
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        rules = {
            "closing": self.closing.covariate,
            "recipe": self.recipe.to_text(),
            "prior": self.prior.to_text(),
        }
        spread = [getattr(self.spread, field.name) for field in fields(Spread)]
        plain = (
            "times",
            "common",
            "uncertainty",
            "own_columns",
            "own",
            "level",
            "noise",
            "offset",
            "silent",
        )
        return {
            **{name: getattr(self, name) for name in plain},
            **prefixed("tail", self.tail),
            "keys": _texts([json.dumps(key) for key in self.keys]),
            "notes": _texts([json.dumps(note) for note in self.notes]),
            "rules": _texts([json.dumps(rules)]),
            "closing_applies": self.closing.applies,
            "spread": np.array(spread, dtype=np.float64),
            **({} if self.shared is None else {"shared": self.shared}),
            **prefixed("backdrop", self.backdrop.to_arrays()),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FittedPooled:
        """The inverse of ``to_arrays``."""
        rules = json.loads(str(arrays["rules"][0]))
        numbers = ("common", *OF_SERIES, *(["shared"] if "shared" in arrays else []))
        return cls(
            keys=tuple(tuple(json.loads(str(text))) for text in arrays["keys"]),
            notes=tuple(json.loads(str(text)) for text in arrays["notes"]),
            closing=Closing(rules["closing"], arrays["closing_applies"].astype(bool)),
            recipe=Recipe.from_text(rules["recipe"]),
            prior=LevelPrior.from_text(rules["prior"]),
            times=arrays["times"].astype("datetime64[s]"),
            tail={name: v.astype(np.float64) for name, v in unprefixed("tail", arrays).items()},
            backdrop=Backdrop.from_arrays(unprefixed("backdrop", arrays)),
            own_columns=arrays["own_columns"].astype(np.intp),
            own=arrays["own"].astype(np.float32),
            uncertainty=arrays["uncertainty"].astype(np.float32),
            spread=Spread(*arrays["spread"].astype(np.float64).tolist()),
            **{name: arrays[name].astype(np.float64) for name in numbers},
        )

    def effects(
        self, times: Times, covariates: Mapping[str, FloatArray], first: int
    ) -> Iterator[tuple[slice, list[Column], Single]]:
        """Chunks of rows: columns, and their terms in the log (rows, columns, from ``first``)."""
        for rows, columns, values in self.columns(times, covariates, first):
            weights = np.tile(self.common.astype(np.float32), (len(values), 1))
            weights[:, self.own_columns] += self.own[rows]
            values *= weights[:, :, None]
            yield rows, columns, values

    def columns(
        self, times: Times, covariates: Mapping[str, FloatArray], first: int
    ) -> Iterator[tuple[slice, list[Column], Single]]:
        """Chunks of rows: columns, and their values (rows, columns, periods from ``first``)."""
        features = self.features(times, covariates)
        columns, dated = features.by_date()
        size = max(1, CHUNK_BYTES // (max(len(self.common), 1) * len(times) * 4))
        for start in range(0, len(self.keys), size):
            rows = slice(start, start + size)
            own_columns, varying = features.by_series(rows)
            if len(columns) + len(own_columns) != len(self.common):
                raise InvalidData(OTHER_VERSION)
            values = np.empty(
                (len(varying), len(self.common), len(times) - first), dtype=np.float32
            )
            values[:, : len(columns)] = dated[:, first:]
            values[:, len(columns) :] = varying[:, :, first:]
            yield rows, [*columns, *own_columns], values

    def features(self, times: Times, covariates: Mapping[str, FloatArray]) -> Features:
        """Columns of these periods; InvalidData if a covariate of the model is missing."""
        missing = [each.name for each in self.recipe.covariates if each.name not in covariates]
        if missing:
            raise InvalidData(
                f"Covariate '{missing[0]}' is missing. The model was trained with it: "
                "send its value for each day of each series."
            )
        closed = self.closing.closed(covariates, (len(self.keys), len(times)))
        return Features(self.recipe, times, covariates, closed)

    def _effect_parts(self, known_future: KnownFuture) -> dict[str, FloatArray]:
        times, covariates, first = self.join_tail(known_future)
        parts: dict[str, FloatArray] = {}
        for rows, columns, added in self.effects(times, covariates, first):
            for part in dict.fromkeys(column.part for column in columns):
                of_part = [i for i, column in enumerate(columns) if column.part == part]
                logs = parts.setdefault(part, np.zeros((len(self.keys), known_future.horizon)))
                logs[rows] = added[:, of_part].sum(axis=1, dtype=np.float64)[
                    :, self.steps(known_future)
                ]
        return parts

    def _effect_sum(self, known_future: KnownFuture) -> dict[str, FloatArray]:
        times, covariates, first = self.join_tail(known_future)
        logs = np.empty((len(self.keys), known_future.horizon))
        for rows, _, added in self.effects(times, covariates, first):
            logs[rows] = added.sum(axis=1, dtype=np.float64)[:, self.steps(known_future)]
        return {"effects": logs}

    def _variance(self, known_future: KnownFuture) -> FloatArray:
        distance = self.silent[:, None] + 1 + self.steps(known_future)
        common = self.spread.shock + self._effect_variance(known_future)[self.steps(known_future)]
        return self.noise[:, None] + common + self.spread.drift * distance

    def _effect_variance(self, known_future: KnownFuture) -> FloatArray:
        """Variance of the sum of effects on each date for a typical series, (periods,)."""
        if self.shared is not None:
            return self.shared
        sample = np.arange(0, len(self.keys), -(-len(self.keys) // TYPICAL))
        some = self._take(sample)
        times, covariates, first = some.join_tail(known_future.take(sample))
        features = some.features(times, covariates)
        dated, varying = features.by_date()[1], features.by_series(slice(None))[1]
        typical = np.concatenate([dated, varying.mean(axis=0)])[:, first:]
        variance: FloatArray = (typical * (self.uncertainty @ typical)).sum(
            axis=0, dtype=np.float64
        )
        return variance

    def steps(self, known_future: KnownFuture) -> npt.NDArray[np.int64]:
        """Number of each period, 0 for the first after ``until``; InvalidData for earlier ones."""
        steps = periods_between(self.until, known_future.timestamps, self.recipe.frequency) - 1
        if known_future.horizon and steps.min() < 0:
            raise InvalidData(
                f"'{known_future.timestamps.min()}' is not in the future: the data of the model "
                f"end with {self.until}. Forecast later periods."
            )
        return steps

    def join_tail(self, known_future: KnownFuture) -> tuple[Times, dict[str, FloatArray], int]:
        """Times and covariates of tail and future without gaps, and the index of the future."""
        before, steps = len(self.times), self.steps(known_future)
        times = period_starts(self.times[0], known_future.timestamps.max(), self.recipe.frequency)
        joined = {}
        for name, values in known_future.covariates.items():
            if name in self.tail:
                joined[name] = np.full((len(values), len(times)), np.nan)
                joined[name][:, :before] = self.tail[name]
                joined[name][:, before + steps] = values
        return times, joined, before

    def _closed(self, known_future: KnownFuture) -> npt.NDArray[np.bool_]:
        return self.closing.closed(known_future.covariates, (len(self.keys), known_future.horizon))


def note_of(*, known: bool, sells: bool) -> str | None:
    """The note of a series, by whether it has known sales above 0, and may sell at all."""
    if known:
        return None
    return NOTHING_KNOWN if sells else NEVER_SOLD


def _texts(values: Sequence[str]) -> npt.NDArray[np.str_]:
    return np.array(list(values), dtype=np.str_)
