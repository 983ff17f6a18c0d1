"""Retraining that costs what changed: what did not change is kept from an earlier training.

A series' own parameters rest on its own data, the effects that all share on those of all, and
weights, calibration and accuracy on windows of the past. So there are three costs:

- Few series changed: they are fitted again, against what all share; the others meet the new
  periods as in a forecast on newer data. An unchanged series keeps its parameters to the last bit.
- Many got new periods, or the algorithm cannot fit single series: all are fitted on all of the
  data; the windows, which lie before the new periods, are not tested again.
- The windows themselves are another ones, by their age or by a changed past: everything is done
  again. So no model ages unnoticed.
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

MOST_CHANGED = 0.05  # share of the series
"""Up to it, what is learned from all series is kept."""
HORIZON_PARTS = 4
"""Windows are tested again after a season, or after this part of the horizon if that is shorter."""


def retrain(
    name: str, previous: Trained, panel: Panel, config: FitConfig, progress: Progress = silent
) -> Trained | str:
    """The training carried to a newer panel, or the reason why everything must be done again.

    Its accuracy windows are those of the earlier training.
    """
    if identity_of(name, panel, config) != previous.content.identity:
        return "the configuration or the engine itself is another one"
    if panel.timestamps[-1] < previous.content.until:
        return f"the data end before {_day(previous.content.until)}, where they ended last time"
    found, content = changes(previous.content, panel)
    kept = replace(
        previous.kept,
        rewritten=previous.kept.rewritten + found.rewritten,
        changed=previous.kept.changed + len(found.rows) + found.gone,
    )
    reason = _outdated(kept, panel, config)
    if reason is not None:
        return reason
    again: Rows | None = found.rows
    fits_single = isinstance(algorithm(name), Refits)
    if kept.changed > MOST_CHANGED * panel.n_series or (len(found.rows) and not fits_single):
        again, kept = None, replace(kept, shared_until=content.until, changed=0)
    count = panel.n_series if again is None else len(again)
    progress(0.1, f"fitting {count} of {panel.n_series} series again")
    try:
        with pool(config.processes):
            fitted = refit(name, previous.fitted, panel, again, config, part(progress, 0.1, 1.0))
    except CannotRefit as error:
        return str(error)
    progress(1.0, f"{count} of {panel.n_series} series were fitted again")
    notes = (*kept.notes, *_notes(count, found, kept, panel.n_series))
    return replace(previous, fitted=fitted, notes=notes, content=content, kept=kept, keeps=True)


def _outdated(kept: Kept, panel: Panel, config: FitConfig) -> str | None:
    """Why weights and accuracy must be learned again, if they must."""
    age = int(periods_between(kept.tested_until, panel.timestamps[-1:], panel.frequency)[0])
    most = min(config.season_length, max(config.horizon // HORIZON_PARTS, 1))
    if age > most:
        return (
            f"{age} periods came since the last full training, on the data until "
            f"{_day(kept.tested_until)}, and {most} may"
        )
    if kept.rewritten > MOST_CHANGED * panel.n_series:
        return (
            f"the past of {kept.rewritten} of {panel.n_series} series is another one than in the "
            f"last full training, and that of {MOST_CHANGED:.0%} may be"
        )
    return None


def _notes(count: int, found: Changes, kept: Kept, n_series: int) -> list[str]:
    tested, shared = _day(kept.tested_until), _day(kept.shared_until)
    notes = [
        f"{count} of {n_series} series were fitted again. What all series share was learned from "
        f"the data until {shared}, weights and accuracy from those until {tested}."
    ]
    if len(found.edited):
        notes.append(
            f"{len(found.edited)} series have another past than before; their weights and accuracy "
            "rest on what was known then."
        )
    return notes


def _day(time: object) -> str:
    return str(time)[:10]
