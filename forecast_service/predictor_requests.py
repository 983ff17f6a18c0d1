"""The parameters that we pass to CreateAutoPredictor and CreatePredictor."""

from __future__ import annotations

from typing import Any

from forecast_service.common.countries import amazon_country
from forecast_service.engine.periods.frequency import parse_frequency
from forecast_service.local.arns import ALGORITHMS, algorithm_arn
from forecast_service.local.operations.alignment import boundary_of
from forecast_service.settings import Settings
from forecast_service.storage.groups import DatasetGroup

__all__ = ["auto_predictor", "legacy_predictor"]

TARGET_ATTRIBUTE = "demand"
ALGORITHM_ARNS = {name.lower(): algorithm_arn(name) for name in ALGORITHMS}
# A day without a row is unknown, not zero: a store may be closed for refurbishment.
TARGET_FILLING = {"middlefill": "nan", "backfill": "nan"}
COVARIATE_FILLING = {"middlefill": "zero", "backfill": "zero", "futurefill": "zero"}


def auto_predictor(name: str, group: DatasetGroup, settings: Settings) -> dict[str, Any]:
    """Parameters of CreateAutoPredictor."""
    request: dict[str, Any] = {
        "PredictorName": name,
        "ForecastHorizon": group.horizon,
        "ForecastFrequency": parse_frequency(group.frequency).unit,
        "ForecastTypes": list(settings.forecast_types),
        "DataConfig": {
            "DatasetGroupArn": group.arn,
            "AttributeConfigs": [
                {"AttributeName": attribute, "Transformations": dict(filling)}
                for attribute, filling in _fillings(group)
            ],
        },
    }
    if boundary := boundary_of(group.frequency):
        request["TimeAlignmentBoundary"] = boundary
    if group.dimensions:
        request["ForecastDimensions"] = list(group.dimensions)
    if settings.country is not None:
        countries = [amazon_country(settings.country)]
        holidays = {"Name": "holiday", "Configuration": {"CountryCode": countries}}
        request["DataConfig"]["AdditionalDatasets"] = [holidays]
    return request


def legacy_predictor(name: str, group: DatasetGroup, settings: Settings) -> dict[str, Any]:
    """Parameters of CreatePredictor with the algorithm of the settings.

    CreatePredictor takes no boundary: its weeks begin on Mondays, even if those of the data do not.
    """
    featurization: dict[str, Any] = {
        "ForecastFrequency": parse_frequency(group.frequency).unit,
        "Featurizations": [
            {"AttributeName": attribute, "FeaturizationPipeline": [_filling_step(filling)]}
            for attribute, filling in _fillings(group)
        ],
    }
    if group.dimensions:
        featurization["ForecastDimensions"] = list(group.dimensions)
    data: dict[str, Any] = {"DatasetGroupArn": group.arn}
    if settings.country is not None:
        country = amazon_country(settings.country)
        data["SupplementaryFeatures"] = [{"Name": "holiday", "Value": country}]
    return {
        "PredictorName": name,
        "AlgorithmArn": ALGORITHM_ARNS[settings.algorithm],
        "ForecastHorizon": group.horizon,
        "ForecastTypes": list(settings.forecast_types),
        "InputDataConfig": data,
        "FeaturizationConfig": featurization,
    }


def _fillings(group: DatasetGroup) -> list[tuple[str, dict[str, str]]]:
    return [
        (TARGET_ATTRIBUTE, TARGET_FILLING),
        *((name, COVARIATE_FILLING) for name in group.covariates),
    ]


def _filling_step(filling: dict[str, str]) -> dict[str, Any]:
    return {"FeaturizationMethodName": "filling", "FeaturizationMethodParameters": dict(filling)}
