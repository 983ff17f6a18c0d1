"""Remedies over HTTP: the route that helps."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.errors import Remedy

__all__ = ["REMEDY_ROUTES"]

REMEDY_ROUTES: Mapping[Remedy, str] = {
    Remedy.TRAIN: "Ask for one with POST /training.",
    Remedy.TRAIN_BY_FORCE: 'Ask for a new one with POST /training {{"force": true}}.',
    Remedy.FOLLOW_RUN: (
        "One is being made: see /training/{subject}, and ask again when it is serving."
    ),
    Remedy.LIST_RUNS: "GET /training lists them.",
    Remedy.IMPORT: "Send them with POST /imports.",
    Remedy.IMPORT_THEN_TRAIN: (
        "Send them with POST /imports, then ask for a training with POST /training."
    ),
    Remedy.LIST_IMPORTS: "GET /imports lists them.",
    Remedy.LIST_FORECASTS: "GET /forecasts lists them.",
    Remedy.LIST_STORES: "GET /stores lists them.",
    Remedy.LIST_REGIONS: "GET /stores lists the stores.",
    Remedy.ALLOW_RETURNS: "'allow_returns' allows sales below 0.",
    Remedy.IGNORE_COLUMNS: "'ignore' leaves columns out.",
    Remedy.NAME_DECIMAL: "'decimal' says it: 'point' or 'comma'.",
    Remedy.NAME_DATE_ORDER: "'date_order' says it: 'dmy', 'mdy' or 'ymd'.",
    Remedy.ADD_UP_ROWS: (
        "'duplicates' says what several rows of a day mean: 'sum' adds their sales up, 'last' "
        "keeps the last row."
    ),
    Remedy.COUNT_MISSING_AS_ZERO: (
        "If nothing was sold on days without a row, 'missing' = 'zero' counts them as 0."
    ),
}
