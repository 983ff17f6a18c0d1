"""Explainabilities of predictors and forecasts: what they may be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forecast_service.local import catalog
from forecast_service.local.arns import arn_of, arn_prefix, ulid
from forecast_service.local.calls import (
    CREATE_PENDING,
    Call,
    Params,
    create,
    require,
    require_active,
)
from forecast_service.local.catalog import Resource
from forecast_service.local.errors import DoesNotExist, InvalidInput, TooMany
from forecast_service.local.files.domains import METADATA, RELATED
from forecast_service.local.kinds import (
    DATASET_GROUP,
    EXPLAINABILITY,
    EXPLAINABILITY_EXPORT,
    FORECAST,
    PREDICTOR,
)
from forecast_service.local.operations.dataset_groups import datasets_of
from forecast_service.local.operations.exports import create_export
from forecast_service.local.operations.time_series_selectors import check_selector
from forecast_service.local.resource_details import PredictorDetails

__all__ = [
    "create_explainability",
    "create_explainability_export",
    "insert_explainability",
    "require_explainable",
]

SERIES, TIMES = ("DataSource", "Schema"), ("StartDateTime", "EndDateTime")
GRANULARITIES = {"TimeSeriesGranularity": SERIES, "TimePointGranularity": TIMES}
WHOLE = dict.fromkeys(GRANULARITIES, "ALL")


def create_explainability(call: Call, params: Params) -> dict[str, Any]:
    """CreateExplainability: of an ACTIVE auto predictor, or of a forecast by one."""
    subject = _subject(call, params["ResourceArn"])
    predictor = subject
    if subject.type == FORECAST.word:
        predictor = require(call, PREDICTOR, str(subject.parent_arn))
    require_explainable(call, predictor)
    _check_granularity(params, is_forecast=subject is not predictor)
    names = tuple(PredictorDetails.of(predictor.details).keys or ())
    if "DataSource" in params:
        identifiers = {member: params[member] for member in SERIES}
        check_selector({"TimeSeriesSelector": {"TimeSeriesIdentifiers": identifiers}}, names)
    if subject is predictor:
        _refuse_second(call, predictor)
    name = params[EXPLAINABILITY.name_member]
    return create(
        call,
        EXPLAINABILITY,
        {"EnableVisualization": False, **params},
        arn=arn_of(call.settings, EXPLAINABILITY.word, name),
        parent=subject,
        dataset_group_arn=subject.dataset_group_arn,
    )


def create_explainability_export(call: Call, params: Params) -> dict[str, Any]:
    """CreateExplainabilityExport: a worker will write all scores of an explainability."""
    return create_export(call, EXPLAINABILITY_EXPORT, params, EXPLAINABILITY)


def insert_explainability(call: Call, predictor: Resource) -> None:
    """Add the explainability of a predictor that is not trained yet; it begins after that.

    Its name is that of the predictor, unless another explainability has it.
    """
    name = predictor.name
    if (
        catalog.find(call.connection, EXPLAINABILITY.word, name, arn_prefix(call.settings))
        is not None
    ):
        name = f"{name[:36]}_{ulid()}"
    catalog.insert(
        call.connection,
        arn=arn_of(call.settings, EXPLAINABILITY.word, name),
        type=EXPLAINABILITY.word,
        name=name,
        status=CREATE_PENDING,
        request={
            "ResourceArn": predictor.arn,
            "ExplainabilityConfig": WHOLE,
            "EnableVisualization": True,
        },
        parent_arn=predictor.arn,
        dataset_group_arn=predictor.dataset_group_arn,
    )


def require_explainable(call: Call, predictor: Resource) -> None:
    """Refuse a predictor without anything that could explain its forecasts.

    Raises
    ------
    InvalidInput
        It is no auto predictor, or has neither related series nor metadata nor holidays.
    """
    if not PredictorDetails.of(predictor.details).is_auto:
        raise InvalidInput(
            f"The predictor '{predictor.arn}' was made by CreatePredictor. Only predictors of "
            "CreateAutoPredictor can be explained: upgrade it with its ARN as "
            "ReferencePredictorArn."
        )
    group = require(call, DATASET_GROUP, str(predictor.dataset_group_arn))
    has_data = {RELATED, METADATA} & set(datasets_of(call, group))
    if not has_data and not predictor.request["DataConfig"].get("AdditionalDatasets"):
        raise InvalidInput(
            f"The predictor '{predictor.arn}' has nothing that could explain its forecasts. Train "
            f"it with a {RELATED} or {METADATA} dataset, or with holidays as AdditionalDatasets."
        )


def _subject(call: Call, arn: str) -> Resource:
    found = call.find(arn)
    if found is None or found.type not in (PREDICTOR.word, FORECAST.word):
        raise DoesNotExist(
            f"No predictor and no forecast exists with the arn: {arn}. ListPredictors and "
            "ListForecasts show those that exist."
        )
    return require_active(call, PREDICTOR if found.type == PREDICTOR.word else FORECAST, arn)


def _check_granularity(params: Params, *, is_forecast: bool) -> None:
    config: Mapping[str, str] = params["ExplainabilityConfig"]
    for member, needed in GRANULARITIES.items():
        is_specific = config[member] == "SPECIFIC"
        if is_specific and not is_forecast:
            raise InvalidInput(
                f"'{member}' is SPECIFIC, but ResourceArn is that of a predictor, which is "
                "explained as a whole. Use ALL, or the ARN of a forecast."
            )
        for name in needed:
            if is_specific and name not in params:
                raise InvalidInput(f"'{name}' is missing: '{member}' is SPECIFIC. Give it.")
            if not is_specific and name in params:
                raise InvalidInput(
                    f"'{name}' does not go with '{member}' ALL. Leave it out, or use SPECIFIC."
                )
    if TIMES[0] in params and _time(params, TIMES[0]) > _time(params, TIMES[1]):
        raise InvalidInput(
            f"StartDateTime '{params[TIMES[0]]}' is after EndDateTime '{params[TIMES[1]]}'. "
            "Exchange them."
        )


def _time(params: Params, member: str) -> datetime:
    try:
        return datetime.strptime(params[member], "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise InvalidInput(
            f"{member} '{params[member]}' is not a time. Write it as yyyy-MM-ddTHH:mm:ss."
        ) from error


def _refuse_second(call: Call, predictor: Resource) -> None:
    for child in catalog.children(call.connection, predictor.arn):
        if child.type == EXPLAINABILITY.word:
            raise TooMany(
                f"The predictor '{predictor.arn}' has the explainability '{child.arn}', and can "
                "have only one. Use it, or delete it first."
            )
