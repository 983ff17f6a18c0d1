"""The seam between the engine and everything that uses it: Algorithm, Fitted, FitConfig."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray, KnownFuture, Panel

__all__ = [
    "Algorithm",
    "CannotRefit",
    "FitConfig",
    "Fitted",
    "Progress",
    "Refits",
    "part",
    "refit",
    "silent",
]

Progress = Callable[[float, str], None]
"""Called with the finished share (0 to 1) and a few words about what is being done."""


def silent(share: float, note: str) -> None:
    """The Progress of somebody who does not look."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """The Progress of a step that is only the stretch from ``start`` to ``stop`` of the whole."""
    return lambda share, note: progress(start + share * (stop - start), note)


@dataclass(frozen=True)
class FitConfig:
    """How to fit. The same panel, configuration and seed give the same forecast."""

    horizon: int
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    season_length: int = 7
    country: str | None = None
    seed: int = 42
    processes: int = 1
    backtest_windows: int = 1
    backtest_offset: int | None = None
    """Periods between the last cutoff and the end of the data; default: the horizon."""
    options: Mapping[str, str] | None = None
    """Hyperparameters of one algorithm, as text, under Amazon's names."""
    prophet_solver: Literal["fast", "stan"] = "fast"
    """Who finds Prophet's estimate: ``prophet.map_estimate``, or the ``prophet`` package."""
    shard_series: int | None = None
    """Most series that are trained together; default: what memory allows (``engine.sharding``)."""


class Fitted(Protocol):
    """A trained model of many series."""

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Names of the series, in the order of every array below."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Which algorithm stands behind each series."""

    @property
    def notes(self) -> tuple[str | None, ...]:
        """Why a series got a simpler algorithm than asked for; None when it did not."""

    @property
    def until(self) -> np.datetime64:
        """Last period that the model has seen; forecasts begin after it."""

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles of shape (n, horizon, n_quantiles): monotone, never negative, 0 when closed.

        ``quantiles`` are in (0, 1), ascending. The first period follows the last one seen.
        """

    def mean(self, known_future: KnownFuture) -> FloatArray:
        """Expected value, shape (n, horizon), never negative, 0 when closed."""

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> Fitted:
        """The model of some of the series, in the given order, for forecasts of one future.

        ``known_future`` is that of all series: what they share in it stays as it is. Of
        ``known_future.take(rows)`` the result forecasts what the whole model does.
        """

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts (trend, weekly, covariates …), each (n, horizon); they add up to the centre.

        ``KeyError`` never; an algorithm without parts gives ``{"level": …}`` alone.
        """

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything needed to rebuild it, as arrays without Python objects."""


class Algorithm(Protocol):
    """Something that can be fitted. ``registry`` has them by name."""

    name: str

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> Fitted:
        """Train on every series of the panel; one that cannot be modelled never breaks others."""

    def condition(self, fitted: Any, panel: Panel) -> Fitted:
        """A model of its own on newer data: levels refreshed, effects kept, nothing trained.

        ``panel`` may reach further than the one that was fitted, and may hold other series:
        those that the model does not know get the simplest algorithm and a note.
        """

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Fitted:
        """The inverse of ``Fitted.to_arrays``."""


class CannotRefit(Exception):
    """Why single series of a model cannot be fitted again, as the end of a sentence."""


@runtime_checkable
class Refits(Protocol):
    """An algorithm that can fit some series of a model again and leave the others as they are.

    One that cannot is conditioned on the newer data instead, as for a forecast.
    """

    def refit(
        self,
        fitted: Any,
        panel: Panel,
        rows: npt.NDArray[np.intp] | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> Fitted:
        """The model on a newer panel, with the series at ``rows`` fitted again on all of theirs.

        What all series share is kept, and so are the parameters of the others, which are
        conditioned. ``rows`` None: all series are fitted again and what they share, too; only
        what was learned in backtests is kept.

        Raises
        ------
        CannotRefit
            What all series share does not fit the panel: then all must be fitted.
        """


def refit(
    algorithm: Algorithm,
    fitted: Fitted,
    panel: Panel,
    rows: npt.NDArray[np.intp] | None,
    config: FitConfig,
    progress: Progress = silent,
) -> Fitted:
    """A model of this algorithm refitted as ``Refits`` says, or else conditioned.

    ``rows`` None: if it cannot refit, it is fitted anew.
    """
    if isinstance(algorithm, Refits):
        return algorithm.refit(fitted, panel, rows, config, progress)
    if rows is None:
        return algorithm.fit(panel, config, progress)
    return algorithm.condition(fitted, panel)
