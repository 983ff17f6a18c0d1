"""Auto: several algorithms side by side, weighted for each series by how well they did on it."""

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
from forecast_service.engine.backtest import Backtest, backtest, cutoffs, join_backtests
from forecast_service.engine.boosted.lightgbm_package import missing_library
from forecast_service.engine.features.calendar_features import phases
from forecast_service.engine.grouped import Carry, Group, Grouped, places_within
from forecast_service.engine.panel import Panel
from forecast_service.engine.pool import pool

__all__ = ["NAME", "Auto", "FittedAuto", "fit_with_backtest"]

NAME = "auto"

FittedAuto = Grouped[FittedCombination]
"""Groups of series with the same members, by demand class."""
Rows = npt.NDArray[np.intp]


class Auto:
    """Average of the quantiles of the members that suit the demand class of a series.

    Series are divided by demand class (``auto.demand``), and each class has candidates of its
    own (``auto.members``). They are fitted on its series alone: once per backtest window and
    once on all of the history. Weights are chosen on the windows, shrunken toward those of all
    series of the class (``auto.weights``), and the spread is calibrated on them
    (``auto.calibration``). A series that a member cannot model (``notes`` says so) shares its
    weight among the others. Without any window all members weigh the same. Minimum history: none.
    Any quantile. Nothing random.
    """

    name = NAME

    def fit(self, panel: Panel, config: FitConfig, progress: Progress = silent) -> FittedAuto:
        return fit_with_backtest(panel, config, progress)[0]

    def condition(self, fitted: FittedAuto, panel: Panel) -> FittedAuto:
        """The same groups, weights and calibration around members that know newer data."""

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
        """Each member as it can; groups, weights, calibration and coverage are kept."""

        def carry(
            model: FittedCombination, own: Panel, places: Rows, step: Progress
        ) -> FittedCombination:
            again, count, newer = places_within(places, rows), len(model.members), {}
            for place, (name, member) in enumerate(model.members.items()):
                of_member = part(step, place / count, (place + 1) / count)
                newer[name] = refit(MEMBERS[name], member, own, again, config, of_member)
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
    """A model carried to a newer panel, in which new series join the group of their class.

    They join the largest group if there is none of that class, or if nothing is known of them.
    """
    demand = cast("Demand", fitted.demand).carried_to(panel, fitted.rows_of(panel.keys))
    sparse = [tuple(group.model.members) == SPARSE for group in fitted.groups]
    largest = int(np.argmax([len(group.rows) for group in fitted.groups]))
    joins = [
        largest
        if each == UNKNOWN or is_sparse(each) not in sparse
        else sparse.index(is_sparse(each))
        for each in demand.classes
    ]
    return fitted.carried_to(panel, carry, np.array(joins), demand, progress)


def fit_with_backtest(
    panel: Panel, config: FitConfig, progress: Progress = silent
) -> tuple[FittedAuto, Backtest]:
    """The combinations of all classes, and their backtest.

    What is tested in one window was weighted and calibrated on the others alone. The demand class
    of a series is that of its history before the first window; without any, that of most others.
    """
    chosen, _ = cutoffs(panel.n_periods, config, panel.frequency)
    past = panel.before(min(chosen, default=panel.n_periods))
    cycle = phases(panel.timestamps[:1], panel.frequency)[1]
    demand = Demand.of(past, cycle)
    missing = missing_library()
    fitted, tests, done = [], [], 0
    with pool(config.processes):
        for members, rows in groups(demand.classes, WITHOUT_TREES if missing else FREQUENT).items():
            ends = done / panel.n_series, (done + len(rows)) / panel.n_series
            model, tested = _fit(panel.take(rows), members, config, part(progress, *ends))
            fitted.append(Group(rows, model))
            tests.append((rows, tested))
            done += len(rows)
    tested = join_backtests(panel.keys, tests)
    if missing:
        tested = replace(tested, notes=(*tested.notes, f"Forecasts lack their trees: {missing}"))
    return Grouped(tuple(fitted), demand), tested


def _fit(
    panel: Panel, members: Sequence[str], config: FitConfig, progress: Progress
) -> tuple[FittedCombination, Backtest]:
    """The combination of these members for every series of the panel, and its backtest."""
    share = config.backtest_windows / (config.backtest_windows + 1)
    tests, fitted = [], {}
    for place, name in enumerate(members):
        step = part(progress, place / len(members), (place + 1) / len(members))
        member = MEMBERS[name]
        on_grid = replace(config, quantiles=GRID)
        tests.append(backtest(member, panel, on_grid, part(step, 0, share)))
        fitted[name] = member.fit(panel, config, part(step, share, 1))
    evidence = Evidence(tests)
    learned = evidence.learned()
    tested, coverage = evidence.tested(config.quantiles)
    model = FittedCombination(
        members=fitted,
        wanted=learned.weights,
        fleet=learned.fleet,
        calibration=learned.calibration,
        coverage=coverage,
    )
    return model, tested
