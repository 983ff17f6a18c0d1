"""Commands about forecasts: forecast, rollback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from forecast_service.cli.output import json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME

__all__ = ["forecast", "rollback"]

FORECAST_COLUMNS = ("id", "created_at", "algorithm", "data_until", "is_current")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(epilog="Example: forecast-service forecast --store 1 --from 2026-08-01")
@click.option(
    "--store", "names", type=NAME, multiple=True, required=True, help="Store; may be repeated."
)
@click.option("--item", type=NAME, help="Item, if the sales are per item.")
@click.option("--from", "first", type=DAY, help="First day [default: all].")
@click.option("--to", "last", type=DAY, help="Last day [default: all].")
@json_option
def forecast(
    names: tuple[str, ...], item: str | None, first: Any, last: Any, as_json: bool
) -> None:
    """Show what a store will sell in the coming days.

    The last lines show where the numbers come from.
    """
    from forecast_service.cli.opening import open_for_command
    from forecast_service.reading import Question

    question = Question(
        stores=names,
        many=len(names) > 1,
        item=item,
        start=first and f"{first:%Y-%m-%d}T00:00:00",
        end=last and f"{last:%Y-%m-%d}T23:59:59",
    )
    with open_for_command() as service:
        documents = service.current.documents(question)
    if as_json:
        print_json(documents if question.many else documents[0])
        return
    rows = [row for document in documents for row in _rows(document)]
    print_table(list(rows[0]), rows)
    for document in documents:
        say(_provenance(document))


def _rows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    predictions = document["result"]["Forecast"]["Predictions"]
    for values in zip(*predictions.values(), strict=True):
        quantiles = {name: value["Value"] for name, value in zip(predictions, values, strict=True)}
        yield {"store": document["store_number"], "date": values[0]["Timestamp"][:10], **quantiles}


def _provenance(document: dict[str, Any]) -> str:
    origin = document["provenance"]
    parts = [
        f"Store {document['store_number']}: {origin['algorithm']} ({origin['source']})",
        f"trained at {origin['trained_at']}",
        f"sales until {origin['data_until']}",
        *(origin[name] for name in ("fallback", "stale") if origin[name]),
        *origin["assumptions"],
    ]
    return "; ".join(part.removesuffix(".") for part in parts) + "."


@click.command(epilog="Example: forecast-service rollback store_demand_group_3f0c2a9b5d7e41c8a6b1")
@click.argument("forecast_id", required=False)
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="List at most so many."
)
@json_option
def rollback(forecast_id: str | None, limit: int, as_json: bool) -> None:
    """List the kept forecasts, or serve an earlier one again.

    Without FORECAST_ID, the command lists the forecasts that can be served. With it, that forecast
    is served until the next training run, or the next import of sales, makes a newer one.
    """
    from forecast_service.cli.opening import open_for_command
    from forecast_service.resources.kept_forecasts import forecast_document

    with open_for_command() as service:
        if forecast_id is None:
            rows = [forecast_document(kept) for kept in service.forecasts.list(limit)]
        else:
            kept, previous = service.forecasts.make_current(forecast_id)
            rows = [{**forecast_document(kept), "previous": previous}]
            say(_change(rows[0]))
    if as_json:
        print_json(rows if forecast_id is None else rows[0])
    elif forecast_id is None:
        print_table(FORECAST_COLUMNS, rows)


def _change(document: dict[str, Any]) -> str:
    if document["previous"] is None:
        return f"Forecast {document['id']} is already served; nothing changed."
    return (
        f"Forecast {document['id']} is served now, in place of {document['previous']}. It was made "
        f"at {document['created_at']} from sales until {document['data_until']}."
    )
