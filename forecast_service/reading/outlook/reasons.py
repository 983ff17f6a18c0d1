"""Reasons: sentences about the parts of a forecast, the largest part first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_service.engine.calendar import weekday_of
from forecast_service.reading.outlook.covariate_kinds import HOLIDAY, PRICE, PROMOTION
from forecast_service.reading.outlook.forecast_parts import (
    INTERPLAY,
    LEVEL,
    OPENINGS,
    SEASON,
    WEEKDAY,
)
from forecast_service.reading.outlook.sentences import (
    DAYS_OF_WEEK,
    amount,
    change_of,
    days_between,
    more_or_less,
    percent,
)
from forecast_service.reading.outlook.timeline import Dates, Floats

__all__ = ["Reason", "no_parts", "reasons_of", "runs_of"]

MOST = 8
LEAST_SHARE = 0.02  # of the level; a smaller effect is not worth a sentence
HOLIDAY_SHARE = 0.05  # the same for holidays, whose echoes reach far
GAP = 2  # closed days within a stretch
SHOWN_STRETCHES = 2

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reason:
    """A finding with its values; ``weight`` (units in all days) is for the order only."""

    weight: float
    code: str
    text: str
    values: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """The reason as JSON."""
        return {"code": self.code, **self.values, "text": self.text}


def reasons_of(
    parts: Mapping[str, Floats],
    dates: Dates,
    holidays: Mapping[str, str],
    closed: Flags,
    promoted: Flags | None = None,
    decimals: int = 0,
) -> list[dict[str, Any]]:
    """Reasons as JSON: first what an average day sells, then the largest part.

    ``promoted``: the days with a promotion; None if no column says it.
    """
    is_open = np.asarray(np.sum(list(parts.values()), axis=0) > 0)
    if not is_open.any():
        return []
    level = float(parts[LEVEL][is_open].mean())
    found = [
        *_weekdays(parts, dates, is_open),
        *_promotions(parts, dates, is_open, promoted, decimals),
        *_holidays(parts, dates, is_open, level, holidays, decimals),
        *_whole(parts, is_open, level, decimals),
        *_closed(dates, closed),
    ]
    ordered = sorted(found, key=lambda reason: -reason.weight)[: MOST - 1]
    text = f"An average open day sells {amount(level, decimals)}."
    first = Reason(0.0, LEVEL, text, {"units": level})
    return [reason.document() for reason in (first, *ordered)]


def _weekdays(parts: Mapping[str, Floats], dates: Dates, is_open: Flags) -> Iterator[Reason]:
    """The weekday that sells most against an average day, and the one that sells least."""
    if WEEKDAY not in parts:
        return
    weekday, share = weekday_of(dates), _shares(parts, WEEKDAY)
    by_day = {
        day: (float(share[chosen].mean()), float(np.abs(parts[WEEKDAY][chosen]).sum()))
        for day, chosen in ((day, is_open & (weekday == day)) for day in range(7))
        if chosen.any()
    }
    ends = {max(by_day, key=lambda d: by_day[d][0]), min(by_day, key=lambda d: by_day[d][0])}
    for day in sorted(ends):
        change, weight = by_day[day]
        if abs(change) >= LEAST_SHARE:
            name = f"{DAYS_OF_WEEK[day]}s"
            text = f"{name} sell {percent(change)} {more_or_less(change)} than an average day."
            yield Reason(weight, WEEKDAY, text, {"weekday": day, "share": change})


def _stretches(
    code: str,
    subject: str,
    effect: Floats,
    runs: Iterable[slice],
    dates: Dates,
    is_open: Flags,
    decimals: int,
    **values: Any,
) -> Iterator[Reason]:
    """One reason for all stretches of days that something changes: ``units`` a day in each."""
    stretches: list[dict[str, Any]] = [
        {
            "from": str(dates[run][0]),
            "to": str(dates[run][-1]),
            "units": float(effect[run][is_open[run]].mean()),
        }
        for run in runs
        if is_open[run].any()
    ]
    if not stretches:
        return
    shown = [_stretch(each, decimals) for each in stretches[:SHOWN_STRETCHES]]
    more, verb = len(stretches) - len(shown), change_of(stretches[0]["units"])
    same = f" and {verb} "
    text = f"{subject} {' and '.join(shown)}".replace(same, " and ")
    if more:
        text += " (1 more time)" if more == 1 else f" ({more} more times)"
    weight = float(np.abs(effect).sum())
    yield Reason(weight, code, f"{text}.", {**stretches[0], **values, "stretches": stretches})


def _stretch(values: Mapping[str, Any], decimals: int) -> str:
    units = values["units"]
    days = days_between(np.datetime64(values["from"]), np.datetime64(values["to"]))
    return f"{change_of(units)} {amount(abs(units), decimals)} a day {days}"


def _promotions(
    parts: Mapping[str, Floats], dates: Dates, is_open: Flags, promoted: Flags | None, decimals: int
) -> Iterator[Reason]:
    """The stretches of days with a promotion, or on which it changes much if no column says it."""
    if PROMOTION in parts:
        effect = parts[PROMOTION]
        chosen = np.abs(effect) > 0.4 * np.abs(effect).max() if promoted is None else promoted
        runs = runs_of(chosen, is_open)
        yield from _stretches(PROMOTION, "The promotion", effect, runs, dates, is_open, decimals)


def _holidays(
    parts: Mapping[str, Floats],
    dates: Dates,
    is_open: Flags,
    level: float,
    names: Mapping[str, str],
    decimals: int,
) -> Iterator[Reason]:
    """The stretches of open days that holidays change."""
    if HOLIDAY not in parts:
        return
    effect = parts[HOLIDAY]
    least = max(0.4 * float(np.abs(effect).max()), HOLIDAY_SHARE * abs(level))
    runs = list(runs_of(np.abs(effect) > least, is_open))
    name = _nearest(names, dates[runs[0]]) if runs else None
    subject = f"The holiday ({name})" if name else "The holiday"
    yield from _stretches(HOLIDAY, subject, effect, runs, dates, is_open, decimals, name=name)


def _whole(
    parts: Mapping[str, Floats], is_open: Flags, level: float, decimals: int
) -> Iterator[Reason]:
    """The parts that are told as one number for all days."""
    for name, values in parts.items():
        if name in (LEVEL, WEEKDAY, PROMOTION, HOLIDAY, OPENINGS) or level <= 0:
            continue
        units = float(values[is_open].mean())
        spread = float(np.abs(values[is_open]).mean())
        subject = SUBJECTS.get(name, f"'{name}'")
        if abs(units) >= LEAST_SHARE * level:
            text = f"{subject} {change_of(units)} {amount(abs(units), decimals)} on an average day."
            weight = float(np.abs(values).sum())
            yield Reason(weight, _code(name), text, {"part": name, "units": units})
        elif spread >= 2 * LEAST_SHARE * level:
            text = f"{subject} changes a day by {amount(spread, decimals)}, up or down."
            weight = float(np.abs(values).sum())
            yield Reason(weight, f"{_code(name)}_varies", text, {"part": name, "units": spread})


SUBJECTS = {
    SEASON: "The time of year",
    "month": "The day of the month",
    PRICE: "The price",
    INTERPLAY: "The combination of these effects",
}


def _code(name: str) -> str:
    return name if name in SUBJECTS else "covariate"


def _closed(dates: Dates, closed: Flags) -> Iterator[Reason]:
    """The weekdays on which the store is always closed, and the number of other closed days."""
    if not closed.any():
        return
    weekday = weekday_of(dates)
    always = [day for day in range(7) if (weekday == day).any() and closed[weekday == day].all()]
    if len(always) == 7:
        always = []
    others = int((closed & ~np.isin(weekday, always)).sum())
    days = [f"on {DAYS_OF_WEEK[day]}s" for day in always]
    if others:
        other = " other" if always else ""
        days.append(f"on 1{other} day" if others == 1 else f"on {others}{other} days")
    text = f"The store is closed {' and '.join(days)}."
    yield Reason(0.0, "closed", text, {"weekdays": always, "days": int(closed.sum())})


def _shares(parts: Mapping[str, Floats], name: str) -> Floats:
    """By which share a part changes the day: effects are factors, see ``pooled.log_forecast``."""
    whole, level = np.sum(list(parts.values()), axis=0), np.maximum(parts[LEVEL], 1e-9)
    ratio = np.log(np.maximum(whole, 1e-9) / level)
    mean = np.where(np.abs(ratio) < 1e-6, level, (whole - level) / np.where(ratio, ratio, 1.0))
    shares: Floats = np.expm1(np.clip(parts[name] / np.maximum(mean, 1e-9), -5, 5))
    return shares


def runs_of(chosen: Flags, is_open: Flags) -> Iterator[slice]:
    """Stretches of chosen days; a few closed days within one do not end it."""
    places = np.flatnonzero(chosen & is_open)
    if not len(places):
        return
    breaks = [0]
    for index in range(1, len(places)):
        between = slice(places[index - 1] + 1, places[index])
        if places[index] - places[index - 1] - 1 > GAP or is_open[between].any():
            breaks.append(index)
    for start, end in zip(breaks, [*breaks[1:], len(places)], strict=True):
        yield slice(int(places[start]), int(places[end - 1]) + 1)


def _nearest(names: Mapping[str, str], dates: Dates) -> str | None:
    """The public holiday within two days of these dates, if there is one."""
    for shift in (0, 1, -1, 2, -2):
        for day in dates + np.timedelta64(shift, "D"):
            if str(day) in names:
                return names[str(day)]
    return None


def no_parts(source: str, algorithm: str) -> dict[str, Any]:
    """Why a forecast has no parts, in the form of a reason."""
    if source == "amazon":
        text = "Amazon Forecast does not say what its forecast is made of."
    else:
        text = (
            f"The forecast ({algorithm}) has no parts: its algorithm knows no effects, or an older "
            "version of the service made it."
        )
    return {"code": "no_parts", "algorithm": algorithm, "source": source, "text": text}
