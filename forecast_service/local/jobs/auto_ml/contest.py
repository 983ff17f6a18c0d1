"""The contest of PerformAutoML: every algorithm is tested, and the best one forecasts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from forecast_service.engine.algorithm import FitConfig, Progress, part
from forecast_service.engine.classic.statsmodels_package import require_package
from forecast_service.engine.panel import Panel
from forecast_service.engine.train import train
from forecast_service.engine.training_result import Trained
from forecast_service.errors import InvalidData
from forecast_service.local.arns import algorithm_arn
from forecast_service.local.jobs.predictor_config import PredictorConfig
from forecast_service.local.operations.algorithms import STATSMODELS

__all__ = ["Contestant", "contest"]

DEFAULT_METRIC = "AverageWeightedQuantileLoss"
METRICS = {DEFAULT_METRIC: "average_wQL"}  # names in the engine, where they differ


@dataclass(frozen=True)
class Contestant:
    """An algorithm that was trained and tested."""

    config: PredictorConfig
    trained: Trained
    score: float
    """Its metric in the backtest; the lower, the better."""


def contest(
    config: PredictorConfig,
    metric: str | None,
    panel: Panel,
    fit_config: FitConfig,
    progress: Progress,
) -> tuple[list[Contestant], list[str]]:
    """The algorithms of the configuration, best first, and notes about those left out.

    ``metric`` is Amazon's OptimizationMetric; by default, the average of the quantile losses.
    """
    names, notes = _installed(config.candidates)
    contestants = []
    for count, name in enumerate(names):
        share = part(progress, count / len(names), (count + 1) / len(names))
        trained = train(name.lower(), panel, fit_config, share)
        own = replace(
            config, algorithm=name.lower(), algorithm_arn=algorithm_arn(name), candidates=()
        )
        contestants.append(Contestant(own, trained, _score(trained, metric or DEFAULT_METRIC)))
    contestants.sort(key=lambda one: one.score)
    return contestants, notes


def _installed(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The algorithms whose packages are installed, and a note about each other one."""
    there: list[str] = []
    notes: list[str] = []
    for name in names:
        try:
            if name in STATSMODELS:
                require_package(name.lower())
            there.append(name)
        except InvalidData as error:
            notes.append(f"{name} was not tested: {error.detail}")
    return there, notes


def _score(trained: Trained, metric: str) -> float:
    summary = trained.summary
    if summary is None:
        return math.inf
    value = summary[METRICS.get(metric, metric)]  # type: ignore[literal-required]
    return math.inf if value is None or not math.isfinite(value) else float(value)
