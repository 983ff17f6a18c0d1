"""Groups of errors that many operations share, for ``documented``."""

from __future__ import annotations

from forecast_service.errors import (
    Busy,
    Conflict,
    DamagedData,
    InvalidData,
    InvalidRequest,
    NoForecast,
    NotFound,
    NotOffered,
    NotWritable,
    OutsideHorizon,
    TooMuch,
    UnknownField,
    UnknownFormat,
    UnknownItem,
    UnknownRegion,
    UnknownStore,
)
from forecast_service.resources.contract.documentation import Refusal

__all__ = [
    "OF_BODIES",
    "OF_CHANGES",
    "OF_FILES",
    "OF_FORECASTS",
    "OF_FORMATS",
    "OF_NAMES",
    "OF_QUERIES",
    "OF_REGIONS",
    "OF_SERIES",
    "OF_STATES",
    "OF_STORES",
    "OF_WHAT_IFS",
    "OF_WRITING",
]

Refusals = tuple[Refusal, ...]

OF_QUERIES: Refusals = (InvalidRequest, UnknownField)
OF_BODIES: Refusals = (400, 415, InvalidRequest, UnknownField)
OF_FORMATS: Refusals = (UnknownFormat, 406)
OF_NAMES: Refusals = (NotFound, InvalidRequest)
"""A name in the address."""
OF_STORES: Refusals = (UnknownStore, InvalidRequest)
OF_REGIONS: Refusals = (UnknownRegion,)
OF_SERIES: Refusals = (UnknownStore, UnknownItem)
OF_FORECASTS: Refusals = (*OF_SERIES, NoForecast, TooMuch, OutsideHorizon, DamagedData)
OF_WHAT_IFS: Refusals = (*OF_FORECASTS, Conflict, NotOffered, Busy)
OF_STATES: Refusals = (Conflict,)
OF_WRITING: Refusals = (NotWritable,)
OF_FILES: Refusals = (*OF_BODIES, InvalidData, Busy, *OF_WRITING)
OF_CHANGES: Refusals = (*OF_NAMES, *OF_STATES, UnknownField, NotOffered, DamagedData)
"""Taking back an import."""
