"""The importer: turns retail files into canonical datasets, and reports what they contain."""

from __future__ import annotations

from forecast_service.importer.imports import Imports
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.steps import KIND, fail
from forecast_service.importer.understanding.report import ImportReport

__all__ = ["KIND", "ImportOptions", "ImportReport", "Imports", "fail"]
