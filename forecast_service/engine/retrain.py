"""Retraining: fits what changed since an earlier training and keeps everything else.

A series' own parameters come from its own data. The shared effects come from the data of all
series. Weights, calibration and accuracy come from backtest windows. So there are three cases:

- Few series changed: they are fitted again, with the shared effects kept. The others are
  conditioned on the new periods, as for a forecast. The parameters of an unchanged series stay
  equal to the last bit.
- Many series got new periods, or the algorithm cannot fit single series: all are fitted on all
  data. The backtest windows lie before the new periods and are not tested again.
- The windows are too old, or too much of the past changed: everything is done again. So no model
  ages unnoticed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast_service.engine.algorithm import (
    CannotRefit,
    FitConfig,
    Progress,
    Refits,
    part,
    silent,
)
from forecast_service.engine.calendar import periods_between
from forecast_service.engine.changes import Changes, changes, identity_of
from forecast_service.engine.panel import Panel
from forecast_service.engine.pool import pool
from forecast_service.engine.registry import algorithm, refit
from forecast_service.engine.training_result import Kept, Trained

__all__ = ["MOST_CHANGED", "retrain"]

Rows = npt.NDArray[np.intp]

MOST_CHANGED = 0.05
"""Largest share of changed series with which shared effects, weights and accuracy are kept."""
HORIZON_PARTS = 4
"""Windows are tested again after a season or a fourth of the horizon, whichever is shorter."""


def retrain(
    name: str, previous: Trained, panel: Panel, config: FitConfig, progress: Progress = silent
) -> Trained | str:
    """The earlier training updated to a newer panel, or the reason to train everything again.

    The accuracy windows are those of the earlier training.
    """
    if identity_of(name, panel, config) != previous.content.identity:
        return "the configuration or the engine changed"
    if panel.timestamps[-1] < previous.content.until:
        return f"the data end before {_day(previous.content.until)}, their end in the last training"
    differences, content = changes(previous.content, panel)
    changed = differences.rows
    kept = replace(
        previous.kept,
        rewritten=previous.kept.rewritten + differences.rewritten,
        changed=previous.kept.changed + len(changed) + differences.gone,
    )
    reason = _reason_to_test(kept, panel, config)
    if reason is not None:
        return reason
    rows: Rows | None = changed
    fits_single = isinstance(algorithm(name), Refits)
    if kept.changed > MOST_CHANGED * panel.n_series or (len(changed) and not fits_single):
        rows, kept = None, replace(kept, shared_until=content.until, changed=0)
    count = panel.n_series if rows is None else len(rows)
    progress(0.1, f"fitting {count} of {panel.n_series} series again")
    try:
        with pool(config.processes):
            fitted = refit(name, previous.fitted, panel, rows, config, part(progress, 0.1, 1.0))
    except CannotRefit as error:
        return str(error)
    progress(1.0, f"{count} of {panel.n_series} series were fitted again")
    notes = (*kept.notes, *_notes(count, differences, kept, panel.n_series))
    return replace(previous, fitted=fitted, notes=notes, content=content, kept=kept, keeps=True)


def _reason_to_test(kept: Kept, panel: Panel, config: FitConfig) -> str | None:
    """The reason to learn weights and accuracy again; None if they are still good."""
    age = int(periods_between(kept.tested_until, panel.timestamps[-1:], panel.frequency)[0])
    most = min(config.season_length, max(config.horizon // HORIZON_PARTS, 1))
    if age > most:
        return (
            f"the last full training used the data until {_day(kept.tested_until)}; "
            f"{age} periods came since then, and {most} are allowed"
        )
    if kept.rewritten > MOST_CHANGED * panel.n_series:
        return (
            f"since the last full training, {kept.rewritten} of {panel.n_series} series are new, "
            f"gone or have a changed past, and {100 * MOST_CHANGED:g} % are allowed"
        )
    return None


def _notes(count: int, differences: Changes, kept: Kept, n_series: int) -> list[str]:
    tested, shared = _day(kept.tested_until), _day(kept.shared_until)
    notes = [
        f"{count} of {n_series} series were fitted again. The effects that all series share come "
        f"from the data until {shared}, weights and accuracy from the data until {tested}."
    ]
    if len(differences.edited):
        notes.append(
            f"The past of {len(differences.edited)} series changed; their weights and accuracy "
            "still come from the earlier data."
        )
    return notes


def _day(time: object) -> str:
    return str(time)[:10]
