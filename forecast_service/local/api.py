"""LocalForecast: the control plane of Amazon Forecast on our own engine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from forecast_service.local import descriptions, tags
from forecast_service.local.calls import Call, Handler, Params, require
from forecast_service.local.client import LocalClient, add_operations
from forecast_service.local.kinds import KINDS, PREDICTOR, Kind
from forecast_service.local.operations.auto_predictors import create_auto_predictor
from forecast_service.local.operations.dataset_groups import create_group, update_group
from forecast_service.local.operations.datasets import create_dataset
from forecast_service.local.operations.endings import delete, delete_tree, require_any, stop
from forecast_service.local.operations.exports import (
    create_backtest_export,
    create_forecast_export,
)
from forecast_service.local.operations.forecasts import create_forecast
from forecast_service.local.operations.import_jobs import create_import_job
from forecast_service.local.operations.insights.explainabilities import (
    create_explainability,
    create_explainability_export,
)
from forecast_service.local.operations.insights.monitors import (
    create_monitor,
    list_evaluations,
    resume,
)
from forecast_service.local.operations.insights.what_ifs import (
    create_analysis,
    create_what_if_export,
    create_what_if_forecast,
)
from forecast_service.local.operations.legacy_predictors import create_predictor
from forecast_service.local.operations.lists import list_resources
from forecast_service.local.operations.predictors import (
    accuracy,
    describe_auto_predictor,
    describe_predictor,
)
from forecast_service.local.shapes import CONTROL, output_shape

__all__ = ["LocalForecast"]


def _describe(kind: Kind, call: Call, params: Params) -> dict[str, Any]:
    resource = require(call, kind, params[kind.arn_member])
    shape = output_shape(CONTROL, call.operation)
    return descriptions.describe(call.connection, resource, shape)


def _tag(call: Call, params: Params) -> dict[str, Any]:
    resource = require_any(call, params["ResourceArn"])
    tags.add(call.connection, resource.arn, params["Tags"])
    return {}


def _untag(call: Call, params: Params) -> dict[str, Any]:
    resource = require_any(call, params["ResourceArn"])
    tags.remove(call.connection, resource.arn, params["TagKeys"])
    return {}


def _list_tags(call: Call, params: Params) -> dict[str, Any]:
    resource = require_any(call, params["ResourceArn"])
    return {"Tags": tags.of(call.connection, resource.arn)}


HANDLERS: Mapping[str, Handler] = {
    **{f"List{kind.plural}": partial(list_resources, kind) for kind in KINDS},
    **{f"Delete{kind.stem}": partial(delete, kind) for kind in KINDS},
    **{f"Describe{kind.stem}": partial(_describe, kind) for kind in KINDS if kind is not PREDICTOR},
    "DescribePredictor": describe_predictor,
    "DescribeAutoPredictor": describe_auto_predictor,
    "CreateDatasetGroup": create_group,
    "CreateDataset": create_dataset,
    "CreateDatasetImportJob": create_import_job,
    "CreatePredictor": create_predictor,
    "CreateAutoPredictor": create_auto_predictor,
    "CreateForecast": create_forecast,
    "CreateForecastExportJob": create_forecast_export,
    "CreateExplainability": create_explainability,
    "CreateExplainabilityExport": create_explainability_export,
    "CreateMonitor": create_monitor,
    "CreateWhatIfAnalysis": create_analysis,
    "CreateWhatIfForecast": create_what_if_forecast,
    "CreatePredictorBacktestExportJob": create_backtest_export,
    "CreateWhatIfForecastExport": create_what_if_export,
    "UpdateDatasetGroup": update_group,
    "GetAccuracyMetrics": accuracy,
    "ListMonitorEvaluations": list_evaluations,
    "ResumeResource": resume,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
    "StopResource": stop,
    "DeleteResourceTree": delete_tree,
}


@add_operations
class LocalForecast(LocalClient):
    """The local stand-in for ``boto3.client("forecast")``."""

    service = CONTROL
    handlers = HANDLERS
