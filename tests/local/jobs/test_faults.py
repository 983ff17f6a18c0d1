"""Panels with random faults: sick series are named, and healthy ones keep their forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.calendar import next_periods
from forecast_service.engine.panel import FloatArray, KnownFuture, Panel
from forecast_service.engine.train import train
from forecast_service.local.jobs.limits import limits_of
from forecast_service.local.jobs.panels import ModelInput

HORIZON, LEVELS = 28, (0.1, 0.5, 0.9)
WEEK = (0.9, 0.85, 0.9, 1.0, 1.2, 1.5, 0.4)
MOST_CHANGE, MOST_OF_BOUNDS = 0.01, 0.05  # of 28 days of p50; of p10 and p90
ONE_STEP = 0.03  # of a series whose weights move by a step: they are tenths
PLAUSIBLE = 3  # times the largest plausible value

Random = np.random.Generator
Fault = Callable[[ModelInput, int, Random], ModelInput]


@dataclass(frozen=True)
class Served:
    """What a store would get: ``values`` (n, horizon, 3), and what is said of each series."""

    values: FloatArray
    sentences: list[list[str]]


def healthy_chain(n: int, days: int, random: Random) -> ModelInput:
    """Stores with weekdays, promotions, prices, a yearly season and noise of 10 %."""
    times = next_periods(np.datetime64("2023-12-31T00:00:00", "s"), "D", days + HORIZON)
    day = np.arange(days + HORIZON)
    week = np.array(WEEK) * random.lognormal(0, 0.08, (n, 7))
    promo = (day // 7 % 4 == random.integers(0, 4, (n, 1))).astype(float)
    price = np.round(10 * random.lognormal(0, 0.1, (n, 1)) * (1 - 0.1 * promo), 2)
    level = 100 * random.lognormal(0, 0.7, (n, 1)) * (1 + 0.15 * np.sin(day / 58))
    sales = level * week[:, day % 7] * (1 + 0.5 * promo) * random.lognormal(0, 0.1, (n, len(day)))
    keys = tuple((str(row),) for row in range(n))
    known = {"promo": promo, "price": price}
    past = {name: values[:, :days] for name, values in known.items()}
    ahead = {name: values[:, days:] for name, values in known.items()}
    panel = Panel(keys, times[:days], "D", sales[:, :days], past)
    return ModelInput(panel, KnownFuture(times[days:], ahead), ())


def with_sales(given: ModelInput, row: int, days: slice, factor: float) -> ModelInput:
    target = given.panel.target.copy()
    target[row, days] *= factor
    return replace(given, panel=replace(given.panel, target=target))


def with_price(given: ModelInput, row: int, past: FloatArray, ahead: FloatArray) -> ModelInput:
    of_past, of_future = (dict(part.covariates) for part in (given.panel, given.known_future))
    of_past["price"], of_future["price"] = of_past["price"].copy(), of_future["price"].copy()
    of_past["price"][row], of_future["price"][row] = past, ahead
    return replace(
        given,
        panel=replace(given.panel, covariates=of_past),
        known_future=replace(given.known_future, covariates=of_future),
    )


def an_outlier(given: ModelInput, row: int, random: Random) -> ModelInput:
    day, factor = -int(random.integers(1, 40)), float(random.choice([10, 100, 1000, 0.001]))
    return with_sales(given, row, slice(day, day + 1 or None), factor)


def a_dead_store(given: ModelInput, row: int, random: Random) -> ModelInput:
    return with_sales(given, row, slice(-80, None), float(random.choice([0.0, np.nan])))


def a_gap(given: ModelInput, row: int, random: Random) -> ModelInput:
    first = int(random.integers(30, given.panel.n_periods - 60))
    return with_sales(given, row, slice(first, first + 30), np.nan)


def a_constant_covariate(given: ModelInput, row: int, random: Random) -> ModelInput:
    past = np.full(given.panel.n_periods, 2.5)
    past[int(random.integers(len(past)))] = 2.51
    return with_price(given, row, past, np.full(HORIZON, 0.1))


def an_absurd_price(given: ModelInput, row: int, random: Random) -> ModelInput:
    past, ahead = (part.covariates["price"][row] for part in (given.panel, given.known_future))
    return with_price(given, row, past, ahead * float(random.choice([0.001, 1000])))


def another_unit(given: ModelInput, row: int, random: Random) -> ModelInput:
    days, factor = int(random.integers(2, 50)), float(random.choice([100, 1000, 0.001]))
    return with_sales(given, row, slice(-days, None), factor)


def no_sales(given: ModelInput, row: int, random: Random) -> ModelInput:
    return with_sales(given, row, slice(None), 0.0)


FAULTS: dict[Fault, str | None] = {
    an_outlier: "are unusual",
    a_dead_store: "counts as dormant",
    a_gap: None,  # it is no illness; the report of the import names it
    a_constant_covariate: "The effect of 'price' is known from",
    an_absurd_price: "The effect of 'price' is known from",
    another_unit: "are unusual",
    no_sales: "All known sales of this series are 0",
}
"""Each fault, and what is said of its series."""


def serve(given: ModelInput) -> Served:
    """Train and forecast as the jobs do."""
    config = FitConfig(HORIZON, LEVELS, 7, backtest_windows=2)
    fitted = train("auto", given.panel, config).fitted
    limits = limits_of(given.panel, given.known_future)
    values = fitted.forecast(limits.bounds.within(given.known_future), LEVELS)
    facts = limits.added_to([None] * len(values), given)
    sentences = [
        [*(fact or {}).get("assumptions", ()), *([] if note is None else [note])]
        for fact, note in zip(facts, fitted.notes, strict=True)
    ]
    return Served(limits.applied_to(values.swapaxes(1, 2)).swapaxes(1, 2), sentences)


def check(
    given: ModelInput,
    clean: Served,
    sick: dict[int, Fault],
    random: Random,
    most: float = MOST_CHANGE,
) -> None:
    """Give these series their faults; healthy ones keep their forecast, sick ones are named."""
    faulty = given
    for row, fault in sick.items():
        faulty = fault(faulty, row, random)
    served = serve(faulty)
    healthy = [row for row in range(len(clean.values)) if row not in sick]
    before, after = clean.values[healthy].sum(axis=1), served.values[healthy].sum(axis=1)
    change = np.abs(after / before - 1).max(axis=0)
    assert abs(after[:, 1].sum() / before[:, 1].sum() - 1) < MOST_CHANGE
    assert change[1] < most
    assert change.max() < MOST_OF_BOUNDS
    assert not any(served.sentences[row] for row in healthy)
    for row, fault in sick.items():
        said, largest = FAULTS[fault], np.nanmax(given.panel.target[row])
        assert served.values[row].max() <= PLAUSIBLE * largest
        assert said is None or said in " ".join(served.sentences[row])


@pytest.fixture(scope="module")
def chain() -> ModelInput:
    return healthy_chain(8, 180, np.random.default_rng(5))


@pytest.fixture(scope="module")
def of_chain(chain: ModelInput) -> Served:
    return serve(chain)


@pytest.mark.parametrize(
    "faults",
    [
        (an_outlier, a_gap),
        (a_dead_store, an_absurd_price),
        (a_constant_covariate, no_sales),
        (another_unit,),
    ],
    ids=lambda faults: " and ".join(fault.__name__ for fault in faults),
)
def test_sick_series_are_named_and_move_no_others(
    chain: ModelInput, of_chain: Served, faults: tuple[Fault, ...]
) -> None:
    random = np.random.default_rng(len(faults[0].__name__))
    rows = random.choice(8, size=len(faults), replace=False).tolist()

    check(chain, of_chain, dict(zip(rows, faults, strict=True)), random)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_chains_with_several_faults_serve_their_healthy_series(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, days = int(random.integers(4, 30)), int(random.integers(150, 500))
    given = healthy_chain(n, days, random)
    clean = serve(given)
    kinds = list(FAULTS)

    for fault in kinds:
        check(given, clean, {int(random.integers(n)): fault}, random, ONE_STEP)
    rows = random.choice(n, size=max(1, n // 5), replace=False).tolist()
    several = {row: kinds[random.integers(len(kinds))] for row in rows}
    check(given, clean, several, random, ONE_STEP)
