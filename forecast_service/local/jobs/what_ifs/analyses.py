"""What-if analyses: a forecast, and the series that the what-ifs are about."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from forecast_service.common.keys import split_key
from forecast_service.local.jobs.job import Finish, Job
from forecast_service.local.jobs.supplied.selected_series import require_some, selected_keys
from forecast_service.local.resource_details import AnalysisDetails, PredictorDetails
from forecast_service.storage import forecast_store

__all__ = ["run_analysis"]


def run_analysis(job: Job) -> Finish:
    """Note the selected series; a what-if forecast does the rest.

    Raises
    ------
    InvalidData
        The selection cannot be read, or none of its series is in the forecast.
    """
    request = job.resource.request
    forecast = job.get(request["ForecastArn"])
    predictor = job.get(str(forecast.parent_arn))
    names = PredictorDetails.of(predictor.details).keys or ()
    listed = selected_keys(job, request.get("TimeSeriesSelector"), names)
    details = AnalysisDetails.of(job.resource.details)
    if listed is not None:
        with job.database.read() as connection:
            known = {split_key(key) for key in forecast_store.keys(connection, forecast.arn)}
        chosen = sorted(listed & known)
        require_some(chosen, listed)
        details = replace(details, selected=[list(key) for key in chosen])

    def finish(connection: sa.Connection) -> AnalysisDetails:
        return details

    return finish
