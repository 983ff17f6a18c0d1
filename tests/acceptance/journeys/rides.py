"""Made-up data: hourly rides by quarter, monthly sales with a price, rentals of bikes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

FIELDS = {"timestamp": "timestamp", "item_id": "string", "target_value": "integer"}
FIRST_HOUR = dt.datetime(2021, 1, 1)
FIRST_MONTH = dt.date(2018, 1, 1)
RENTAL_DAYS, RENTAL_HORIZON = 120, 14


def hourly(days: int, items: str = "123", every: int = 1, first: int = 0) -> Iterator[str]:
    """Rides at some hours of each day: few at night, more for quarters with higher numbers."""
    luck = np.random.default_rng(7)
    for item in items:
        for hour in range(24 * first, 24 * days, every):
            at = FIRST_HOUR + dt.timedelta(hours=hour)
            level = int(item) * (12 - abs(12 - at.hour) + 3 * (at.weekday() < 5))
            yield f"{at:%Y-%m-%d %H:%M:%S},{item},{level + int(luck.integers(0, 3))}"


def month(number: int) -> dt.date:
    """The first day of a month, counted from the first one."""
    return dt.date(FIRST_MONTH.year + number // 12, number % 12 + 1, 1)


def price(item: int, number: int) -> float:
    """A price that changes irregularly, so that no season explains it."""
    return 20.0 + item + 2.0 * float(np.random.default_rng([item, number]).integers(0, 8))


def sold(item: int, number: int) -> float:
    """Sales that fall when the price rises, with a little luck."""
    season = 1 + 0.2 * np.sin(2 * np.pi * number / 12)
    luck = np.random.default_rng([item, number, 1]).normal(1, 0.02)
    return float(round(1000 * (1 + item) * season * luck * 20.0 / price(item, number), 3))


def rentals() -> tuple[list[str], list[str]]:
    """Rentals by day that follow the temperature, and the temperature until the horizon."""
    luck = np.random.default_rng(9)
    target, related = [], []
    for item in range(3):
        for day in range(RENTAL_DAYS + RENTAL_HORIZON):
            at = np.datetime64("2021-03-01") + day
            warm = float(luck.normal(15, 6))
            related.append(f"bike_{item},{at},{warm:.2f}")
            if day < RENTAL_DAYS:
                rented = 200 + 40 * item + 10 * warm + luck.normal(0, 3)
                target.append(f"bike_{item},{at},{rented:.2f}")
    return target, related
