"""Commands about forecasts: forecast, rollback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from forecast_service.cli.output import json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME
from forecast_service.common.rounding import decimals_of
from forecast_service.resources.tables.forecasts import ALL_ITEMS, flattened

__all__ = ["forecast", "rollback"]

FORECAST_COLUMNS = ("id", "created_at", "algorithm", "data_until", "is_current")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(epilog="Example: forecast-service forecast --store 1 --from 2026-08-01")
@click.option(
    "--store", "names", type=NAME, multiple=True, required=True, help="Store; may be repeated."
)
@click.option(
    "--item",
    "items",
    type=NAME,
    multiple=True,
    help="Item; may be repeated [default: all of the store].",
)
@click.option("--from", "first", type=DAY, help="First day [default: all].")
@click.option("--to", "last", type=DAY, help="Last day [default: all].")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="Most items to show."
)
@click.option("--after", help="Show the items after this one.")
@click.option("--full", is_flag=True, help="Show all digits.")
@json_option
def forecast(
    names: tuple[str, ...],
    items: tuple[str, ...],
    first: Any,
    last: Any,
    limit: int,
    after: str | None,
    full: bool,
    as_json: bool,
) -> None:
    """Show what a store will sell in the coming days.

    If the sales are per item, the total of the store comes first, then its items. The last lines
    show where the numbers come from.
    """
    from forecast_service.cli.opening import open_for_command
    from forecast_service.reading import Question

    question = Question(
        stores=names,
        many=len(names) > 1,
        items=tuple(dict.fromkeys(items)),
        start=first and f"{first:%Y-%m-%d}T00:00:00",
        end=last and f"{last:%Y-%m-%d}T23:59:59",
        after=after,
        limit=limit,
    )
    with open_for_command() as service:
        documents = service.current.documents(question)
    if as_json:
        print_json(documents if question.many else documents[0])
    else:
        _print(documents, full)


def _print(documents: list[dict[str, Any]], full: bool) -> None:
    rows = [row for document in flattened(documents) for row in _rows(document, full)]
    print_table([name for name in rows[0] if any(row[name] for row in rows)], rows)
    for document in documents:
        say(_provenance(document if "provenance" in document else document["items"][0]))
        if document.get("next") is not None:
            shown, count = len(document["items"]), document["count"]
            say(f"{shown:,} of {count:,} items are shown. For more: --after '{document['next']}'")


def _rows(document: dict[str, Any], full: bool) -> Iterator[dict[str, Any]]:
    predictions = document["result"]["Forecast"]["Predictions"]
    decimals = decimals_of(point["Value"] for points in predictions.values() for point in points)
    item = document.get("item", ALL_ITEMS if "total" in document else "")
    for points in zip(*predictions.values(), strict=True):
        values = (point["Value"] for point in points)
        texts = [repr(value) if full else f"{value:z.{decimals}f}" for value in values]
        quantiles = dict(zip(predictions, texts, strict=True))
        date = points[0]["Timestamp"].removesuffix("T00:00:00")
        yield {"store": str(document["store_number"]), "item": item, "date": date, **quantiles}


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
