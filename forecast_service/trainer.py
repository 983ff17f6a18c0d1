"""Trainer: makes predictors and forecasts of one dataset group through the Amazon Forecast API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError

from forecast_service.aws import ALREADY_EXISTS, error_code, translate_errors
from forecast_service.errors import BackendUnavailable, NoForecast, Remedy
from forecast_service.predictor_requests import auto_predictor, legacy_predictor
from forecast_service.session import ForecastSession
from forecast_service.settings import Settings
from forecast_service.storage.groups import DatasetGroup

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trainer", "age_days", "list_summaries", "metadata_frame", "newest_active"]

SECONDS_PER_DAY = 86400.0
PREDICTOR_COLUMNS = (
    "PredictorArn",
    "PredictorName",
    "DatasetGroupArn",
    "IsAutoPredictor",
    "Status",
    "Message",
    "CreationTime",
    "LastModificationTime",
)
WRONG_KIND = {"InvalidInputException", "ResourceNotFoundException"}


class Trainer:
    """Predictors and forecasts of one dataset group; every call reads the API again."""

    def __init__(self, session: ForecastSession, settings: Settings, group: DatasetGroup) -> None:
        self.session = session
        self.settings = settings
        self.group = group

    def get_df_pred_metadata(self) -> pd.DataFrame:
        """Every predictor of the group, one row each, in the order of the API.

        Columns are those of Amazon's PredictorSummary, with aware times in UTC. The table has
        them even without rows.
        """
        return metadata_frame(self.predictors(), PREDICTOR_COLUMNS)

    def predictors(self) -> list[dict[str, Any]]:
        """Amazon's PredictorSummary of every predictor of the group."""
        return list_summaries(
            self.session.forecast, "list_predictors", "Predictors", self.group.arn
        )

    def get_latest_predictor(self) -> dict[str, Any] | None:
        """Summary of the newest ACTIVE predictor of the group by creation time.

        None if there is none, or if it cannot be read any more.
        """
        newest = self._newest()
        return None if newest is None or self._problem_of(newest) else newest

    def lost_predictor(self) -> str | None:
        """Why the newest ACTIVE predictor counts as none: its name and problem, or None."""
        newest = self._newest()
        problem = None if newest is None else self._problem_of(newest)
        if newest is None or problem is None:
            return None
        return f"predictor '{newest['PredictorName']}' cannot be used any more ({problem})"

    def _newest(self) -> dict[str, Any] | None:
        """The newest ACTIVE predictor.

        Predictors of earlier data, which an undo removed as a whole, do not count.
        """
        after = self.group.trained_after or 0.0
        return newest_active(
            [p for p in self.predictors() if p["CreationTime"].timestamp() >= after]
        )

    def latest_predictor_in_tolerance(
        self, tolerance_days: float = 2, at: datetime | None = None
    ) -> bool:
        """Whether the newest ACTIVE predictor is younger than ``tolerance_days`` at ``at``.

        ``at`` defaults to now and is UTC if it has no zone. Before its creation a predictor has
        age 0.
        """
        predictor = self.get_latest_predictor()
        if predictor is None:
            return False
        return age_days(predictor, at or datetime.now(UTC)) < tolerance_days

    def train_new_predictor(self, name: str | None = None) -> str:
        """Start the training of a predictor and return its ARN; it is ready some time later.

        A second call with the same name returns the existing predictor.
        """
        name = name or _dated_name(self.group.name)
        if self.settings.algorithm == "auto":
            create = self.session.forecast.create_auto_predictor
            request = auto_predictor(name, self.group, self.settings)
        else:
            create = self.session.forecast.create_predictor
            request = legacy_predictor(name, self.group, self.settings)
        request |= self.session.tagging
        arn = self._create("PredictorArn", create, request) or self.find_predictor(name)
        return arn or self._refuse_taken(name)

    def create_latest_forecast(
        self, predictor_arn: str | None = None, name: str | None = None
    ) -> str:
        """Start a forecast of every series on the newest data and return its ARN.

        ``predictor_arn`` defaults to the latest predictor.

        Raises
        ------
        NoForecast
            No predictor is ACTIVE.
        """
        name = name or _dated_name(self.group.name)
        request = {
            "ForecastName": name,
            "PredictorArn": predictor_arn or self._latest_arn(),
            "ForecastTypes": list(self.settings.forecast_types),
            **self.session.tagging,
        }
        create = self.session.forecast.create_forecast
        arn = self._create("ForecastArn", create, request) or self.find_forecast(name)
        return arn or self._refuse_taken(name)

    def delete_forecast(self, arn: str) -> None:
        """Delete a forecast; its name becomes free."""
        with translate_errors():
            self.session.forecast.delete_forecast(ForecastArn=arn)

    def describe_predictor(self, arn: str) -> dict[str, Any]:
        """Amazon's description of a predictor, legacy or auto."""
        client = self.session.forecast
        operations = [client.describe_auto_predictor, client.describe_predictor]
        if self.settings.algorithm != "auto":
            operations.reverse()
        with translate_errors():
            try:
                description: dict[str, Any] = operations[0](PredictorArn=arn)
            except ClientError as error:
                if error_code(error) not in WRONG_KIND:
                    raise
                description = operations[1](PredictorArn=arn)
        return description

    def describe_forecast(self, arn: str) -> dict[str, Any]:
        """Amazon's description of a forecast."""
        with translate_errors():
            description: dict[str, Any] = self.session.forecast.describe_forecast(ForecastArn=arn)
        return description

    def find_predictor(self, name: str) -> str | None:
        """ARN of the group's predictor with this name, or None."""
        arns = [p["PredictorArn"] for p in self.predictors() if p["PredictorName"] == name]
        return arns[-1] if arns else None

    def find_forecast(self, name: str) -> str | None:
        """ARN of the group's forecast with this name, or None."""
        forecasts = list_summaries(
            self.session.forecast, "list_forecasts", "Forecasts", self.group.arn
        )
        arns = [f["ForecastArn"] for f in forecasts if f["ForecastName"] == name]
        return arns[-1] if arns else None

    def stop(self, arn: str) -> None:
        """Stop the computation of a predictor or forecast; nothing happens if it has ended."""
        with translate_errors():
            try:
                self.session.forecast.stop_resource(ResourceArn=arn)
            except ClientError as error:
                if error_code(error) not in WRONG_KIND:
                    raise

    def _problem_of(self, predictor: Mapping[str, Any]) -> str | None:
        return self.session.details.predictor_problem(predictor["PredictorArn"])

    def _latest_arn(self) -> str:
        predictor = self.get_latest_predictor()
        if predictor is None:
            raise NoForecast(
                f"Dataset group '{self.group.name}' has no ACTIVE predictor.",
                remedy=Remedy.TRAIN,
            )
        return str(predictor["PredictorArn"])

    def _refuse_taken(self, name: str) -> NoReturn:
        # AWS creates and deletes asynchronously: the name may soon be listed, or free.
        raise BackendUnavailable(
            f"The name '{name}' is taken, but dataset group '{self.group.name}' lists nothing "
            "of that name. Try again in a moment, or choose another name."
        )

    @staticmethod
    def _create(
        member: str, create: Callable[..., Mapping[str, Any]], request: Mapping[str, Any]
    ) -> str | None:
        """The new ARN; None if the name is taken."""
        with translate_errors():
            try:
                return str(create(**request)[member])
            except ClientError as error:
                if error_code(error) != ALREADY_EXISTS:
                    raise
                return None


