"""Retraining that costs what changed: the rest of an earlier training is kept.

Effects that all series share, weights, calibration and accuracy rest on all of the data, and a few
new observations hardly move them; a series' own parameters rest on its own. So after a small change
only the series that changed are fitted again, against what all share, and the others meet the new
periods as a forecast on newer data would have it. How much may change is bounded, so that
no model ages unnoticed: beyond it, everything is fitted.
"""

from __future__ import annotations

from dataclasses import replace

from forecast_service.engine.algorithms import refit
from forecast_service.engine.algorithms.base import CannotRefit, FitConfig, Progress, silent
from forecast_service.engine.calendar import periods_between
from forecast_service.engine.content import Changes, changes, identity_of
from forecast_service.engine.panel import Panel
from forecast_service.engine.trained import Trained

__all__ = ["MOST_CHANGED", "retrain"]

MOST_CHANGED = 0.05  # share of the observations of the last full fit
"""Above it, what all series share is fitted again."""


def retrain(
    name: str, previous: Trained, panel: Panel, config: FitConfig, progress: Progress = silent
) -> Trained | str:
    """The training carried to a newer panel, or the reason why everything must be fitted again.

    Its accuracy windows are those of the last full fit. The result is determined by that fit and
    by each series' own content: an unchanged series keeps its parameters to the last bit.
    """
    if identity_of(name, panel, config) != previous.content.identity:
        return "the configuration or the version of the engine is another one"
    if panel.timestamps[-1] < previous.content.until:
        return f"the data end before {_day(previous.content.until)}, where they ended last time"
    found, content = changes(previous.content, panel)
    full = replace(previous.full, changed=previous.full.changed + found.observations)
    age = int(periods_between(full.until, panel.timestamps[-1:], panel.frequency)[0])
    if age > config.season_length:
        return (
            f"the last full training knew the data until {_day(full.until)}, and {age} periods "
            f"have passed since; {config.season_length} may"
        )
    if full.changed > MOST_CHANGED * full.observations:
        return (
            f"{full.changed} of {full.observations} observations have changed since the last full "
            f"training; {MOST_CHANGED:.0%} may"
        )
    progress(0.1, f"fitting {len(found.rows)} of {panel.n_series} series again")
    try:
        fitted = refit(name, previous.fitted, panel, found.rows, config)
    except CannotRefit as error:
        return str(error)
    progress(1.0, f"{len(found.rows)} of {panel.n_series} series were fitted again")
    notes = (*full.notes, *_notes(found, panel.n_series, _day(full.until)))
    return replace(previous, fitted=fitted, notes=notes, content=content, full=full)


def _notes(found: Changes, n_series: int, until: str) -> list[str]:
    notes = [
        f"{len(found.rows)} of {n_series} series were fitted again. What all series share, their "
        f"weights and the accuracy are those of the full training on the data until {until}."
    ]
    if len(found.edited):
        notes.append(
            f"{len(found.edited)} series were corrected in the past; their weights and accuracy "
            "rest on what was known before."
        )
    return notes


def _day(time: object) -> str:
    return str(time)[:10]
