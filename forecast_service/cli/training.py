"""Commands about trainings: train, runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from forecast_service.cli.output import give_json, give_table, json_option, say

if TYPE_CHECKING:
    from forecast_service.runs.decisions import Decision
    from forecast_service.runs.run import TrainingRun

__all__ = ["runs", "train"]

RUN_COLUMNS = ("id", "state", "store", "reason", "progress", "requested_at", "message")


@click.command(epilog="Example: forecast-service train --store 1 --if-stale")
@click.option("--store", help="The store that needs it [default: any].")
@click.option("--if-stale", is_flag=True, help="Train only when worthwhile (default; for cron).")
@click.option("--force", is_flag=True, help="Train whatever the age of the predictor.")
@click.option("--no-wait", is_flag=True, help="Only ask; a running worker does the work.")
@json_option
def train(store: str | None, if_stale: bool, force: bool, no_wait: bool, as_json: bool) -> None:
    """Train a new predictor if the latest one is outside the tolerance, and forecast with it.

    Says the age of the latest predictor, the tolerance and the newer days of sales. Without
    --no-wait the work is done here, together with any worker that runs.
    """
    from forecast_service.cli.following import follow
    from forecast_service.cli.opening import opened

    if if_stale and force:
        raise click.UsageError("--if-stale and --force contradict each other; give one of them.")
    with opened() as service:
        decision = service.runs.request(store, force=force)
        say(sentence(decision))
        run = decision.run
        if run is not None and not no_wait:
            run = follow(service, run.id)
            say(f"Training run {run.id} is serving.")
    if as_json:
        give_json(document(decision, run))


def sentence(decision: Decision) -> str:
    """The decision for a person, with its numbers."""
    text = f"{decision.detail[0].upper()}{decision.detail[1:]}."
    if decision.run is None:
        return text
    verb = "started" if decision.started else "joined"
    return f"{text} Training run {decision.run.id} {verb}."


def document(decision: Decision, run: TrainingRun | None) -> dict[str, Any]:
    """The decision for a script."""
    return asdict(decision) | {"run": None if run is None else run_json(run)}


def run_json(run: TrainingRun) -> dict[str, Any]:
    """A run as the HTTP routes give it."""
    from forecast_service.resources.training import run_document

    return run_document(run)


@click.command(epilog="Example: forecast-service runs --cancel 3f0c2a9b5d7e41c8a6b1")
@click.argument("run_id", required=False)
@click.option("--cancel", metavar="ID", help="Cancel this run.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def runs(run_id: str | None, cancel: str | None, limit: int, as_json: bool) -> None:
    """List the newest training runs, show RUN_ID, or cancel one."""
    from forecast_service.cli.opening import opened

    with opened() as service:
        if cancel is not None:
            run = service.runs.cancel(cancel)
            say(f"Training run {run.id} is {run.state}.")
            return
        if run_id is not None:
            give_json(run_json(service.runs.get(run_id)))
            return
        rows = [run_json(run) for run in service.runs.list(limit)]
    if as_json:
        give_json(rows)
    else:
        give_table(RUN_COLUMNS, rows)