def list_summaries(
    client: Any, operation: str, member: str, group_arn: str
) -> list[dict[str, Any]]:
    """All summaries of a List operation for one dataset group, from every page."""
    filters = [{"Key": "DatasetGroupArn", "Value": group_arn, "Condition": "IS"}]
    with translate_errors():
        try:
            pages = client.get_paginator(operation).paginate(Filters=filters)
            return [summary for page in pages for summary in page.get(member, [])]
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return []
            raise


def newest_active(summaries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The summary with the latest CreationTime among those with Status ACTIVE, or None."""
    active = [summary for summary in summaries if summary.get("Status") == "ACTIVE"]
    return max(active, key=lambda summary: _utc(summary["CreationTime"]), default=None)


def metadata_frame(summaries: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """One row per summary; all ``columns`` exist even without rows, and times are aware UTC."""
    import pandas as pd  # half a second and 40 MB, which no web process and no worker needs

    frame = pd.DataFrame(summaries, columns=list(columns))
    for name in ("CreationTime", "LastModificationTime"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def age_days(predictor: Mapping[str, Any], at: datetime) -> float:
    """Days from the predictor's creation until ``at``; 0 if ``at`` is before it."""
    age: timedelta = _utc(at) - _utc(predictor["CreationTime"])
    return max(age.total_seconds() / SECONDS_PER_DAY, 0.0)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _dated_name(group: str) -> str:
    suffix = datetime.now(UTC).strftime("_%Y%m%d_%H%M%S_%f")
    return group[: 63 - len(suffix)] + suffix
