"""The configuration of a predictor, in one form for legacy and auto predictors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from forecast_service.common.keys import MEAN, parse_forecast_type
from forecast_service.engine.algorithm import FitConfig
from forecast_service.engine.periods.frequency import season_length
from forecast_service.local.catalog import Resource
from forecast_service.local.operations.algorithms import engine_name
from forecast_service.local.operations.alignment import engine_frequency
from forecast_service.local.operations.closed_algorithms import is_closed
from forecast_service.local.operations.legacy_predictors import fillings
from forecast_service.local.resource_details import PredictorDetails
from forecast_service.settings import Settings

__all__ = ["AUTO", "PredictorConfig", "configuration_of", "fill_values"]

AUTO = "auto"
AUTO_ML = "algorithm/auto_ml"  # in place of an ARN, until one is chosen
CANDIDATES = ("Prophet", "ETS", "ARIMA", "NPTS")
AUTO_WINDOWS = 2  # weights and spread are learned on one window and tested on the other, both ways


@dataclass(frozen=True)
class PredictorConfig:
    """The configuration of a predictor. ``fillings``: attribute → Amazon's filling parameters."""

    dataset_group_arn: str
    algorithm: str
    """Name in the engine: ``auto``, or the end of the ARN in lower case."""
    algorithm_arn: str | None
    """None for auto predictors: Amazon's answers name no algorithm for them."""
    horizon: int
    frequency: str
    """Code of the engine: ``W-FRI`` for weeks that begin on Fridays."""
    begun: str | None = field(default=None, compare=False, kw_only=True)
    """The frequency since its training: it also says where periods of several units begin."""
    dimensions: tuple[str, ...]
    forecast_types: tuple[str, ...]
    fillings: Mapping[str, Mapping[str, str]]
    country: str | None
    windows: int = 1
    offset: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Training parameters, under Amazon's names."""
    candidates: tuple[str, ...] = ()
    """Algorithms (as in ARNs) among which AutoML still has to choose."""

    @property
    def is_auto(self) -> bool:
        return self.algorithm_arn is None

    def fit_config(self, settings: Settings) -> FitConfig:
        """The engine's configuration; p10, p50 and p90 measure a predictor of only the mean."""
        quantiles = sorted(
            parse_forecast_type(text) for text in self.forecast_types if text != MEAN
        )
        return FitConfig(
            horizon=self.horizon,
            quantiles=tuple(quantiles) or FitConfig.quantiles,
            season_length=season_length(self.frequency),
            country=self.country,
            seed=settings.seed,
            processes=settings.processes or os.cpu_count() or 1,
            backtest_windows=self.windows,
            backtest_offset=self.offset,
            options=self.options,
            prophet_solver=settings.prophet_solver,
        )


def fill_values(methods: Mapping[str, str]) -> dict[str, float]:
    """Numbers for the filling method ``value``, by ``middle``, ``back`` and ``future``."""
    return {
        kind: float(methods[f"{kind}fill_value"])
        for kind in ("middle", "back", "future")
        if f"{kind}fill_value" in methods
    }


def configuration_of(predictor: Resource) -> PredictorConfig:
    """The configuration of a predictor, from its request."""
    request, details = predictor.request, PredictorDetails.of(predictor.details)
    if details.is_auto:
        config = _auto_configuration(request)
    else:
        config = _legacy_configuration(request, details.chosen)
    return replace(config, begun=details.frequency)


def _auto_configuration(request: Mapping[str, Any]) -> PredictorConfig:
    data = request["DataConfig"]
    return PredictorConfig(
        dataset_group_arn=data["DatasetGroupArn"],
        algorithm=AUTO,
        algorithm_arn=None,
        windows=AUTO_WINDOWS,
        horizon=request["ForecastHorizon"],
        frequency=engine_frequency(
            request["ForecastFrequency"], request.get("TimeAlignmentBoundary", {})
        ),
        dimensions=tuple(request.get("ForecastDimensions", ())),
        forecast_types=tuple(request["ForecastTypes"]),
        fillings={
            entry["AttributeName"]: entry["Transformations"]
            for entry in data.get("AttributeConfigs", ())
        },
        country=_country(
            {
                entry["Name"]: entry.get("Configuration", {}).get("CountryCode", [])
                for entry in data.get("AdditionalDatasets", ())
            }
        ),
    )


def _legacy_configuration(request: Mapping[str, Any], chosen: str | None) -> PredictorConfig:
    """``chosen`` is the ARN of the algorithm that AutoML chose, if it did."""
    arn = request.get("AlgorithmArn") or chosen or AUTO_ML
    closed = is_closed(arn)
    featurization, data = request["FeaturizationConfig"], request["InputDataConfig"]
    evaluation = request.get("EvaluationParameters", {})
    return PredictorConfig(
        dataset_group_arn=data["DatasetGroupArn"],
        algorithm=AUTO if closed else engine_name(arn),
        algorithm_arn=arn,
        candidates=CANDIDATES if arn == AUTO_ML else (),
        horizon=request["ForecastHorizon"],
        frequency=featurization["ForecastFrequency"],
        dimensions=tuple(featurization.get("ForecastDimensions", ())),
        forecast_types=tuple(request["ForecastTypes"]),
        fillings=dict(fillings(featurization)),
        country=_country(
            {entry["Name"]: [entry["Value"]] for entry in data.get("SupplementaryFeatures", ())}
        ),
        windows=max(evaluation.get("NumberOfBacktestWindows", 1), AUTO_WINDOWS if closed else 1),
        offset=evaluation.get("BackTestWindowOffset"),
        options={} if closed else request.get("TrainingParameters", {}),
    )


def _country(additional: Mapping[str, list[str]]) -> str | None:
    return next(iter(additional.get("holiday", [])), None)
