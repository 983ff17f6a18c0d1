"""The parts of a forecast as a planner names them; they add up to its middle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import weekday_of
from forecast_service.reading.outlook.covariate_kinds import HOLIDAY, PROMOTION, subject_of
from forecast_service.reading.outlook.series_forecast import SeriesForecast
from forecast_service.reading.outlook.timeline import Floats
from forecast_service.storage.groups import Texts

__all__ = ["INTERPLAY", "LEVEL", "OPENINGS", "SEASON", "WEEKDAY", "named_parts"]

LEVEL, WEEKDAY, SEASON, OPENINGS = "level", "weekday", "season", "openings"
INTERPLAY = "interplay"
NAMES: Mapping[str, str] = {
    "weekly": WEEKDAY,
    "monthly": "month",
    "yearly": SEASON,
    "christmas": HOLIDAY,
    "holidays": HOLIDAY,
    "closures": OPENINGS,
    "open": OPENINGS,
    INTERPLAY: INTERPLAY,
}
"""Names for planners by those of the engine; the others are covariates."""
FIRST = (LEVEL, WEEKDAY, "month", SEASON, PROMOTION, HOLIDAY, "price", OPENINGS)


def named_parts(series: SeriesForecast, texts: Texts) -> dict[str, Floats] | None:
    """The parts by name, each (horizon,), with the level first; None if there are none.

    The level is what is left. The effect of a weekday is that against an average open day. What
    closed days around a day always add on this weekday, such as a closed Sunday on Mondays, is
    part of it.
    """
    if series.parts is None:
        return None
    named: dict[str, Floats] = {}
    for name, values in series.parts.items():
        part = NAMES.get(name) or subject_of(name, texts)
        named[part] = named.get(part, 0.0) + values
    is_open, weekday = series.middle > 0, weekday_of(series.dates)
    if OPENINGS in named:
        usual = _by_weekday(named[OPENINGS], is_open, weekday)
        named[WEEKDAY] = named.get(WEEKDAY, 0.0) + usual
        named[OPENINGS] = named[OPENINGS] - usual
    if WEEKDAY in named:
        named[WEEKDAY] = _centred(named[WEEKDAY], is_open, weekday)
    opened = {name: np.where(is_open, values, 0.0) for name, values in named.items()}
    kept = {name: values for name, values in opened.items() if values.any()}
    level = series.middle - sum(kept.values(), np.zeros_like(series.middle))
    return _ordered({LEVEL: level, **kept})


def _by_weekday(
    effect: Floats, is_open: npt.NDArray[np.bool_], weekday: npt.NDArray[np.int64]
) -> Floats:
    """The median of the effect on open days of the same weekday."""
    usual = np.zeros_like(effect)
    for day in range(7):
        chosen = is_open & (weekday == day)
        if chosen.any():
            usual[weekday == day] = np.median(effect[chosen])
    return usual


def _centred(
    effect: Floats, is_open: npt.NDArray[np.bool_], weekday: npt.NDArray[np.int64]
) -> Floats:
    """The effect less its mean over the weekdays that are open."""
    means = [
        float(effect[chosen].mean())
        for chosen in (is_open & (weekday == day) for day in range(7))
        if chosen.any()
    ]
    return effect - float(np.mean(means)) if means else effect


def _ordered(parts: Mapping[str, Floats]) -> dict[str, Floats]:
    first = [name for name in FIRST if name in parts]
    others = sorted(set(parts) - {*first, INTERPLAY})
    last = [INTERPLAY] if INTERPLAY in parts else []
    return {name: parts[name] for name in (*first, *others, *last)}
