"""Board totals: the sums of stores, for a region and for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast_service.common.names import natural_order
from forecast_service.reading.board import Line

__all__ = ["change", "region_totals", "rounded", "totals"]

DIGITS_OF_SHARES = 4
LARGE = 100  # a larger number has no decimals


def totals(lines: Sequence[Line]) -> dict[str, Any]:
    """Sums of the stores; a change compares only stores whose both numbers are known.

    The expected sales are the sum of the stores' medians. There is no interval: how stores err
    together is not measured.
    """
    next_week = [line.next_week for line in lines]
    last_week = [line.last_week for line in lines]
    last_year = [line.last_year for line in lines]
    return {
        "next_7_days": rounded(_sum(next_week)),
        "last_7_days": rounded(_sum(last_week)),
        "change": _change_of(next_week, last_week),
        "last_year": rounded(_sum(last_year)),
        "change_to_last_year": _change_of(next_week, last_year),
        "stores": len(lines),
        "need_a_look": sum(bool(line.problems) for line in lines),
    }


def region_totals(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The totals of every region, in the order of their names."""
    regions: dict[str, list[Line]] = {}
    for line in lines:
        regions.setdefault(line.region, []).append(line)
    return [
        {"region": region, **totals(regions[region])}
        for region in sorted(regions, key=natural_order)
    ]


def change(now: float | None, base: float | None) -> float | None:
    """The change as a share of the base; None without a base."""
    if now is None or base is None or base <= 0:
        return None
    return round(now / base - 1, DIGITS_OF_SHARES)


def rounded(value: float | None) -> float | int | None:
    """A number of units as people read it."""
    if value is None:
        return None
    return round(value) if abs(value) >= LARGE else round(value, 1)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _change_of(now: Sequence[float | None], base: Sequence[float | None]) -> float | None:
    both = [(a, b) for a, b in zip(now, base, strict=True) if a is not None and b is not None]
    return change(sum(a for a, _ in both), sum(b for _, b in both)) if both else None
