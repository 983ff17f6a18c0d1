"""The outlook of one store: its past and its forecast side by side, and what explains them."""

from __future__ import annotations

from forecast_service.reading.outlook.columns import rounded
from forecast_service.reading.outlook.comparisons import Comparisons, SeriesName
from forecast_service.reading.outlook.store_items import ItemsQuestion
from forecast_service.reading.outlook.store_outlook import OutlookQuestion, Outlooks

__all__ = ["Comparisons", "ItemsQuestion", "OutlookQuestion", "Outlooks", "SeriesName", "rounded"]
