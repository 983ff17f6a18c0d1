"""The horizon: how many days ahead are forecast, and why so many."""

from __future__ import annotations

from forecast_service.errors import InvalidData

__all__ = ["DEFAULT_HORIZON", "choose_horizon"]

DEFAULT_HORIZON = 28
SHARE = 4  # Amazon's AutoPredictor allows a quarter of the history
LONGEST = 500


def choose_horizon(
    fixed: int | None, configured: int | None, known_future: int, history: int
) -> tuple[int, str]:
    """The horizon in days, and a sentence that says why.

    Parameters
    ----------
    fixed: horizon of the dataset group; None before its first import.
    configured: FORECAST_HORIZON.
    known_future, history: lengths in days.

    Raises
    ------
    InvalidData
        The history is shorter than four days.
    """
    if fixed is not None:
        return fixed, _fixed_reason(fixed, configured)
    if history < SHARE:
        raise InvalidData(
            f"The history covers {history} days. A horizon is at most a quarter of the history, "
            f"so at least {SHARE} days are needed: import more days of sales."
        )
    if configured is not None:
        wish, reason = configured, "it is set by FORECAST_HORIZON"
    elif known_future:
        wish, reason = known_future, "the known future is that long"
    else:
        wish, reason = DEFAULT_HORIZON, "it is the default, as no file has future days"
    limit = min(history // SHARE, LONGEST)
    if wish <= limit:
        return wish, reason
    what = f"a quarter of the {history} days of history" if limit < LONGEST else "the limit"
    return limit, f"{wish} was wanted ({reason}), but {limit} is {what}, the most that is allowed"


def _fixed_reason(fixed: int, configured: int | None) -> str:
    reason = "it was fixed by the first import of this dataset group"
    if configured not in (None, fixed):
        return f"{reason}; FORECAST_HORIZON={configured} counts for new dataset groups only"
    return reason
