"""The command `aws`: set up an account for Amazon Forecast, or move out of one."""

from __future__ import annotations

from dataclasses import asdict

import click

from forecast_service.cli.output import ServiceGroup, json_option, print_json, print_table, say

__all__ = ["aws"]

STEP_COLUMNS = ("what", "name", "state")


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
