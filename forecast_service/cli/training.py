"""Commands about trainings: train, runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from forecast_service.accounts.scopes import COMMAND_LINE
from forecast_service.cli.output import json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME

if TYPE_CHECKING:
    from forecast_service.runs.decisions import Decision
    from forecast_service.runs.run import TrainingRun

__all__ = ["runs", "train"]

RUN_COLUMNS = (
    "id",
    "state",
    "store",
    "reason",
    "progress",
    "requested_by",
    "requested_at",
    "message",
)


@click.command(epilog="Example: forecast-service train --store 1 --if-stale")
@click.option("--store", type=NAME, help="Store that needs the training [default: any].")
@click.option("--if-stale", is_flag=True, help="Train only if worthwhile (the default; for cron).")
@click.option("--force", is_flag=True, help="Train even if the latest predictor is new enough.")
@click.option("--no-wait", is_flag=True, help="Only request it; a running worker does the work.")
@json_option
def train(store: str | None, if_stale: bool, force: bool, no_wait: bool, as_json: bool) -> None:
    """Train a new predictor if worthwhile, and forecast with it.

    It is worthwhile if the latest predictor is older than FORECAST_TOLERANCE_DAYS, or if another
    rule of FORECAST_RETRAIN_RULES applies. Prints the age of that predictor, the tolerance, and
    how many days of sales are newer. Without --no-wait this command does the work itself, together
    with the workers that run.
    """
    from forecast_service.cli.following import follow
    from forecast_service.cli.opening import open_for_command

    if if_stale and force:
        raise click.UsageError(
            "--if-stale and --force contradict each other. Use only one of them."
        )
    with open_for_command() as service:
        decision = service.runs.request(store, force=force, requested_by=COMMAND_LINE)
        say(sentence(decision))
        run = decision.run
        if run is not None and not no_wait:
            run = follow(service, run.id)
            say(f"Training run {run.id} is serving.")
    if as_json:
        print_json(document(decision, run))


def sentence(decision: Decision) -> str:
    """The decision as a sentence with its numbers."""
    text = f"{decision.detail[0].upper()}{decision.detail[1:]}."
    if decision.run is None:
        return text
    verb = "started" if decision.started else "joined"
    return f"{text} Training run {decision.run.id} {verb}."


def document(decision: Decision, run: TrainingRun | None) -> dict[str, Any]:
    """The decision as JSON for scripts."""
    return asdict(decision) | {"run": None if run is None else run_json(run)}


def run_json(run: TrainingRun) -> dict[str, Any]:
    """A training run as the HTTP routes return it."""
    from forecast_service.resources.training import run_document

    return run_document(run)


@click.command(epilog="Example: forecast-service runs --cancel 3f0c2a9b5d7e41c8a6b1")
@click.argument("run_id", required=False)
@click.option("--cancel", metavar="ID", help="Cancel this run.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="List at most so many."
)
@json_option
def runs(run_id: str | None, cancel: str | None, limit: int, as_json: bool) -> None:
    """List the newest training runs, show RUN_ID, or cancel one."""
    from forecast_service.cli.opening import open_for_command

    with open_for_command() as service:
        if cancel is not None:
            run = service.runs.cancel(cancel)
            say(f"Training run {run.id} is {run.state}.")
            return
        if run_id is not None:
            print_json(run_json(service.runs.get(run_id)))
            return
        rows = [run_json(run) for run in service.runs.list(limit)]
    if as_json:
        print_json(rows)
    else:
        print_table(RUN_COLUMNS, rows)
