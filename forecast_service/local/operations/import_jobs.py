"""Dataset import jobs: what they may be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.local import catalog, descriptions
from forecast_service.local.arns import arn_of
from forecast_service.local.calls import ACTIVE, Call, Params, create, refuse_taken, require
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import InUse, InvalidInput
from forecast_service.local.files.domains import METADATA
from forecast_service.local.kinds import DATASET, IMPORT_JOB

__all__ = ["DATE_AND_TIME", "DATE_ONLY", "create_import_job"]

DATE_ONLY = ("yyyy-MM-dd",)
DATE_AND_TIME = ("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd hh:mm:ss")  # Amazon reads hh as HH
SUB_DAILY = ("H", "min")
GEOLOCATIONS = ("LAT_LONG", "CC_POSTALCODE")
SAME_IN_INCREMENTS = (
    "TimestampFormat",
    "Format",
    "TimeZone",
    "UseGeolocationForTimeZone",
    "GeolocationFormat",
)
DEFAULTS = {"Format": "CSV", "ImportMode": "FULL", "UseGeolocationForTimeZone": False}


def create_import_job(call: Call, params: Params) -> dict[str, Any]:
    """CreateDatasetImportJob: a worker will read the files into a new version of the data."""
    dataset = require(call, DATASET, params["DatasetArn"])
    name = params["DatasetImportJobName"]
    arn = arn_of(call.settings, IMPORT_JOB.word, dataset.name, name)
    # This check comes first, so that a repeated call shows that the first one succeeded.
    refuse_taken(call, IMPORT_JOB, name, arn)
    status, _ = descriptions.dataset_state(call.connection, dataset)
    if status != ACTIVE:
        raise InUse(
            f"The dataset '{dataset.arn}' is {status}: another import job has not ended. "
            "Wait until the dataset is ACTIVE."
        )
    request = _add_defaults(params, dataset)
    _check_format(request, dataset)
    _check_time_zone(request)
    _check_encryption(request, dataset)
    _check_increment(call, request, dataset)
    return create(call, IMPORT_JOB, request, arn=arn, parent=dataset)


def _add_defaults(params: Params, dataset: Resource) -> dict[str, Any]:
    request = {**DEFAULTS, **params}
    if dataset.request["DatasetType"] != METADATA:
        request.setdefault("TimestampFormat", DATE_AND_TIME[0])
    return request


def _check_format(request: Mapping[str, Any], dataset: Resource) -> None:
    frequency = parse_frequency(dataset.request.get("DataFrequency", "D"))
    allowed = DATE_AND_TIME if frequency.unit in SUB_DAILY else (*DATE_ONLY, *DATE_AND_TIME)
    time_format = request.get("TimestampFormat", allowed[0])
    if time_format not in allowed:
        raise InvalidInput(
            f"TimestampFormat '{time_format}' does not fit data of frequency '{frequency}'. "
            f"Allowed are: {', '.join(allowed)}."
        )
    geolocation = request.get("GeolocationFormat", GEOLOCATIONS[0])
    if geolocation not in GEOLOCATIONS:
        raise InvalidInput(
            f"GeolocationFormat '{geolocation}' is unknown. Allowed are: {', '.join(GEOLOCATIONS)}."
        )


def _check_time_zone(request: Mapping[str, Any]) -> None:
    """Refuse a name that is not in the time zone database, which Joda uses, too."""
    if "TimeZone" not in request:
        return
    name, known = request["TimeZone"], available_timezones()
    if known and name not in known:
        alike = get_close_matches(name, known, n=1) or ["Europe/Berlin"]
        raise InvalidInput(
            f"TimeZone '{name}' is unknown. Give a name of the IANA time zone database in its "
            f"exact spelling, such as '{alike[0]}' or 'UTC', or leave it out."
        )


def _check_encryption(request: Mapping[str, Any], dataset: Resource) -> None:
    key = request["DataSource"]["S3Config"].get("KMSKeyArn")
    dataset_key = dataset.request.get("EncryptionConfig", {}).get("KMSKeyArn")
    if key is not None and key != dataset_key:
        raise InvalidInput(
            f"KMSKeyArn '{key}' is not the key of the dataset's EncryptionConfig. "
            "Give the same key in both, or none here."
        )


def _check_increment(call: Call, request: Mapping[str, Any], dataset: Resource) -> None:
    if request["ImportMode"] != "INCREMENTAL":
        return
    earlier = catalog.newest_child(call.connection, dataset.arn, ACTIVE)
    if earlier is None:
        raise InvalidInput(
            f"ImportMode 'INCREMENTAL' needs existing data, but the dataset '{dataset.name}' has "
            "none yet. Use 'FULL' first."
        )
    before = earlier.request
    has_times = dataset.request["DatasetType"] != METADATA
    for member in SAME_IN_INCREMENTS if has_times else SAME_IN_INCREMENTS[1:]:
        if request.get(member) != before.get(member):
            raise InvalidInput(
                f"'{member}' is '{request.get(member)}', but was '{before.get(member)}' in the "
                f"import job '{earlier.name}'. Use the same value, or import everything with "
                "ImportMode 'FULL'."
            )
