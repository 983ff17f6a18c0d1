"""The command `what-if`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from forecast_service.cli.forecasts import DAY
from forecast_service.cli.output import json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME

__all__ = ["what_if"]

ONE_DECIMAL_BELOW = 100


def _settings(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> list[tuple[str, float | str]]:
    """Split every ``promo=1`` into a covariate and its value."""
    settings: list[tuple[str, float | str]] = []
    for text in texts:
        covariate, _, value = text.partition("=")
        if not (covariate and value):
            raise click.BadParameter(f"'{text}' is not COVARIATE=VALUE, such as promo=1.")
        settings.append((covariate, _number_or_text(value)))
    return settings


def _number_or_text(value: str) -> float | str:
    try:
        number = float(value)
    except ValueError:
        return value
    if not math.isfinite(number):
        raise click.BadParameter(f"'{value}' is not a finite number.")
    return number


@click.command(
    epilog="Example: forecast-service what-if --store 1 --set promo=1 --from 2026-08-03 "
    "--to 2026-08-08"
)
@click.option(
    "--store", "names", type=NAME, multiple=True, required=True, help="Store; may be repeated."
)
@click.option("--item", type=NAME, help="Item, if the sales are per item.")
@click.option(
    "--set",
    "settings",
    callback=_settings,
    metavar="COVARIATE=VALUE",
    multiple=True,
    required=True,
    help="Covariate and its value on the days; may be repeated.",
)
@click.option("--from", "first", type=DAY, required=True, help="First day of the change.")
@click.option("--to", "last", type=DAY, help="Last day of the change [default: the first].")
@json_option
def what_if(
    names: tuple[str, ...],
    item: str | None,
    settings: list[tuple[str, float | str]],
    first: datetime,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Show a forecast with other promotions, openings or prices.

    The table has the forecast as it is (baseline), with the changes (what_if), and the difference.
    Nothing is stored and nothing is trained.
    """
    from forecast_service.cli.opening import open_for_command
    from forecast_service.reading import Question, Supposition

    if last is not None and last < first:
        raise click.UsageError("--to is before --from. Use a later day.")
    days = [f"{day:%Y-%m-%d}" for day in (first, last or first)]
    suppositions = [Supposition(covariate, value, *days) for covariate, value in settings]
    question = Question(stores=names, many=len(names) > 1, items=(item,) if item else ())
    with open_for_command() as service:
        documents = service.what_if.documents(question, suppositions)
    if as_json:
        print_json(documents if question.many else documents[0])
        return
    rows = [row for document in documents for row in _rows(document)]
    print_table(list(rows[0]), rows)
    for document in documents:
        say(_summary(document))


def _rows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kinds = {"baseline": "baseline", "result": "what_if", "difference": "difference"}
    middle = document["total"]["forecast_type"]
    points = [document[name]["Forecast"]["Predictions"][middle] for name in kinds]
    for day in zip(*points, strict=True):
        values = {name: point["Value"] for name, point in zip(kinds.values(), day, strict=True)}
        yield {"store": document["store_number"], "date": day[0]["Timestamp"][:10], **values}


def _summary(document: dict[str, Any]) -> str:
    total = document["total"]
    share = "" if total["share"] is None else f" ({100 * total['share']:+z.1f} %)"
    sums = (
        f"Store {document['store_number']}, total ({total['forecast_type']}): "
        f"{_amount(total['baseline'])} → {_amount(total['what_if'])}{share}."
    )
    return " ".join([sums, *document["notes"]])


def _amount(value: float) -> str:
    """A number as people write it: no decimals from 100 on."""
    return f"{value:,.0f}" if abs(value) >= ONE_DECIMAL_BELOW else f"{value:,.1f}"
