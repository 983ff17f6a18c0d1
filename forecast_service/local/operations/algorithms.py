"""The algorithms that CreatePredictor names, and the training parameters that each one takes."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.engine.classic.statsmodels_package import require_package
from forecast_service.engine.prophet.prophet_options import ProphetOptions
from forecast_service.engine.simple.npts_options import NptsOptions
from forecast_service.errors import InvalidData
from forecast_service.local.arns import ALGORITHMS, algorithm_arn
from forecast_service.local.errors import InvalidInput

__all__ = ["engine_name", "require_algorithm", "training_parameters"]

DEEP = ("CNN-QR", "Deep_AR_Plus")
OF_THE_PACKAGE = ("ARIMA", "ETS")


def engine_name(arn: str) -> str:
    """Name in the engine of the algorithm with this ARN."""
    return arn.rsplit("/", 1)[1].lower()


def require_algorithm(arn: str) -> None:
    """Refuse an algorithm that cannot be trained here.

    Raises
    ------
    InvalidInput
        There is no such algorithm, it is one of Amazon's deep networks, or its library is absent.
    """
    options = ", ".join(algorithm_arn(name) for name in ALGORITHMS)
    if arn in [algorithm_arn(name) for name in DEEP]:
        raise InvalidInput(
            f"'{arn}' is a deep network, which this local Amazon Forecast does not train. Use "
            "CreateAutoPredictor, which weighs several algorithms for each series, or one of: "
            f"{options}"
        )
    if arn not in [algorithm_arn(name) for name in ALGORITHMS]:
        raise InvalidInput(f"Invalid Algorithm ARN specified: {arn}. Options: {options}")
    if arn in [algorithm_arn(name) for name in OF_THE_PACKAGE]:
        try:
            require_package(engine_name(arn))
        except InvalidData as error:
            raise InvalidInput(error.detail) from error


def training_parameters(arn: str, given: Mapping[str, str]) -> dict[str, str]:
    """The training parameters with all defaults, as DescribePredictor echoes them.

    Raises
    ------
    InvalidInput
        A parameter is none of the algorithm's, or its value is not allowed.
    """
    name = engine_name(arn)
    try:
        if name == "npts":
            return NptsOptions.parse(given).texts()
        if name == "prophet":  # Amazon's takes none, so that defaults are not echoed
            ProphetOptions.parse(given)
            return dict(given)
    except InvalidData as error:
        raise InvalidInput(error.detail) from error
    if given:
        raise InvalidInput(
            f"'{min(given)}' is no training parameter of {arn.rsplit('/', 1)[1]}, which has none. "
            "Leave 'TrainingParameters' out."
        )
    return {}
