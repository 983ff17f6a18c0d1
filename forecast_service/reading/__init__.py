"""Reading the served forecast: the pointer, ready bytes, provenance, what-ifs."""

from __future__ import annotations

from forecast_service.reading.current import Answer, CurrentForecast, Documents, Encode
from forecast_service.reading.overview import Overview
from forecast_service.reading.questions import Question
from forecast_service.reading.what_if import Supposition, WhatIf, total_of

__all__ = [
    "Answer",
    "CurrentForecast",
    "Documents",
    "Encode",
    "Overview",
    "Question",
    "Supposition",
    "WhatIf",
    "total_of",
]
