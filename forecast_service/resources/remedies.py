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
    Remedy.NAME_COLUMN: "'column=date=NAME' names the column (also store, sales, item).",
    Remedy.NAME_SALES: (
        "'column=sales=NAME' names the column; 'wide' says that every column is of one store."
    ),
    Remedy.NAME_STORE: (
        "'column=store=NAME' names the column of the stores; 'store' says that all rows are of "
        "one store."
    ),
    Remedy.NAME_ENCODING: "'encoding' names it.",
    Remedy.NAME_SHEET: "'sheet' names the sheet to read.",
}
