"""The command `aws`: set up an account for Amazon Forecast, or move out of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from forecast_service.cli.output import ServiceGroup, json_option, print_json, print_table, say

if TYPE_CHECKING:
    from forecast_service.amazon.account.comparison import Compared
    from forecast_service.worker import Worker

__all__ = ["aws"]

STEP_COLUMNS = ("what", "name", "state")
COMPARED_COLUMNS = (
    *("group", "predictor", "wql_there", "wql_here", "wape_there", "wape_here"),
    *("seconds_there", "seconds_here", "cost_there", "forecast_difference", "note"),
)
WORK_SECONDS = 7 * 24 * 3600.0  # of one step; many large predictors take days


@click.group(cls=ServiceGroup, epilog="Example: forecast-service aws setup --dry-run")
def aws() -> None:
    """Set up an AWS account for Amazon Forecast, or move out of one."""


@aws.command(epilog="Example: FORECAST_BUCKET=my-forecasts forecast-service aws setup --dry-run")
@click.option("--dry-run", is_flag=True, help="Only say what exists, what is missing and the cost.")
@json_option
def setup(dry_run: bool, as_json: bool) -> None:
    """Make the bucket, the role, the dataset group, its datasets, and import the data.

    What exists is left as it is, so the command can be repeated and goes on where it ended. The
    names are those of FORECAST_BUCKET, FORECAST_ROLE_ARN, FORECAST_DATASET_GROUP and
    FORECAST_DATASET_NAME. The data are those that were imported here; without any, import them
    later.
    """
    from forecast_service.amazon.account.account_setup import AccountSetup
    from forecast_service.cli.opening import open_for_command
    from forecast_service.session import open_session

    with open_for_command() as service:
        at_home = service.settings.model_copy(update={"backend": "local"})
        local = open_session(at_home, service.database)
        account = AccountSetup(service.settings, service.database, local)
        steps = list(account.steps(dry_run=dry_run))
        cost = account.estimate()
    states = {(True, False): "exists", (False, True): "made", (False, False): "missing"}
    rows = [
        {"what": one.name, "name": one.subject, "state": states[one.existed, one.made]}
        for one in steps
    ]
    if as_json:
        print_json(
            {
                "steps": rows,
                "estimate": cost and {**asdict(cost), "total": cost.total},
                "role_arn": account.role_arn,
            }
        )
        return
    print_table(STEP_COLUMNS, rows)
    if cost is not None:
        say(cost.sentence())
    if not dry_run:
        say(f"Set FORECAST_ROLE_ARN={account.role_arn} and FORECAST_BACKEND=auto.")


@aws.command(epilog="Example: AWS_PROFILE=old forecast-service aws migrate --group retail_demand")
@click.option("--group", "groups", multiple=True, help="Dataset group to move [default: all].")
@json_option
def migrate(groups: tuple[str, ...], as_json: bool) -> None:
    """Rebuild dataset groups of an Amazon Forecast account here, train, and compare.

    Datasets, their imports from S3, predictors and their newest forecasts are made here with the
    same names and settings; nothing is changed at Amazon. What exists here is left as it is, so the
    command can be repeated. For each predictor it prints the accuracy of both on the backtest
    windows, how long both trainings took, and what the one at Amazon cost. If a forecast was
    exported to S3, it also says how far the medians differ.
    """
    from forecast_service.amazon.account.exported_forecasts import ExportedForecasts
    from forecast_service.amazon.account.migration import Migration
    from forecast_service.cli.opening import open_for_command
    from forecast_service.session import open_amazon_session, open_session
    from forecast_service.worker import Worker

    with open_for_command() as service:
        at_home = service.settings.model_copy(update={"backend": "local"})
        here = open_session(at_home, service.database).forecast
        there = open_amazon_session(service.settings).forecast
        worker = Worker(at_home)
        exported = ExportedForecasts(at_home, service.database)
        migration = Migration(there, here, lambda: _work(worker), exported)
        compared = []
        for name in groups or migration.groups():
            say(f"Moving dataset group {name} ...")
            compared += list(migration.move(name))
    if as_json:
        print_json([{**asdict(one), "same_windows": one.same_windows} for one in compared])
    else:
        print_table(COMPARED_COLUMNS, map(_row, compared))
        say("Accuracy is the average weighted quantile loss (wQL) and WAPE; lower is better.")


def _work(worker: Worker) -> None:
    worker.run_until_idle(WORK_SECONDS, kinds=("resource",))


def _row(one: Compared) -> dict[str, Any]:
    return {
        "group": one.group,
        "predictor": one.predictor,
        "wql_there": _digits(one.there.average_wql),
        "wql_here": _digits(one.here.average_wql),
        "wape_there": _digits(one.there.wape),
        "wape_here": _digits(one.here.wape),
        "seconds_there": one.seconds_there,
        "seconds_here": one.seconds_here,
        "cost_there": None if one.cost_there is None else f"${one.cost_there:.2f}",
        "forecast_difference": _digits(one.forecast_difference),
        "note": one.note,
    }


def _digits(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
