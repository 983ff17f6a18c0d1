"""Auto: several algorithms side by side, weighted for each series by how well they did on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import FitConfig, Progress, part, silent
from forecast_service.engine.auto.auto_model import NAME, FittedAuto, Group
from forecast_service.engine.auto.calibration import GRID
from forecast_service.engine.auto.combination import FittedCombination
from forecast_service.engine.auto.demand import demand_classes
from forecast_service.engine.auto.evidence import Evidence
from forecast_service.engine.auto.members import FREQUENT, WITHOUT_TREES, groups
from forecast_service.engine.backtest import Backtest, backtest, cutoffs, joined
from forecast_service.engine.boosted.lightgbm_package import missing_library
from forecast_service.engine.closing import find_closing
from forecast_service.engine.features.calendar_features import phases
from forecast_service.engine.panel import Panel
from forecast_service.engine.pool import pool

__all__ = ["NAME", "Auto", "fit_with_backtest"]

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

    def refit(
        self, fitted: FittedAuto, panel: Panel, rows: Rows | None, config: FitConfig
    ) -> FittedAuto:
        """Each member as it can; groups, weights, calibration and coverage are kept."""
        from forecast_service.engine.registry import refit

        def carry(model: FittedCombination, own: Panel, places: Rows) -> FittedCombination:
            again = None if rows is None else np.flatnonzero(np.isin(places, rows))
            members = {
                name: refit(name, member, own, again, config)
                for name, member in model.members.items()
            }
            return model.carried_to(own, members)

        return fitted.carried_to(panel, carry)

    def from_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> FittedAuto:
        return FittedAuto.from_arrays(arrays)


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
    demand = demand_classes(find_closing(past).open_target(past), cycle)
    missing = missing_library()
    fitted, tests, done = [], [], 0
    with pool(config.processes):
        for members, rows in groups(demand, WITHOUT_TREES if missing else FREQUENT).items():
            ends = done / panel.n_series, (done + len(rows)) / panel.n_series
            model, tested = _fit(panel.take(rows), members, config, part(progress, *ends))
            fitted.append(Group(rows, model))
            tests.append((rows, tested))
            done += len(rows)
    auto = FittedAuto(tuple(demand.tolist()), tuple(fitted), cycle)
    tested = joined(panel.keys, tests)
    if missing:
        tested = replace(tested, notes=(*tested.notes, f"Forecasts lack their trees: {missing}"))
    return auto, tested


def _fit(
    panel: Panel, members: Sequence[str], config: FitConfig, progress: Progress
) -> tuple[FittedCombination, Backtest]:
    """The combination of these members for every series of the panel, and its backtest."""
    from forecast_service.engine.registry import algorithm

    share = config.backtest_windows / (config.backtest_windows + 1)
    tests, fitted = [], {}
    for place, name in enumerate(members):
        step = part(progress, place / len(members), (place + 1) / len(members))
        member = algorithm(name)
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
