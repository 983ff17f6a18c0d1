"""Synthetic retail panels of any size; the same seed gives the same series."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_service.common.arrow import from_numpy, from_times
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.periods.frequency import Times, parse_frequency

__all__ = ["BLOCK", "Block", "Shape", "blocks", "synthetic_panel", "write_synthetic"]

BLOCK = 1000  # series made at once
BEFORE = np.datetime64("2022-01-02T00:00:00", "s")  # the first period is the next one
REGIONS = ("north", "east", "south", "west")  # each has its own promotions
HOLIDAYS = ("01-01", "05-01", "10-03", "12-25", "12-26")
WEEK = np.array([0.9, 0.85, 0.9, 0.95, 1.15, 1.35, 0.9])  # Monday first
PROMOTED = 0.3  # share of the weeks
CLOSED_ON_SUNDAYS = 0.7  # share of the series, as are the next three
INTERMITTENT = 0.2
SHORT = 0.1
WITH_GAP = 0.05
PROMOTIONS = 2**32 - 1  # seeds promotions, in the place of a block number


@dataclass(frozen=True)
class Shape:
    """Size and seed of a synthetic panel. A block of series depends only on its number and seed."""

    n_series: int
    n_periods: int = 365
    horizon: int = 28
    frequency: str = "D"
    seed: int = 42

    @property
    def times(self) -> Times:
        """Starts of all periods, history and horizon."""
        return next_periods(BEFORE, self.frequency, self.n_periods + self.horizon)

    @property
    def is_daily(self) -> bool:
        """Whether periods are days, so that stores close on some of them."""
        return str(parse_frequency(self.frequency)) == "D"


@dataclass(frozen=True)
class Block:
    """Some series. ``target`` (rows, periods); ``covariates`` (rows, periods + horizon) each.

    ``region`` (rows,) is an index into ``REGIONS``.
    """

    target: FloatArray
    covariates: dict[str, FloatArray]
    region: npt.NDArray[np.intp]

    def first(self, count: int) -> Block:
        """The first ``count`` series of the block."""
        covariates = {name: values[:count] for name, values in self.covariates.items()}
        return Block(self.target[:count], covariates, self.region[:count])


def synthetic_panel(shape: Shape) -> tuple[Panel, KnownFuture]:
    """All series of a shape, and their known future."""
    size, periods = (shape.n_series, shape.n_periods), shape.n_periods
    target, covariates, regions = np.empty(size), {}, []
    for number, block in enumerate(blocks(shape)):
        rows = slice(number * BLOCK, number * BLOCK + len(block.target))
        target[rows] = block.target
        for name, values in block.covariates.items():
            whole = covariates.setdefault(name, np.empty((shape.n_series, len(shape.times))))
            whole[rows] = values
        regions.extend(block.region.tolist())
    panel = Panel(
        keys=tuple((f"{row:06}",) for row in range(shape.n_series)),
        timestamps=shape.times[:periods],
        frequency=shape.frequency,
        target=target,
        covariates={name: values[:, :periods] for name, values in covariates.items()},
        attributes={"region": tuple(REGIONS[region] for region in regions)},
    )
    ahead = {name: values[:, periods:] for name, values in covariates.items()}
    return panel, KnownFuture(shape.times[periods:], ahead)


def blocks(shape: Shape) -> Iterator[Block]:
    """The series of a shape, in blocks of 1,000."""
    for number, start in enumerate(range(0, shape.n_series, BLOCK)):
        yield _block(shape, number).first(min(BLOCK, shape.n_series - start))


def _block(shape: Shape, number: int) -> Block:
    random = np.random.default_rng((shape.seed, number))
    region = random.integers(len(REGIONS), size=BLOCK)
    promo = _promotions(shape)[region]
    holiday = np.broadcast_to(_holidays(shape), promo.shape)
    opened = _opened(shape, random)
    periods = slice(0, shape.n_periods)
    lift = np.exp(random.normal(0.4, 0.15, (BLOCK, 1)))
    rate = _level(random) * _seasons(shape, random) * lift ** promo[:, periods]
    rate *= np.where(holiday[:, periods] > 0, 0.8, 1.0) * opened[:, periods]
    target = _demand(rate, random)
    _add_gaps(target, random)
    covariates = {"promo": promo, "holiday": holiday.copy()}
    return Block(target, {"open": opened, **covariates} if shape.is_daily else covariates, region)


def _level(random: np.random.Generator) -> FloatArray:
    """Mean demand of an ordinary period, (rows, 1): log-normal, or below 1 if intermittent."""
    usual = np.exp(random.normal(3.0, 1.0, BLOCK))
    sparse = random.uniform(0.05, 0.6, BLOCK)
    return np.where(random.random(BLOCK) < INTERMITTENT, sparse, usual)[:, None]


def _seasons(shape: Shape, random: np.random.Generator) -> FloatArray:
    """Factors of weekday, time of the year and growth, (rows, periods)."""
    times = shape.times[: shape.n_periods]
    days = times.astype("datetime64[D]").astype(np.int64)
    week = WEEK * np.exp(random.normal(0, 0.1, (BLOCK, 7)))
    factors = week[:, (days + 3) % 7] if shape.is_daily else np.ones((BLOCK, len(days)))
    strength, phase = random.uniform(0, 0.3, (BLOCK, 1)), random.normal(0, 0.3, (BLOCK, 1))
    factors *= np.exp(strength * np.cos(2 * np.pi * days / 365.25 + phase))
    growth = random.normal(0.03, 0.1, (BLOCK, 1))
    return factors * np.exp(growth * (days - days[0]) / 365.25)


def _demand(rate: FloatArray, random: np.random.Generator) -> FloatArray:
    """Overdispersed counts: Poisson with a gamma rate; its coefficient of variation is 0.2."""
    return random.poisson(rate * random.gamma(25.0, 1 / 25.0, rate.shape)).astype(np.float64)


def _add_gaps(target: FloatArray, random: np.random.Generator) -> None:
    """Let some series start late, and put gaps into others."""
    periods = np.arange(target.shape[1])
    share = random.uniform(0.2, 0.95, len(target)) * (random.random(len(target)) < SHORT)
    target[periods < (share * len(periods))[:, None]] = np.nan
    begin = random.integers(len(periods), size=len(target))
    length = random.integers(5, 30, len(target)) * (random.random(len(target)) < WITH_GAP)
    target[(periods >= begin[:, None]) & (periods < (begin + length)[:, None])] = np.nan


def _opened(shape: Shape, random: np.random.Generator) -> FloatArray:
    """1 where open, (rows, periods + horizon). All close on holidays, many on Sundays."""
    is_sunday = (shape.times.astype("datetime64[D]").astype(np.int64) + 3) % 7 == 6
    closes = random.random(BLOCK) < CLOSED_ON_SUNDAYS
    if not shape.is_daily:
        return np.ones((BLOCK, len(shape.times)))
    closed = (closes[:, None] & is_sunday) | (_holidays(shape) > 0)
    return np.where(closed, 0.0, 1.0)


def _holidays(shape: Shape) -> FloatArray:
    """1 in a period with a public holiday, (periods + horizon,)."""
    times = shape.times
    ends = next_periods(times[-1], shape.frequency, 1)
    years = range(int(str(times[0])[:4]), int(str(ends[0])[:4]) + 1)
    days = np.array([f"{y}-{day}" for y in years for day in HOLIDAYS], dtype="datetime64[s]")
    inside = days[(days >= times[0]) & (days < ends[0])]
    holidays = np.zeros(len(times))
    holidays[np.searchsorted(times, inside, side="right") - 1] = 1.0
    return holidays


def _promotions(shape: Shape) -> FloatArray:
    """1 in promoted weeks, (regions, periods + horizon)."""
    weeks = (shape.times.astype("datetime64[D]").astype(np.int64) + 3) // 7
    random = np.random.default_rng((shape.seed, PROMOTIONS))
    promoted = random.random((len(REGIONS), weeks.max() - weeks.min() + 1)) < PROMOTED
    return promoted[:, weeks - weeks.min()].astype(np.float64)


def write_synthetic(shape: Shape, folder: Path) -> dict[str, Path]:
    """Write daily series into Parquet files of sales and known future; returns them by role.

    They are written block by block. Days before a series starts and gaps have no row.
    """
    paths = {role: folder / f"{role}.parquet" for role in ("sales", "future")}
    days = shape.times.astype("datetime64[ms]")
    periods = {"sales": slice(0, shape.n_periods), "future": slice(shape.n_periods, None)}
    with ExitStack() as stack:
        writers = {}
        for number, block in enumerate(blocks(shape)):
            stores = np.arange(len(block.target)) + number * BLOCK
            for role, path in paths.items():
                rows = _rows(block, stores, days, periods[role], sold=role == "sales")
                if role not in writers:
                    writers[role] = stack.enter_context(pq.ParquetWriter(path, rows.schema))
                writers[role].write_table(rows)
    return paths


def _rows(
    block: Block, stores: npt.NDArray[np.intp], days: Times, periods: slice, *, sold: bool
) -> pa.Table:
    covariates = {name: values[:, periods] for name, values in block.covariates.items()}
    kept = ~np.isnan(block.target) if sold else np.ones(covariates["promo"].shape, dtype=bool)
    row, column = np.nonzero(kept)
    table = {
        "store": from_numpy(stores[row].astype(np.int64)),
        "date": from_times(days[periods][column]),
        **{name: from_numpy(values[kept].astype(np.int32)) for name, values in covariates.items()},
    }
    if sold:
        table["sales"] = from_numpy(block.target[kept])
    return pa.table(table)
