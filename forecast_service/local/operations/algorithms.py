"""The algorithms of CreatePredictor and the training parameters that each accepts."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.engine.classic.statsmodels_package import require_package
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.simple.npts_options import NptsOptions
from forecast_service.errors import InvalidData
from forecast_service.local.arns import ALGORITHMS, algorithm_arn
from forecast_service.local.errors import InvalidInput
from forecast_service.local.operations.closed_algorithms import is_closed
from forecast_service.settings import Settings

__all__ = ["STATSMODELS", "engine_name", "require_algorithm", "training_parameters"]

STATSMODELS = ("ARIMA", "ETS")


def engine_name(arn: str) -> str:
    """The engine's name of the algorithm with this ARN."""
    return arn.rsplit("/", 1)[1].lower()


def require_algorithm(arn: str, settings: Settings) -> None:
    """Refuse an algorithm that cannot be trained here.

    Raises
    ------
    InvalidInput
        The algorithm does not exist, is a deep network of Amazon, or its library is not installed.
    """
    options = ", ".join(algorithm_arn(name) for name in ALGORITHMS)
    if is_closed(arn):
        if settings.closed_algorithms == "substitute":
            return
        raise InvalidInput(
            f"'{arn}' is a deep network, which this local Amazon Forecast does not train. Use "
            "CreateAutoPredictor, which weighs several algorithms for each series, or one of: "
            f"{options}. With FORECAST_CLOSED_ALGORITHMS=substitute, our best model is trained "
            "under this name."
        )
    if arn not in [algorithm_arn(name) for name in ALGORITHMS]:
        raise InvalidInput(f"Invalid Algorithm ARN specified: {arn}. Options: {options}")
    if arn in [algorithm_arn(name) for name in STATSMODELS]:
        try:
            require_package(engine_name(arn))
        except InvalidData as error:
            raise InvalidInput(error.detail) from error


def training_parameters(arn: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """The training parameters with all defaults, as DescribePredictor echoes them.

    Raises
    ------
    InvalidInput
        A parameter does not belong to the algorithm, or its value is not allowed.
    """
    name = engine_name(arn)
    try:
        if name == "npts":
            return NptsOptions.parse(parameters).texts()
        if name == "prophet":  # Amazon's has no parameters, so defaults are not echoed
            ProphetOptions.parse(parameters)
            return dict(parameters)
    except InvalidData as error:
        raise InvalidInput(error.detail) from error
    if parameters:
        raise InvalidInput(
            f"'{min(parameters)}' is not a training parameter of {arn.rsplit('/', 1)[1]}, which "
            "has none. Leave 'TrainingParameters' out."
        )
    return {}
