"""Linear innovations state space models, many at once: the common form of ETS and ARIMA."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.panel import FloatArray

__all__ = ["StateSpaces", "arima_form", "ets_form", "stack"]


@dataclass(frozen=True)
class StateSpaces:
    """m models with S states: ``y = observe . x + e``, then ``x = transition x + gain e``.

    ``transition`` (m, S, S); ``gain``, ``observe`` and ``state`` (m, S); ``sigma`` (m,), the
    standard deviation of ``e``.
    Source: Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing (2008), chapter 3.
    """

    transition: FloatArray
    gain: FloatArray
    observe: FloatArray
    state: FloatArray
    sigma: FloatArray

    def filter(self, values: FloatArray) -> tuple[StateSpaces, FloatArray]:
        """The models after these values (m, T), and their one-step errors (m, T).

        A value that is NaN counts as equal to its forecast; its error is NaN.
        """
        state, errors = self.state, np.full(values.shape, np.nan)
        for period, value in enumerate(values.T):
            errors[:, period] = value - (self.observe * state).sum(axis=1)
            innovation = np.nan_to_num(errors[:, period], nan=0.0)
            state = np.einsum("ijk,ik->ij", self.transition, state)
            state += self.gain * innovation[:, None]
        return replace(self, state=state), errors

    def ahead(self, steps: int) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations of the next periods, each (m, steps).

        The variance is ``sigma^2 (1 + sum of squared (observe transition^j gain))``.
        """
        means = np.empty((len(self.state), steps))
        spread = np.empty_like(means)
        state, impulse, variance = self.state, self.gain, np.ones(len(self.state))
        for step in range(steps):
            means[:, step] = (self.observe * state).sum(axis=1)
            spread[:, step] = self.sigma * np.sqrt(variance)
            state = np.einsum("ijk,ik->ij", self.transition, state)
            variance = variance + (self.observe * impulse).sum(axis=1) ** 2
            impulse = np.einsum("ijk,ik->ij", self.transition, impulse)
        return means, spread

    def take(self, rows: npt.NDArray[np.intp]) -> StateSpaces:
        return StateSpaces(**{name: getattr(self, name)[rows] for name in FIELDS})


FIELDS = ("transition", "gain", "observe", "state", "sigma")


def ets_form(
    *, level: float, trend: float, damping: float, seasonal: float, initial: FloatArray
) -> StateSpaces:
    """One additive ETS from its smoothing parameters; a missing component has parameter 0.

    ``initial`` (2 + length,) is the state before the first period: level, slope, and the season
    from newest to oldest.
    """
    size = len(initial)
    transition, gain = np.zeros((size, size)), np.zeros(size)
    transition[0, :2] = 1.0, damping
    transition[1, 1] = damping
    gain[:2] = level, trend
    observe = transition[0].copy()
    if size > 2:
        observe[-1] = transition[2, -1] = 1.0
        transition[3:, 2:-1] = np.eye(size - 3)
        gain[2] = seasonal
    return _one(transition, gain, observe, initial, sigma=1.0)


def arima_form(
    *, own: FloatArray, errors: FloatArray, constant: float, past: FloatArray, sigma: float
) -> StateSpaces:
    """One ARIMA: ``y = own . (past values) + errors . (past errors) + constant + e``.

    Past values and errors start with the newest. Differencing is part of ``own``. ``past`` is the
    newest values and then the newest errors, one for each coefficient.
    """
    count, size = len(own), len(own) + len(errors) + 1
    transition = np.zeros((size, size))
    transition[0] = [*own, *errors, constant]
    transition[1:count, : count - 1] = np.eye(max(count - 1, 0))
    transition[count + 1 : -1, count:-2] = np.eye(max(len(errors) - 1, 0))
    transition[-1, -1] = 1.0
    gain = np.zeros(size)
    gain[0] = 1.0
    if len(errors):
        gain[count] = 1.0
    state = np.concatenate([past, [1.0]])
    return _one(transition, gain, transition[0].copy(), state, sigma=sigma)


def stack(models: list[StateSpaces]) -> StateSpaces:
    """Many models in one; models with fewer states get additional ones that stay 0."""
    size = max((model.state.shape[1] for model in models), default=1)
    if not models:
        none = np.zeros((0, size))
        return StateSpaces(np.zeros((0, size, size)), none, none, none, np.zeros(0))
    padded = [_pad(model, size) for model in models]
    return StateSpaces(
        **{name: np.concatenate([getattr(model, name) for model in padded]) for name in FIELDS}
    )


def _one(
    transition: FloatArray,
    gain: FloatArray,
    observe: FloatArray,
    state: FloatArray,
    *,
    sigma: float,
) -> StateSpaces:
    return StateSpaces(transition[None], gain[None], observe[None], state[None], np.array([sigma]))


def _pad(model: StateSpaces, size: int) -> StateSpaces:
    more = size - model.state.shape[1]
    wider = (0, 0), (0, more)
    return StateSpaces(
        transition=np.pad(model.transition, (*wider, (0, more))),
        gain=np.pad(model.gain, wider),
        observe=np.pad(model.observe, wider),
        state=np.pad(model.state, wider),
        sigma=model.sigma,
    )
