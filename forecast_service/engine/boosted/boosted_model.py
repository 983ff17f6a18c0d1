"""A trained boosted regression: the pooled regression, and what its trees say differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.archive import Arrays, prefixed, unprefixed
from forecast_service.engine.boosted.lightgbm_package import missing_library, predict
from forecast_service.engine.calendar import Times
from forecast_service.engine.features.columns import Single
from forecast_service.engine.features.tree_features import tree_columns
from forecast_service.engine.panel import FloatArray, KnownFuture
from forecast_service.engine.pooled.correction import PLAIN, Correction
from forecast_service.engine.pooled.log_forecast import LogForecast
from forecast_service.engine.pooled.pooled_model import FittedPooled
from forecast_service.errors import InvalidData

__all__ = ["KEPT", "NAME", "FittedBoosted", "traits"]

NAME = "boosted"
KEPT = 0.8  # of the regression's effects; the trees say the rest of them again
PART = "interplay"
CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class FittedBoosted:
    """``log(target + offset) = level + 0.8 * effects + trees + noise``; without trees, ``pooled``.

    ``trees`` is a model of LightGBM as text, '' for none. ``chosen``: places among the own effects
    of the regression that are traits of a series. ``left``: variance of the noise against that of
    the regression alone.
    """

    pooled: FittedPooled
    trees: str
    chosen: npt.NDArray[np.intp]
    left: float

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
        """Quantiles (n, horizon, levels): normal in the log, wider with the distance."""
        return self.outlook(known_future).quantiles(quantiles)

    def mean(self, known_future: KnownFuture) -> FloatArray:
        """Expected value of the log-normal forecast."""
        return self.outlook(known_future).mean()

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Those of the regression, and as ``interplay`` what the trees say differently."""
        return self.outlook(known_future, by_part=True).contributions()

    def outlook(self, known_future: KnownFuture, *, by_part: bool = False) -> LogForecast:
        """The forecast in the log, its effects as one part or as many."""
        alone = self.pooled.outlook(known_future, by_part=by_part)
        if not self.trees:
            return alone
        effects = np.sum(list(alone.parts.values()), axis=0)
        differently = self._ahead(known_future, ~alone.closed) - (1 - KEPT) * effects
        quieter = (1 - self.left) * self.pooled.noise
        return replace(
            alone,
            parts={**alone.parts, PART: np.where(alone.closed, 0.0, differently)},
            variance=alone.variance - quieter[:, None],
        )

    @property
    def correction(self) -> Correction:
        """What the trees change, for whoever fits the regression under them."""
        return Correction(KEPT, self.left, self._said) if self.trees else PLAIN

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> FittedBoosted:
        return replace(self, pooled=self.pooled.take(rows, known_future))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {
            **prefixed("pooled", self.pooled.to_arrays()),
            "trees": np.frombuffer(self.trees.encode(), dtype=np.uint8),
            "chosen": self.chosen,
            "left": np.array([self.left]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FittedBoosted:
        """The inverse of ``to_arrays``; InvalidData when there is nothing to ask trees."""
        trees = arrays["trees"].astype(np.uint8).tobytes().decode()
        missing = missing_library() if trees else None
        if missing is not None:
            raise InvalidData(f"The model has trees. {missing}")
        return cls(
            pooled=FittedPooled.from_arrays(unprefixed("pooled", arrays)),
            trees=trees,
            chosen=arrays["chosen"].astype(np.intp),
            left=float(arrays["left"].astype(np.float64)[0]),
        )

    def _ahead(self, known_future: KnownFuture, wanted: npt.NDArray[np.bool_]) -> FloatArray:
        """What the trees say of the future, (n, horizon), where ``wanted``; 0 elsewhere."""
        times, covariates, first = self.pooled.joined(known_future)
        steps = self.pooled.steps(known_future)
        everywhere = np.zeros((len(wanted), len(times) - first), dtype=bool)
        everywhere[:, steps] = wanted
        return self._said(self.pooled, times, covariates, first, everywhere)[:, steps]

    def _said(
        self,
        pooled: FittedPooled,
        times: Times,
        covariates: Mapping[str, FloatArray],
        first: int,
        wanted: npt.NDArray[np.bool_],
    ) -> FloatArray:
        """What the trees say, (n, periods from ``first``), where ``wanted``; 0 elsewhere."""
        features, of_series = pooled.features(times, covariates), traits(pooled, self.chosen)
        said = np.zeros(wanted.shape)
        width = len(tree_columns(features, slice(0, 0), first)[0]) + of_series.shape[1]
        size = max(1, CHUNK_BYTES // (width * 4 * len(times)))
        for start in range(0, len(said), size):
            rows = slice(start, start + size)
            here = wanted[rows]
            if here.any():
                dated = tree_columns(features, rows, first)[1][here]
                own = of_series[rows].repeat(here.sum(axis=1), axis=0)
                said[rows][here] = predict(self.trees, np.concatenate([dated, own], axis=1))
        return said


def traits(pooled: FittedPooled, chosen: npt.NDArray[np.intp]) -> Single:
    """What trees know of each series: level, noise, and some own effects, (n, traits)."""
    plain = np.stack([pooled.level, np.log(pooled.noise)], axis=1)
    return np.concatenate([plain, pooled.own[:, chosen]], axis=1).astype(np.float32)
