"""The horizon: how many periods are forecast, and why."""

from __future__ import annotations

from forecast_service.common.wording.coded import say
from forecast_service.errors import InvalidData
from forecast_service.importer.files.periods import DAILY, Periods

__all__ = ["DEFAULT_HORIZON", "choose_horizon"]

DEFAULT_HORIZON = {"D": 28, "W": 13, "M": 6}  # four weeks, a quarter, half a year
SHARE = 4  # Amazon's AutoPredictor allows a quarter of the history
LONGEST = 500


def choose_horizon(
    fixed: int | None,
    configured: int | None,
    known_future: int,
    history: int,
    periods: Periods = DAILY,
) -> tuple[int, str]:
    """The horizon in periods, and its reason as part of a sentence.

    Parameters
    ----------
    fixed: horizon of the dataset group; None before its first import.
    configured: FORECAST_HORIZON.
    known_future, history: lengths in periods.

    Raises
    ------
    InvalidData
        The history is shorter than four periods.
    """
    if fixed is not None:
        return fixed, _fixed_reason(fixed, configured)
    nouns = f"{periods.noun}s"
    if history < SHARE:
        raise InvalidData(
            f"The history covers {history} {nouns}; at least {SHARE} are needed, because a horizon "
            f"is at most a quarter of the history. Import more {nouns} of sales."
        )
    if configured is not None:
        wish, reason = configured, say("horizon_configured")
    elif known_future:
        wish, reason = known_future, say("horizon_planned")
    else:
        wish = DEFAULT_HORIZON[periods.unit]
        reason = say("horizon_default", periods=nouns)
    limit = min(history // SHARE, LONGEST)
    if wish <= limit:
        return wish, reason
    most = f"{LONGEST}"
    if limit < LONGEST:
        most = say("quarter_of_history", count=history, periods=nouns)
    return limit, say("horizon_limited", most=most, wish=wish, reason=reason)


def _fixed_reason(fixed: int, configured: int | None) -> str:
    reason = say("horizon_fixed")
    if configured not in (None, fixed):
        return f"{reason}; FORECAST_HORIZON={configured} counts at a full import with 'replace'"
    return reason
