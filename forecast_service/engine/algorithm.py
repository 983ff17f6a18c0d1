"""The interface of every algorithm: Algorithm, Fitted, FitConfig."""

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
"""Called with the finished share (0 to 1) and a few words about the current step."""


def silent(share: float, note: str) -> None:
    """A Progress that reports nothing."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """The Progress of one step, which covers ``start`` to ``stop`` of the whole."""
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
    """What computes Prophet's estimate: ``prophet.map_estimate``, or the ``prophet`` package."""
    shard_series: int | None = None
    """Most series to train together; default: as many as memory allows (``engine.sharding``)."""


class Fitted(Protocol):
    """A trained model of many series."""

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Keys of the series, in the row order of every array below."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithm that forecasts each series."""

    @property
    def notes(self) -> tuple[str | None, ...]:
        """Why a series got a simpler algorithm than requested; None if it did not."""

    @property
    def until(self) -> np.datetime64:
        """Last period of the data; forecasts begin after it."""

    def forecast(self, known_future: KnownFuture, quantiles: Sequence[float]) -> FloatArray:
        """Quantiles (n, horizon, n_quantiles): ascending, never negative, 0 on closed days.

        ``quantiles`` are in (0, 1), ascending. ``known_future`` begins after ``until``.
        """

    def mean(self, known_future: KnownFuture) -> FloatArray:
        """Expected value (n, horizon): never negative, 0 on closed days."""

    def take(self, rows: npt.NDArray[np.intp], known_future: KnownFuture) -> Fitted:
        """The model of the series at ``rows``, in this order, for forecasts of one future.

        ``known_future`` is the future of all series: values computed over all of them are kept.
        For ``known_future.take(rows)`` the result gives the same forecast as the whole model.
        """

    def contributions(self, known_future: KnownFuture) -> Mapping[str, FloatArray]:
        """Parts (trend, weekly, covariates …), each (n, horizon); they add up to the mean.

        An algorithm without parts returns only ``level``.
        """

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything needed to rebuild the model, as arrays without Python objects."""


class Algorithm(Protocol):
    """A way to forecast many series. ``registry`` lists all by name."""

    name: str

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> Fitted:
        """Train on all series of the panel; one that cannot be modelled never breaks others."""

    def condition(self, fitted: Any, panel: Panel) -> Fitted:
        """A new model on newer data: levels are updated, effects kept, nothing is trained.

        ``panel`` may be longer than the fitted one and may hold other series. A series that the
        model does not contain gets the simplest algorithm and a note.
        """

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Fitted:
        """The inverse of ``Fitted.to_arrays``."""


class CannotRefit(Exception):
    """Single series of a model cannot be fitted again; the text is the end of a sentence."""


@runtime_checkable
class Refits(Protocol):
    """An algorithm that can fit some series of a model again and leave the others unchanged.

    A model of any other algorithm is conditioned on the newer data, as for a forecast.
    """

    def refit(
        self,
        fitted: Any,
        panel: Panel,
        rows: npt.NDArray[np.intp] | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> Fitted:
        """The model on a newer panel, with the series at ``rows`` fitted again on all their data.

        The shared effects are kept. The other series keep their parameters and are conditioned.
        ``rows`` None: all series and the shared effects are fitted again; only what was learned
        in backtests is kept.

        Raises
        ------
        CannotRefit
            The shared part of the model cannot be used: all series must be fitted.
        """


def refit(
    algorithm: Algorithm,
    fitted: Fitted,
    panel: Panel,
    rows: npt.NDArray[np.intp] | None,
    config: FitConfig,
    progress: Progress = silent,
) -> Fitted:
    """Refit a model if its algorithm can (``Refits``); else condition it.

    ``rows`` None: an algorithm that cannot refit is fitted anew.
    """
    if isinstance(algorithm, Refits):
        return algorithm.refit(fitted, panel, rows, config, progress)
    if rows is None:
        return algorithm.fit(panel, config, progress)
    return algorithm.condition(fitted, panel)
