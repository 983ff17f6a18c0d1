"""Auto: an average of several algorithms, weighted for each series by their backtests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, part, refit, silent
from forecast_service.engine.archive import Arrays
from forecast_service.engine.auto.calibration import GRID
from forecast_service.engine.auto.combination import FittedCombination
from forecast_service.engine.auto.demand import UNKNOWN, Demand
from forecast_service.engine.auto.evidence import Evidence
from forecast_service.engine.auto.members import (
    FREQUENT,
    MEMBERS,
    SPARSE,
    WITHOUT_TREES,
    groups,
    is_sparse,
)
from forecast_service.engine.auto.tested_errors import errors_of
from forecast_service.engine.backtest import Backtest, backtest, cutoffs, join_backtests
from forecast_service.engine.boosted.lightgbm_package import missing_library
from forecast_service.engine.grouped import Carry, Group, Grouped, places_within
from forecast_service.engine.guards.dormancy import without_silence
from forecast_service.engine.guards.outliers import without_outliers
from forecast_service.engine.panel import Panel
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.engine.pool import pool

__all__ = ["NAME", "Auto", "FittedAuto", "fit_with_backtest"]

NAME = "auto"

FittedAuto = Grouped[FittedCombination]
"""Groups of series with the same members, by demand class."""
Rows = npt.NDArray[np.intp]


class Auto:
    """Average of the quantiles of the members that suit the demand class of a series.

    Series are divided by demand class (``auto.demand``), and each class has its own members
    (``auto.members``). Members are fitted only on the series of their class: once per backtest
    window and once on the whole history. The windows determine the weights, which are shrunken
    toward those of all series of the class (``auto.weights``), and the calibration
    (``auto.calibration``). If a member cannot model a series, the others share its weight, and a
    note says why. Without any window the weights are equal. Minimum history: none. Any quantile.
    Nothing is random.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedAuto:
        return fit_with_backtest(panel, config, progress)[0]

    def condition(self, fitted: FittedAuto, panel: Panel) -> FittedAuto:
        """The same groups, weights and calibration, with members conditioned on the newer data."""

        def carry(model: FittedCombination, own: Panel, *_: object) -> FittedCombination:
            newer = {k: MEMBERS[k].condition(member, own) for k, member in model.members.items()}
            return model.carried_to(own, newer)

        return _carried_to(fitted, panel, carry)

    def refit(
        self,
        fitted: FittedAuto,
        panel: Panel,
        rows: Rows | None,
        config: FitConfig,
        progress: Progress = silent,
    ) -> FittedAuto:
        """Refit each member that can refit; keep groups, weights, calibration and coverage."""

        def carry(
            model: FittedCombination, own: Panel, places: Rows, step: Progress
        ) -> FittedCombination:
            to_refit, count, newer = places_within(places, rows), len(model.members), {}
            for place, (name, member) in enumerate(model.members.items()):
                of_member = part(step, place / count, (place + 1) / count)
                newer[name] = refit(MEMBERS[name], member, own, to_refit, config, of_member)
            return model.carried_to(own, newer)

        return _carried_to(fitted, panel, carry, progress)

    def from_arrays(self, arrays: Arrays) -> FittedAuto:
        return Grouped.from_arrays(arrays, FittedCombination.from_arrays)


def _carried_to(
    fitted: FittedAuto,
    panel: Panel,
    carry: Carry[FittedCombination],
    progress: Progress = silent,
) -> FittedAuto:
    """A model carried to a newer panel; a new series joins the group of its demand class.

    It joins the largest group if there is no group of its class, or if its class is unknown.
    """
    demand = cast("Demand", fitted.demand).carried_to(panel, fitted.rows_of(panel.keys))
    sparse = [tuple(group.model.members) == SPARSE for group in fitted.groups]
    largest = int(np.argmax([len(group.rows) for group in fitted.groups]))
    joins = [
        largest
        if name == UNKNOWN or is_sparse(name) not in sparse
        else sparse.index(is_sparse(name))
        for name in demand.classes
    ]
    return fitted.carried_to(panel, carry, np.array(joins), demand, progress)


def fit_with_backtest(
    panel: Panel, config: FitConfig, progress: Progress = silent
) -> tuple[FittedAuto, Backtest]:
    """The combinations of all classes, and their backtest.

    Each window is forecast with weights and calibration from the other windows alone. The demand
    class of a series comes from its history before the first window; without one, the series
    joins the larger group.
    """
    panel = without_silence(panel)
    cutoff_places, _ = cutoffs(panel.n_periods, config, panel.frequency)
    clean = without_outliers(panel)
    past = clean.before(min(cutoff_places, default=panel.n_periods))
    cycle = parse_frequency(panel.frequency).cycle
    demand = Demand.of(past, cycle)
    missing = missing_library()
    fitted, tests, done = [], [], 0
    with pool(config.processes):
        for members, rows in groups(demand.classes, WITHOUT_TREES if missing else FREQUENT).items():
            ends = done / panel.n_series, (done + len(rows)) / panel.n_series
            model, tested = _fit(
                panel.take(rows), clean.take(rows), members, config, part(progress, *ends)
            )
            fitted.append(Group(rows, model))
            tests.append((rows, tested))
            done += len(rows)
    tested = join_backtests(panel.keys, tests)
    if missing:
        tested = replace(
            tested, notes=(*tested.notes, f"Forecasts are made without trees: {missing}")
        )
    return Grouped(tuple(fitted), demand), tested


def _fit(
    panel: Panel, clean: Panel, members: Sequence[str], config: FitConfig, progress: Progress
) -> tuple[FittedCombination, Backtest]:
    """The combination of these members for every series of the panel, and its backtest.

    ``clean`` is the panel without absurd days: members, weights and calibration learn from it.
    """
    share = config.backtest_windows / (config.backtest_windows + 1)
    tests, fitted = [], {}
    for place, name in enumerate(members):
        step = part(progress, place / len(members), (place + 1) / len(members))
        member = MEMBERS[name]
        on_grid = replace(config, quantiles=GRID)
        tests.append(backtest(member, panel, on_grid, part(step, 0, share)))
        fitted[name] = member.fit(clean, config, part(step, share, 1))
    evidence = Evidence(tests, clean.target)
    learned = evidence.learn()
    tested, coverage, comovement = evidence.backtest(config.quantiles)
    model = FittedCombination(
        members=fitted,
        chosen_weights=learned.weights,
        common_weights=learned.common_weights,
        calibration=learned.calibration,
        coverage=coverage,
        comovement=comovement if panel.frequency == "D" else None,
        errors=errors_of(tested),
    )
    return model, tested
