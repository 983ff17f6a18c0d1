"""Forecaster: finds and queries the forecasts of one dataset group through the Amazon API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecast_service.aws import translate_errors
from forecast_service.errors import InvalidRequest, NoForecast, Remedy
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.groups import DatasetGroup
from forecast_service.trainer import list_summaries, metadata_frame, newest_active

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Forecaster"]

FORECAST_COLUMNS = (
    "ForecastArn",
    "ForecastName",
    "PredictorArn",
    "CreatedUsingAutoPredictor",
    "DatasetGroupArn",
    "Status",
    "Message",
    "CreationTime",
    "LastModificationTime",
)


class Forecaster:
    """Forecasts of one dataset group; every call reads the API again."""

    def __init__(self, session: ForecastSession, settings: Settings, group: DatasetGroup) -> None:
        self.session = session
        self.settings = settings
        self.group = group

    def get_df_forecast_metadata(self) -> pd.DataFrame:
        """Every forecast of the group, one row each, in the order of the API.

        Columns are those of Amazon's ForecastSummary, with aware times in UTC. The table has
        them even without rows.
        """
        return metadata_frame(self._forecasts(), FORECAST_COLUMNS)

    def get_latest_forecast(self) -> dict[str, Any] | None:
        """Summary of the newest ACTIVE forecast of the group by creation time, or None."""
        return newest_active(self._forecasts())

    def get_forecast(
        self, store_id: int | str, item: str | None = None, forecast_arn: str | None = None
    ) -> dict[str, Any]:
        """Amazon's answer to QueryForecast for one series, by default of the latest forecast.

        Raises
        ------
        InvalidRequest
            The group forecasts items and ``item`` is missing, or whole stores and it is present.
        NoForecast
            No forecast is ACTIVE.
        """
        filters = self._filters(str(store_id), item)
        arn = forecast_arn or self._latest_arn()
        with translate_errors():
            answer: dict[str, Any] = self.session.forecastquery.query_forecast(
                ForecastArn=arn, Filters=filters
            )
        return answer

    def _forecasts(self) -> list[dict[str, Any]]:
        return list_summaries(self.session.forecast, "list_forecasts", "Forecasts", self.group.arn)

    def _filters(self, store: str, item: str | None) -> dict[str, str]:
        if self.group.has_items and item is None:
            raise InvalidRequest(
                f"'item' is missing: dataset group '{self.group.name}' forecasts items in stores. "
                f"Name an item of store '{store}'."
            )
        if not self.group.has_items and item is not None:
            raise InvalidRequest(
                f"'item' is '{item}', but dataset group '{self.group.name}' forecasts whole "
                "stores. Leave 'item' out."
            )
        return {"item_id": store} if item is None else {"item_id": item, "location": store}

    def _latest_arn(self) -> str:
        forecast = self.get_latest_forecast()
        if forecast is None:
            raise NoForecast(
                f"Dataset group '{self.group.name}' has no ACTIVE forecast.",
                remedy=Remedy.TRAIN,
            )
        return str(forecast["ForecastArn"])
