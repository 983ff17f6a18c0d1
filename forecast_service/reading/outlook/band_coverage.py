"""How many days the band of the forecast has held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast_service.reading.outlook.timeline import Floats

__all__ = ["coverage_of"]

LOW, HIGH, NOMINAL = "p10", "p90", 0.8
LEAST_DAYS = 28  # of served forecasts; with fewer, the backtest tells more


def coverage_of(
    sales: Floats, then: Mapping[str, Floats], facts: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Days, and how many of them were inside: of what was served, else of the backtest.

    Days on which the store was closed do not count. None if neither is known.
    """
    if LOW in then and HIGH in then:
        low, high = then[LOW], then[HIGH]
        counted = np.isfinite(sales) & (high > 0)
        days = int(counted.sum())
        if days >= LEAST_DAYS:
            inside = int((counted & (sales >= low) & (sales <= high)).sum())
            return _document(days, inside, NOMINAL, "served")
    tested = (facts.get("coverage") or {}).get(f"{LOW}-{HIGH}")
    if tested is None:
        return None
    inside = round(tested["measured"] * tested["days"])
    return _document(tested["days"], inside, tested["nominal"], "backtest")


def _document(days: int, inside: int, nominal: float, source: str) -> dict[str, Any]:
    return {
        "days": days,
        "inside": inside,
        "low": LOW,
        "high": HIGH,
        "nominal": nominal,
        "source": source,
    }
