"""Sample data: 30 invented stores that behave like real ones; a seed gives the same data.

The caller says on which day the sales end. Later days can be added: the earlier ones stay the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from forecast_service.common.easter import easter_sunday

__all__ = ["FUTURE_DAYS", "HISTORY_DAYS", "N_STORES", "sample_days", "write_sample"]

N_STORES = 30
HISTORY_DAYS = 910  # two and a half years
FUTURE_DAYS = 28
REGIONS = ("north", "south", "west")
STATION = 18  # the one store that opens on Sundays
# Days before the first end; last year, which forecasts are compared with, has no gap.
REFURBISHED, REFURBISHED_FROM, REFURBISHED_DAYS = 7, 600, 98
NEW, NEW_DAYS = 30, 119
SHORT_OF_STOCK = 12
STOCK_OUT_SHARE = 0.06

WEEKDAY_FACTORS = (1.12, 0.98, 0.95, 0.97, 1.08, 1.22, 0.85)  # Monday first
TYPES = {"a": (4200.0, 900), "b": (7600.0, 1400), "c": (5600.0, 1100)}  # daily sales, square metres
HEADER = ("Store", "Date", "Sales", "Open", "Promo", "StateHoliday", "SchoolHoliday")
STORE_HEADER = ("Store", "Region", "StoreType", "Size")


@dataclass(frozen=True)
class _Store:
    number: int
    region: str
    type: str
    size: int
    level: float
    """Sales of an ordinary day."""
    growth: float
    """Change of the level per year."""
    promo_effect: float
    shift: int
    """Weeks by which its promotions differ from those of the next region."""


@dataclass(frozen=True)
class _Day:
    open: int
    promo: int
    state_holiday: str
    school_holiday: int


@dataclass(frozen=True)
class _Period:
    begin: dt.date
    first_end: dt.date
    """The last day when the sample was made; later days were added to it."""
    end: dt.date

    def days(self) -> Iterator[dt.date]:
        for number in range((self.end - self.begin).days + 1):
            yield self.begin + dt.timedelta(days=number)


def write_sample(
    folder: Path,
    end: dt.date,
    *,
    seed: int = 42,
    begin: dt.date | None = None,
    after: dt.date | None = None,
) -> dict[str, Path]:
    """Write ``train.csv``, ``future.csv`` and ``store.csv``; return their paths by role.

    The same arguments give the same bytes.

    Parameters
    ----------
    end: the last day of sales.
    begin: the first day; by default ``HISTORY_DAYS`` before the end. With the same first day, a
        later end adds days and changes no earlier one.
    after: write only sales after this day.
    """
    begin = begin or end - dt.timedelta(days=HISTORY_DAYS - 1)
    period = _Period(begin, begin + dt.timedelta(days=HISTORY_DAYS - 1), end)
    random = Random(seed)  # noqa: S311 - invented sales are no secret
    stores = [_invent_store(number, random) for number in range(1, N_STORES + 1)]
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        "sales": folder / "train.csv",
        "future": folder / "future.csv",
        "stores": folder / "store.csv",
    }
    sales = _history(stores, period, random, seed)
    _write(paths["sales"], HEADER, (row for row in sales if after is None or row[1] > after))
    _write(paths["future"], tuple(n for n in HEADER if n != "Sales"), _future(stores, end))
    rows = ((store.number, store.region, store.type, store.size) for store in stores)
    _write(paths["stores"], STORE_HEADER, rows)
    return paths


def _invent_store(number: int, random: Random) -> _Store:
    kind = "b" if number == STATION else random.choice("aac")
    level, size = TYPES[kind]
    factor = random.uniform(0.7, 1.4)
    region = (number - 1) % len(REGIONS)
    return _Store(
        number=number,
        region=REGIONS[region],
        type=kind,
        size=round(size * factor / 10) * 10,
        level=level * factor,
        growth=random.uniform(-0.03, 0.07),
        promo_effect=random.uniform(0.18, 0.38),
        shift=region % 2,
    )


def sample_days(folder: Path) -> tuple[dt.date, dt.date]:
    """The first and the last day of the sales that ``write_sample`` wrote into this folder."""
    lines = (folder / "train.csv").read_text(encoding="utf-8").splitlines()
    first, last = (dt.date.fromisoformat(lines[at].split(",")[1]) for at in (1, -1))
    return first, last


def _history(
    stores: list[_Store], period: _Period, random: Random, seed: int
) -> Iterator[tuple[Any, ...]]:
    for store in stores:
        added = Random(f"{seed}/{store.number}")  # noqa: S311 - for the days after the first end
        for date in period.days():
            back = (period.first_end - date).days
            if _has_no_row(store, back):
                continue
            day = _plan(store, date)
            sales = _sales(store, date, day, back, random if back >= 0 else added)
            yield store.number, date, sales, *_columns(day)


def _future(stores: list[_Store], end: dt.date) -> Iterator[tuple[object, ...]]:
    for store in stores:
        for ahead in range(1, FUTURE_DAYS + 1):
            date = end + dt.timedelta(days=ahead)
            yield store.number, date, *_columns(_plan(store, date))


def _columns(day: _Day) -> tuple[object, ...]:
    return day.open, day.promo, day.state_holiday, day.school_holiday


def _has_no_row(store: _Store, back: int) -> bool:
    """Whether a store was under refurbishment or not open yet, ``back`` days before the end."""
    if store.number == NEW:
        return back >= NEW_DAYS
    is_closed = REFURBISHED_FROM - REFURBISHED_DAYS < back <= REFURBISHED_FROM
    return store.number == REFURBISHED and is_closed


def _plan(store: _Store, date: dt.date) -> _Day:
    """What the store plans for a day."""
    holiday = _state_holiday(date)
    is_sunday = date.weekday() == 6
    is_open = store.number == STATION or (holiday == "0" and not is_sunday)
    week = (date.toordinal() - 1) // 7
    is_promo = week % 2 == store.shift and date.weekday() < 5 and is_open
    return _Day(int(is_open), int(is_promo), holiday, int(_is_school_holiday(store, date)))


def _sales(store: _Store, date: dt.date, day: _Day, back: int, random: Random) -> int:
    noise = math.exp(random.gauss(0, 0.08))
    shortage = random.random()
    if not day.open:
        return 0
    level = store.level * math.exp(-store.growth * back / 365.25)
    season = 1 + 0.06 * math.cos(2 * math.pi * (date.timetuple().tm_yday - 340) / 365.25)
    rush = 1.3 if date.month == 12 and 8 <= date.day <= 24 else 1.0
    promo = 1 + store.promo_effect * day.promo
    school = 1.04 if day.school_holiday else 1.0
    sales = level * WEEKDAY_FACTORS[date.weekday()] * season * rush * promo * school * noise
    if store.number == SHORT_OF_STOCK and shortage < STOCK_OUT_SHARE:
        sales *= shortage / STOCK_OUT_SHARE / 2  # the shelves were empty for most of the day
    return round(sales)


def _state_holiday(date: dt.date) -> str:
    """``a`` public holiday, ``b`` Easter, ``c`` Christmas, ``0`` none."""
    if (date.month, date.day) in ((12, 25), (12, 26)):
        return "c"
    since_easter = (date - easter_sunday(date.year)).days
    if since_easter in (-2, 1):
        return "b"
    fixed = (date.month, date.day) in ((1, 1), (5, 1), (10, 3))
    return "a" if fixed or since_easter in (39, 50) else "0"


def _is_school_holiday(store: _Store, date: dt.date) -> bool:
    year, late = date.year, dt.timedelta(weeks=2 * REGIONS.index(store.region))
    winter = date >= dt.date(year, 12, 22) or date <= dt.date(year, 1, 5)
    spring = abs((date - easter_sunday(year)).days) <= 7
    summer = dt.date(year, 6, 22) + late
    autumn = dt.date(year, 10, 6) + late / 2
    return (
        winter
        or spring
        or summer <= date < summer + dt.timedelta(weeks=6)
        or autumn <= date < autumn + dt.timedelta(weeks=2)
    )


def _write(path: Path, header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    lines = [",".join(header), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
