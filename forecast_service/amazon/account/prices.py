"""Prices: what Amazon Forecast costs, from one dated table."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DATED", "TRAINING_HOURS", "TRAINING_PER_HOUR", "Estimate", "estimate"]

DATED = "2024-07-29"
"""The day on which Amazon Forecast closed to new customers; these are its prices of that time."""

IMPORT_PER_GB = 0.088
TRAINING_PER_HOUR = 0.24
TRAINING_HOURS = 6.5
"""Hours of an auto predictor that AWS measured in a comparison of its own; yours will differ."""
POINTS_PER_PRICE = 1000
POINT_TIERS = ((100_000, 2.0), (1_000_000, 0.8), (50_000_000, 0.2), (float("inf"), 0.02))
"""Data points of a month up to which a price per 1,000 holds; in US dollars, eu-west-1."""


@dataclass(frozen=True)
class Estimate:
    """The cost of one import, one training and one forecast, in US dollars."""

    gigabytes: float
    points: int
    import_cost: float
    training_cost: float
    forecast_cost: float

    @property
    def total(self) -> float:
        return self.import_cost + self.training_cost + self.forecast_cost

    def sentence(self) -> str:
        """The estimate with its parts and the date of the prices."""
        return (
            f"One import, training and forecast cost about ${self.total:,.2f}: import "
            f"${self.import_cost:,.2f} ({self.gigabytes:.3f} GB), training "
            f"${self.training_cost:,.2f} ({TRAINING_HOURS:g} hours, as AWS measured once), "
            f"forecast ${self.forecast_cost:,.2f} ({self.points:,} data points). The prices are of "
            f"{DATED}: compare AWS's price list."
        )


def estimate(*, gigabytes: float, series: int, horizon: int, types: int) -> Estimate:
    """The cost of one month with one import, training and forecast.

    Example
    -------
    >>> round(estimate(gigabytes=1, series=1000, horizon=50, types=3).forecast_cost, 2)
    240.0
    """
    points = series * horizon * types
    return Estimate(
        gigabytes=gigabytes,
        points=points,
        import_cost=gigabytes * IMPORT_PER_GB,
        training_cost=TRAINING_HOURS * TRAINING_PER_HOUR,
        forecast_cost=_cost_of_points(points),
    )


def _cost_of_points(points: int) -> float:
    cost, before = 0.0, 0.0
    for upto, price in POINT_TIERS:
        within = max(min(points, upto) - before, 0.0)
        cost += within / POINTS_PER_PRICE * price
        before = upto
    return cost
