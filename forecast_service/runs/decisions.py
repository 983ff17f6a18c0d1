"""Decisions: whether a request starts a training, with the numbers behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from forecast_service.errors import InvalidRequest
from forecast_service.runs.run import TrainingRun

__all__ = ["TRAINING_RULES", "Decision", "Facts", "checked_date", "detail_of", "rule_of"]

MAX_AHEAD = timedelta(days=1)
TRAINING_RULES = ("forced", "no_predictor", "unknown_store", "age", "new_sales", "amazon_back")


@dataclass(frozen=True)
class Facts:
    """The facts behind a decision, all of one moment."""

    store: str | None
    forced: bool
    predictor: str | None
    """Name of the latest ACTIVE predictor."""
    age_days: float | None
    """Its age at the request date; None without a predictor."""
    tolerance_days: float
    includes_store: bool
    """Whether the predictor was trained with the sales of the store."""
    newer_days_of_sales: int | None
    """Days of sales after those it was trained on; None if that was not recorded."""
    is_forecast: bool
    """Whether the current forecast and a forecast of this predictor include the newest sales."""
    last_sale_on: str | None
    lost: str | None = None
    """Why the newest predictor counts as none, such as a damaged model file."""


@dataclass(frozen=True)
class Decision:
    """The answer to one request for a training."""

    started: bool
    joined: bool
    """Whether an earlier request had started the run."""
    run: TrainingRun | None
    """The run to follow; None if nothing has to be done."""
    predictor: dict[str, Any] | None
    """Amazon's summary of the latest ACTIVE predictor."""
    age_days: float | None
    tolerance_days: float
    trained_at: datetime | None
    newer_days_of_sales: int | None
    rule: str
    """forced, no_predictor, unknown_store, age, new_sales (these train), forecast_outdated
    (only a forecast is made), or within_tolerance (nothing is done)."""
    detail: str


def checked_date(at: datetime | None, now: datetime) -> datetime:
    """The request date as an aware time; None is ``now``, a time without a zone is UTC.

    Raises
    ------
    InvalidRequest
        The date is more than a day after ``now``.
    """
    if at is None:
        return now
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if aware - now > MAX_AHEAD:
        raise InvalidRequest(
            f"The request date '{at.isoformat()}' is in the future: it is now "
            f"{now.isoformat(timespec='seconds')}, and at most one day ahead is allowed. "
            "Leave it out to use the present time."
        )
    return aware


def rule_of(facts: Facts, rules: Collection[str]) -> str:
    """Name of the first rule that applies; ``within_tolerance`` if none does."""
    for rule, applies in _conditions(facts).items():
        if applies and (rule in rules or rule not in ("age", "new_sales")):
            return rule
    return "within_tolerance"


def _conditions(facts: Facts) -> Mapping[str, bool]:
    return {
        "forced": facts.forced,
        "no_predictor": facts.age_days is None,
        "unknown_store": not facts.includes_store,
        "age": facts.age_days is not None and facts.age_days >= facts.tolerance_days,
        "new_sales": (facts.newer_days_of_sales or 0) > 0,
        "forecast_outdated": not facts.is_forecast,
    }


def detail_of(facts: Facts, rule: str) -> str:
    """A sentence that gives the reason for the decision, with its numbers."""
    age = "" if facts.age_days is None else _days(facts.age_days)
    tolerance = _days(facts.tolerance_days)
    return {
        "forced": "a training was requested with 'force', so the age of the predictor is ignored",
        "no_predictor": facts.lost or "there is no predictor yet",
        "unknown_store": (
            f"predictor '{facts.predictor}' was trained before store '{facts.store}' was imported"
        ),
        "age": (
            f"predictor '{facts.predictor}' is {age} old, which is outside the tolerance "
            f"of {tolerance}"
        ),
        "new_sales": (
            f"{_newer_days(facts.newer_days_of_sales)} imported since predictor "
            f"'{facts.predictor}' was trained"
        ),
        "forecast_outdated": (
            f"training of a new predictor not started: predictor '{facts.predictor}' is {age} "
            f"old (tolerance: {tolerance}); a new forecast includes the sales until "
            f"{facts.last_sale_on}"
        ),
        "within_tolerance": (
            f"training of a new predictor not started: predictor '{facts.predictor}' is {age} old "
            f"(tolerance: {tolerance}), and the current forecast covers the newest sales "
            f"({facts.last_sale_on})"
        ),
    }[rule]


def _days(number: float) -> str:
    """A time in days, or in hours, minutes or seconds if it is shorter than a day."""
    units = {"day": 1.0, "hour": 24.0, "minute": 1_440.0, "second": 86_400.0}
    unit = next((unit for unit, per_day in units.items() if abs(number) * per_day >= 1), "second")
    text = f"{number * units[unit]:.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def _newer_days(count: int | None) -> str:
    return "1 newer day of sales was" if count == 1 else f"{count} newer days of sales were"
