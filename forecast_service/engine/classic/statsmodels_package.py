"""Fits ETS and ARIMA by ``statsmodels``. No other module imports it; it is imported late."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from forecast_service.engine.classic.differencing import needs_difference, needs_season
from forecast_service.engine.classic.state_space import StateSpaces, arima_form, ets_form
from forecast_service.engine.panel import FloatArray
from forecast_service.errors import InvalidData

__all__ = [
    "LONGEST_SEASON",
    "arima_candidates",
    "ets_candidates",
    "fit_arima",
    "fit_ets",
    "require_package",
]

LONGEST_SEASON = 24  # periods; a longer season has too many parameters to estimate
ITERATIONS = 100
ARIMA_ITERATIONS = 30
ARIMA_FITS = 6
LARGEST_ORDER = 3  # of ARIMA

Order = tuple[int, int]


def require_package(algorithm: str) -> None:
    """Raise InvalidData if the library that the algorithm needs is not installed."""
    if find_spec("statsmodels") is None:
        raise InvalidData(
            f"'{algorithm}' needs the library statsmodels, which is not installed. Install this "
            "package with its extra 'classic', or use another algorithm."
        )


def fit_ets(values: FloatArray, season_length: int) -> StateSpaces:
    """The additive ETS of these values (T,) with the least AICc, in its state after the last."""
    best = _best(ets_candidates(values, season_length))
    model, errors = _ets_in_our_form(best).filter(values[None])
    return replace(model, sigma=np.sqrt((errors**2).mean(axis=1)))


def ets_candidates(values: FloatArray, season_length: int) -> list[Any]:
    """The library's fits of a level and a damped trend, each with and without a season."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    seasons = [None, "add"] if _has_season(values, season_length) else [None]
    models = [
        ETSModel(
            values,
            trend=trend,
            damped_trend=trend is not None,
            seasonal=season,
            seasonal_periods=season_length if season else None,
            initialization_method="heuristic",
        )
        for trend in (None, "add")
        for season in seasons
    ]
    return [
        _without_warnings(partial(model.fit, disp=False, maxiter=ITERATIONS)) for model in models
    ]


def _ets_in_our_form(fit: Any) -> StateSpaces:
    """The model in its state before the first value."""
    named = dict(zip(fit.param_names, fit.params, strict=True))
    start = np.asarray(fit.initial_state, dtype=np.float64)
    has_trend = "smoothing_trend" in named
    season = start[1 + has_trend :][::-1] if "smoothing_seasonal" in named else start[:0]
    return ets_form(
        level=float(named["smoothing_level"]),
        trend=float(named.get("smoothing_trend", 0.0)),
        damping=float(named.get("damping_trend", 0.0)),
        seasonal=float(named.get("smoothing_seasonal", 0.0)),
        initial=np.concatenate([[start[0], start[1] if has_trend else 0.0], season]),
    )


def fit_arima(values: FloatArray, season_length: int) -> StateSpaces:
    """The ARIMA of these values (T,) with the least AICc, in its state after the last."""
    return _arima_in_our_form(_best(arima_candidates(values, season_length)), values)


def arima_candidates(values: FloatArray, season_length: int) -> list[Any]:
    """The library's fits in a small stepwise search; None for orders that it cannot fit.

    Source: Hyndman & Khandakar, Journal of Statistical Software 27 (2008), with fewer steps.
    """
    length = season_length if _has_season(values, season_length) else 0
    seasonal = bool(length) and needs_season(values, length)
    without_season = values[length:] - values[:-length] if seasonal else values
    difference = int(needs_difference(without_season))
    fit = partial(_fit_orders, values, difference, int(seasonal), length)
    of_season: Order = (0, 1) if seasonal else (int(bool(length)), 0)
    fits: dict[tuple[Order, Order], Any] = {}
    orders = [((1, 1), of_season), ((0, 1), of_season), ((2, 0), of_season)]
    while orders and len(fits) < ARIMA_FITS:
        fits.update((order, fit(*order)) for order in orders[: ARIMA_FITS - len(fits)])
        best = min(fits, key=lambda order: _aicc(fits[order]))
        orders = [order for order in _neighbours(*best, bool(length)) if order not in fits]
    return list(fits.values())


def _best(fits: list[Any]) -> Any:
    """The fit with the least AICc; ValueError when no AICc is finite."""
    best = min(fits, key=_aicc)
    if not np.isfinite(_aicc(best)):
        raise ValueError("no candidate has a finite likelihood")
    return best


def _aicc(fit: Any) -> float:
    return float(fit.aicc) if fit is not None and np.isfinite(fit.aicc) else np.inf


def _neighbours(own: Order, of_season: Order, has_season: bool) -> list[tuple[Order, Order]]:
    (p, q), (seasonal_p, seasonal_q) = own, of_season
    near = [((p + 1, q), of_season), ((p, q + 1), of_season), ((p + 1, q + 1), of_season)]
    if has_season:
        near += [(own, (1 - seasonal_p, seasonal_q)), (own, (seasonal_p, 1 - seasonal_q))]
    return [order for order in near if max(order[0]) <= LARGEST_ORDER]


def _fit_orders(
    values: FloatArray,
    difference: int,
    seasonal_difference: int,
    length: int,
    own: Order,
    of_season: Order,
) -> Any:
    """The library's fit for these orders; None if it fails."""
    from statsmodels.tsa.arima.model import ARIMA

    season = (of_season[0], seasonal_difference, of_season[1], length)
    model = ARIMA(
        values,
        order=(own[0], difference, own[1]),
        seasonal_order=season if length else (0, 0, 0, 0),
        trend="n" if difference + seasonal_difference else "c",
    )
    options = {"maxiter": ARIMA_ITERATIONS, "disp": 0}
    try:
        return _without_warnings(partial(model.fit, method_kwargs=options))
    except (ValueError, np.linalg.LinAlgError):
        return None


def _arima_in_our_form(fit: Any, values: FloatArray) -> StateSpaces:
    """The model with differencing multiplied into its polynomial, so that it needs no states."""
    model = fit.model
    named = dict(zip(fit.param_names, fit.params, strict=True))
    own = np.asarray(fit.polynomial_reduced_ar, dtype=np.float64)
    constant = float(named.get("const", 0.0)) * float(own.sum())
    for _ in range(model.order[1]):
        own = np.convolve(own, [1.0, -1.0])
    if model.seasonal_order[1]:
        own = np.convolve(own, [1.0, *[0.0] * (model.seasonal_order[3] - 1), -1.0])
    own = -own[1:] if len(own) > 1 else np.zeros(1)
    errors = np.asarray(fit.polynomial_reduced_ma, dtype=np.float64)[1:]
    newest = np.asarray(fit.resid, dtype=np.float64)[::-1]
    return arima_form(
        own=own,
        errors=errors,
        constant=constant,
        past=np.concatenate([values[::-1][: len(own)], newest[: len(errors)]]),
        sigma=float(np.sqrt(named["sigma2"])),
    )


def _has_season(values: FloatArray, length: int) -> bool:
    return 1 < length <= LONGEST_SEASON and len(values) >= 3 * length


def _without_warnings(fit: Callable[[], Any]) -> Any:
    """Warnings are not needed: a search that ends early is judged by its AICc."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()
