"""Gradient boosted trees by the ``lightgbm`` package; the only module that imports it."""

from __future__ import annotations

from typing import Any

from forecast_service.engine.features.columns import Single
from forecast_service.engine.panel import FloatArray
from forecast_service.errors import ConfigurationError

__all__ = ["PARAMETERS", "grow", "missing_library", "predict", "require"]

PARAMETERS = {
    "objective": "regression",
    "learning_rate": 0.16,
    "num_leaves": 63,
    "lambda_l2": 10.0,  # in rows of the usual weight
    "feature_fraction": 0.7,
    "boost_from_average": False,  # the level belongs to the regression
    "deterministic": True,
    "force_row_wise": True,  # "deterministic" needs it; bagging would also need a thread count
    "verbosity": -1,
}


def require() -> Any:
    """The package; ConfigurationError if it or one of its libraries is not installed."""
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise ConfigurationError(
            f"Algorithm 'boosted' needs the package 'lightgbm', which cannot be loaded: {error}. "
            "Install it and the system's library libgomp1 (Debian, Ubuntu: apt-get install "
            "libgomp1), or use another algorithm."
        ) from error
    return lightgbm


def missing_library() -> str | None:
    """A sentence that names what to install for trees; None if nothing is missing."""
    try:
        require()
    except ConfigurationError as error:
        return str(error)
    return None


def grow(
    columns: Single,
    target: Single,
    weight: Single,
    *,
    trees: int,
    least: int,
    seed: int,
    threads: int,
) -> str:
    """Trees for ``target`` (rows,), as text; ``columns`` (rows, columns), ``weight`` (rows,).

    ``least`` is the fewest rows in a leaf. The same rows give the same trees on any number of
    threads. Method: Ke et al., LightGBM: A Highly Efficient Gradient Boosting Decision Tree (2017).
    """
    package = require()
    settings = {**PARAMETERS, "min_data_in_leaf": least, "seed": seed, "num_threads": threads}
    data = package.Dataset(columns, target, weight=weight, params=settings)
    booster = package.train(settings, data, trees)
    text: str = booster.model_to_string()
    return text


def predict(text: str, columns: Single) -> FloatArray:
    """Predictions of the trees, (rows,); on one thread, because a web process may call this."""
    package = require()
    booster = package.Booster(model_str=text)
    predictions: FloatArray = booster.predict(columns, num_threads=1)
    return predictions
