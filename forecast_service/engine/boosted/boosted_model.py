"""A fitted boosted regression: a pooled regression, and trees that correct it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.boosted.lightgbm_package import missing_library, predict
from forecast_service.engine.features.columns import Single
from forecast_service.engine.features.tree_features import tree_columns
from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.periods.frequency import Times
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.log_forecast import LogForecast
from forecast_service.engine.pooled.pooled_model import FittedPooled
from forecast_service.errors import InvalidData

__all__ = ["EFFECT_SHARE", "NAME", "FittedBoosted", "traits"]

NAME = "boosted"
EFFECT_SHARE = 0.8  # of the regression's effects that stays; trees predict the other 20 % again
PART = "interplay"
CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class FittedBoosted:
    """``log(target + offset) = level + 0.8 * effects + trees + noise``; without trees, ``pooled``.

    ``trees`` is a LightGBM model as text; '' means none. ``trait_columns`` are the own effects of
    the regression that trees use as traits of a series. ``noise_share`` is the variance of the
    noise relative to that of the regression alone.
    """

    pooled: FittedPooled
    trees: str
    trait_columns: npt.NDArray[np.intp]
    noise_share: float

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        return self.pooled.keys

    @property
    def algorithms(self) -> tuple[str, ...]:
        return (NAME,) * len(self.keys)

    @property
    def notes(self) -> tuple[str | None, ...]:
        return self.pooled.notes

    @property
    def until(self) -> np.datetime64:
        return self.pooled.until

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, levels): normal in the log, wider for later periods."""
        return self.log_forecast(known_future).quantiles(quantiles)

    def mean(self, known_future: KnownFuture) -> FloatArray:
        """Expected value of the log-normal forecast."""
        return self.log_forecast(known_future).mean()

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts of the regression, and ``interplay``: what the trees change."""
        return self.log_forecast(known_future, by_part=True).contributions()

    def log_forecast(self, known_future: KnownFuture, *, by_part: bool = False) -> LogForecast:
        """The forecast in the log, with the regression's effects in one part or in several."""
        alone = self.pooled.log_forecast(known_future, by_part=by_part)
        if not self.trees:
            return alone
        effects = np.sum(list(alone.parts.values()), axis=0)
        change = self._predict_future(known_future, ~alone.closed) - (1 - EFFECT_SHARE) * effects
        less_noise = (1 - self.noise_share) * self.pooled.noise
        return replace(
            alone,
            parts={**alone.parts, PART: np.where(alone.closed, 0.0, change)},
            variance=alone.variance - less_noise[:, None],
        )

    @property
    def correction(self) -> Correction:
        """The correction of the regression by the trees; levels are fitted under it."""
        return Correction(EFFECT_SHARE, self.noise_share, self._predict) if self.trees else PLAIN

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedBoosted:
        return replace(self, pooled=self.pooled.take(rows, known_future))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            **prefixed("pooled", self.pooled.to_arrays()),
            "trees": np.frombuffer(self.trees.encode(), dtype=np.uint8),
            "chosen": self.trait_columns,
            "left": np.array([self.noise_share]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FittedBoosted:
        """The inverse of ``to_arrays``; InvalidData if the trees need a library that is missing."""
        trees = arrays["trees"].astype(np.uint8).tobytes().decode()
        missing = missing_library() if trees else None
        if missing is not None:
            raise InvalidData(f"The model has trees. {missing}")
        return cls(
            pooled=FittedPooled.from_arrays(unprefixed("pooled", arrays)),
            trees=trees,
            trait_columns=arrays["chosen"].astype(np.intp),
            noise_share=float(arrays["left"].astype(np.float64)[0]),
        )

    def _predict_future(self, known_future: KnownFuture, mask: npt.NDArray[np.bool_]) -> FloatArray:
        """Predictions of the trees for the future, (n, horizon); 0 where the mask is False."""
        times, covariates, first = self.pooled.join_tail(known_future)
        steps = self.pooled.steps(known_future)
        whole_mask = np.zeros((len(mask), len(times) - first), dtype=bool)
        whole_mask[:, steps] = mask
        return self._predict(self.pooled, times, covariates, first, whole_mask)[:, steps]

    def _predict(
        self,
        pooled: FittedPooled,
        times: Times,
        covariates: Mapping[str, FloatArray],
        first: int,
        mask: npt.NDArray[np.bool_],
    ) -> FloatArray:
        """Predictions of the trees, (n, periods from ``first``); 0 where the mask is False."""
        features, of_series = pooled.features(times, covariates), traits(pooled, self.trait_columns)
        predictions = np.zeros(mask.shape)
        width = len(tree_columns(features, slice(0, 0), first)[0]) + of_series.shape[1]
        size = max(1, CHUNK_BYTES // (width * 4 * len(times)))
        for start in range(0, len(predictions), size):
            rows = slice(start, start + size)
            here = mask[rows]
            if here.any():
                dated = tree_columns(features, rows, first)[1][here]
                own = of_series[rows].repeat(here.sum(axis=1), axis=0)
                columns = np.concatenate([dated, own], axis=1)
                predictions[rows][here] = predict(self.trees, columns)
        return predictions


def traits(pooled: FittedPooled, columns: npt.NDArray[np.intp]) -> Single:
    """Traits of each series for the trees: level, noise, and own effects, (n, traits)."""
    plain = np.stack([pooled.level, np.log(pooled.noise)], axis=1)
    return np.concatenate([plain, pooled.own[:, columns]], axis=1).astype(np.float32)
