"""What a caller may do over ``/aws``: the scopes of every operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_service.accounts.caller import Caller
from forecast_service.accounts.scopes import Scope
from forecast_service.local.arns import prefix_of
from forecast_service.local.errors import Fault
from forecast_service.local.wire import Asked

__all__ = ["refuse", "scopes_of"]

READING = ("Describe", "List", "Get", "Query")
BY_RESOURCE = ("TagResource", "UntagResource", "StopResource", "ResumeResource")
"""Operations on resources of any kind: they need what making the resource needs."""

TREE = "DeleteResourceTree"
DATA = ("dataset", "dataset-group", "dataset-import-job")
"""Words in the ARNs of resources that ``import`` makes; ``train`` makes all others."""


def scopes_of(operation: str, params: Mapping[str, Any]) -> tuple[Scope, ...]:
    """The scopes that an operation needs; whoever may make a resource may also delete it."""
    if operation.startswith(READING):
        return ("read",)
    if operation in BY_RESOURCE:
        is_data = _word(params.get("ResourceArn")) in DATA
    elif operation == TREE:
        word = _word(params.get("ResourceArn"))
        if word == "dataset-group":  # it has predictors and forecasts below it
            return ("import", "train")
        is_data = word in DATA
    else:
        is_data = "Dataset" in operation
    return ("import",) if is_data else ("train",)


def refuse(caller: Caller, asked: Asked, account_id: str) -> None:
    """Refuse what a caller may not do.

    Raises
    ------
    Fault
        A scope is missing, or the caller is limited to some stores.
    """
    missing = [s for s in scopes_of(asked.operation, asked.params) if not caller.may(s)]
    if missing:
        reason = f"The scope '{missing[0]}' of the key is missing."
    elif not caller.limits.are_none:
        reason = "A key with limits cannot use the Amazon Forecast API."
    else:
        return
    action = f"forecast:{asked.operation}"
    raise Fault(
        "AccessDeniedException",
        f"User: arn:aws:iam::{account_id}:user/{caller.name} is not authorized to perform: "
        f"{action} on resource: {_resource(asked, account_id)} because no identity-based policy "
        f"allows the {action} action. {reason}",
    )


def _resource(asked: Asked, account_id: str) -> str:
    arns = (value for name, value in asked.params.items() if name.endswith("Arn"))
    arn = next(arns, None)
    return arn[:300] if isinstance(arn, str) else prefix_of(asked.region, account_id) + "*"


def _word(arn: Any) -> str:
    """The kind in an ARN: ``predictor`` in ``arn:aws:forecast:eu-west-1:…:predictor/x``."""
    resource = arn.split(":", 5)[-1] if isinstance(arn, str) else ""
    return resource.partition("/")[0]
