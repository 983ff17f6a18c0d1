"""The plan: covariates of the coming days that a what-if may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast_service.importer.files.column_names import shown_name, snake
from forecast_service.reading.outlook.columns import numbers
from forecast_service.reading.outlook.timeline import Dates, Floats, Timeline
from forecast_service.storage.groups import DatasetGroup

__all__ = ["planned_covariates"]

FLAG, NUMBER, TEXT = "flag", "number", "text"


def planned_covariates(
    group: DatasetGroup, timeline: Timeline, ahead: Dates
) -> list[dict[str, Any]]:
    """Each covariate with its kind, what it may be, and its value on each coming day.

    A column of texts that became several covariates is one again.
    """
    planned, texts = timeline.covariates_on(ahead), group.texts or {}
    in_texts = {name for covariate_of in texts.values() for name in covariate_of.values()}
    plain = [
        _plain(shown_name(name), timeline.covariates[shown_name(name)], planned[shown_name(name)])
        for name in group.covariates
        if name not in in_texts and shown_name(name) in planned
    ]
    return plain + [_texts(column, of, planned) for column, of in texts.items()]


def _plain(name: str, known: Floats, planned: Floats) -> dict[str, Any]:
    values = np.concatenate([known, planned])
    finite = values[np.isfinite(values)]
    if np.isin(finite, (0.0, 1.0)).all():
        return _document(name, FLAG, [0, 1], None, numbers(planned))
    extent = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
    return _document(name, NUMBER, None, extent, numbers(planned))


def _texts(
    column: str, covariate_of: Mapping[str, str | None], planned: Mapping[str, Floats]
) -> dict[str, Any]:
    """A column of texts: on each day the text whose covariate is 1, else the ordinary one."""
    ordinary = [text for text, covariate in covariate_of.items() if covariate is None]
    marked = {
        shown_name(covariate): text
        for text, covariate in covariate_of.items()
        if covariate is not None and shown_name(covariate) in planned
    }
    count = len(next(iter(planned.values()), ()))
    values: list[Any] = [ordinary[0] if ordinary else None] * count
    for name, text in marked.items():
        for place in np.flatnonzero(planned[name] == 1).tolist():
            values[place] = text
    return _document(column, TEXT, [*ordinary, *marked.values()], None, values)


def _document(
    name: str, kind: str, allowed: list[Any] | None, extent: Any, values: list[Any]
) -> dict[str, Any]:
    least, most = extent or (None, None)
    return {
        "covariate": name,
        "label": snake(name).replace("_", " ").capitalize(),
        "kind": kind,
        "allowed": allowed,
        "least": least,
        "most": most,
        "values": values,
    }
