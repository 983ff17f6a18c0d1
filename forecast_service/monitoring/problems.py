"""Problems: what a person should look at, as a code, its values and an English sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_service.engine.calendar import next_periods, weekday_of
from forecast_service.engine.periods.frequency import WEEKDAYS, parse_frequency
from forecast_service.importer.files.column_names import shown_text
from forecast_service.monitoring.forecast_values import StoreFacts
from forecast_service.monitoring.last_year import Days

__all__ = ["SEVERITY", "Problem", "State", "problems_of", "severity"]

SEVERITY = {
    "no_forecast": 6,
    "damaged": 6,
    "sales_late": 5,
    "stale_forecast": 4,
    "fallback": 3,
    "unusual_value": 2,
    "few_days": 1,
    "dormant": 1,
}
"""Codes, and how soon somebody should look: the largest comes first."""
FEW = {"D": 56, "W": 26, "M": 12}  # periods with sales
RECENT_DAYS = 28  # an unusual day is named for so long
LONGEST_REST = 60  # days that a store may be closed before its sales count as late
DORMANT = "dormant"

Problem = dict[str, Any]


@dataclass(frozen=True)
class State:
    """What the problems of a store follow from, besides its row of ``stores``."""

    today: np.datetime64
    """In the time zone of the stores."""
    frequency: str
    data_until: str | None
    """Last day of the data of the served forecast; None without a forecast."""
    facts: StoreFacts | None
    """None if the store is not in the forecast."""
    resting: frozenset[np.datetime64] = frozenset()
    """Days of the forecast on which nothing is expected."""

    @property
    def is_dormant(self) -> bool:
        """Whether the forecast counts the store as dormant."""
        return self.facts is not None and (self.facts.facts or {}).get("state") == DORMANT


def problems_of(store: Mapping[str, Any], state: State) -> list[Problem]:
    """The problems of a store, the most severe first; ``store`` is its row."""
    found = [*_of_forecast(store, state), *_of_sales(store, state)]
    return sorted(found, key=lambda problem: -SEVERITY[problem["code"]])


def severity(problems: list[Problem]) -> tuple[int, int]:
    """How soon somebody should look: the largest severity, then the sum of all."""
    each = [SEVERITY[problem["code"]] for problem in problems]
    return max(each, default=0), sum(each)


def _of_forecast(store: Mapping[str, Any], state: State) -> Iterator[Problem]:
    facts, until = state.facts, store["last_sale_on"]
    if facts is None:
        which = (
            "There is no forecast yet"
            if state.data_until is None
            else (
                "The store is not in the current forecast, which was made before its sales were "
                "imported"
            )
        )
        yield {"code": "no_forecast", "text": f"{which}."}
        return
    if facts.is_damaged:
        yield {"code": "damaged", "text": "The stored forecast of the store is damaged."}
        return
    if state.data_until is not None and until > state.data_until:
        yield {
            "code": "stale_forecast",
            "text": f"Sales until {until} were imported, but the forecast uses those until "
            f"{state.data_until}.",
            "last_sale_on": until,
            "data_until": state.data_until,
        }
    if facts.note is not None:
        reason = shown_text(facts.note)
        yield {
            "code": "fallback",
            "text": f"A simpler algorithm forecasts the store ({facts.algorithm}): {reason}",
            "algorithm": facts.algorithm,
            "reason": reason,
        }
    if state.is_dormant:
        yield {
            "code": "dormant",
            "text": f"The store counts as dormant since its last sale on {until} or before: its "
            "forecast is 0 until it sells again.",
            "last_sale_on": until,
        }


def _of_sales(store: Mapping[str, Any], state: State) -> Iterator[Problem]:
    until, unit = store["last_sale_on"], parse_frequency(state.frequency).unit
    expected = None if state.is_dormant else _expected_until(store, state)
    if expected is not None and until < expected:
        yield {
            "code": "sales_late",
            "text": f"Sales are late: the last ones are of {until}, and those of {expected} are "
            "due.",
            "last_sale_on": until,
            "expected_until": expected,
        }
    oldest = np.datetime64(until, "D") - np.timedelta64(RECENT_DAYS, "D")
    for day in store["unusual_days"] or ():
        if np.datetime64(day["date"], "D") > oldest:
            yield {"code": "unusual_value", "text": _unusual(day), **day}
            break  # the newest
    if store["days"] < FEW.get(unit, 0):
        noun = {"D": "days", "W": "weeks"}.get(unit, "months")
        yield {
            "code": "few_days",
            "text": f"The history is short: {store['days']} {noun} with sales.",
            "days": store["days"],
        }


def _unusual(day: Mapping[str, Any]) -> str:
    item = f" of item '{day['item']}'" if day["item"] else ""
    return (
        f"The sales{item} on {day['date']} are unusual: {day['sales']:,.0f}, where "
        f"{day['usual']:,.0f} are usual."
    )


def _expected_until(store: Mapping[str, Any], state: State) -> str | None:
    """The newest period whose sales should have been imported; None if none is missing.

    The sales of a period are due one day after its end. Days on which the store rests or is known
    to be closed are not due.
    """
    last = np.datetime64(store["last_sale_on"], "D")
    if parse_frequency(state.frequency).unit != "D":
        following, after = next_periods(last.astype("datetime64[s]"), state.frequency, 2)
        return str(following)[:10] if after <= state.today else None
    rests = set((store["rest_days"] or "").split(","))
    days = _back_from(state.today - np.timedelta64(1, "D"), last)
    for day, weekday in zip(days, weekday_of(days).tolist(), strict=True):
        if day not in state.resting and WEEKDAYS[weekday] not in rests:
            return str(day)
    return None


def _back_from(day: np.datetime64, last: np.datetime64) -> Days:
    return np.arange(day, last, -1, dtype="datetime64[D]")[:LONGEST_REST]
