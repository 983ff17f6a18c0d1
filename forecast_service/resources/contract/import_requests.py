"""Requests that change the data: options of an import, rows of sales."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from forecast_service.resources.contract.requests import Day, Name, StoreNumber, StrictModel

__all__ = ["ImportQuery", "RemovalBody", "SaleRow", "SalesBody"]

MAX_SALES = 100_000


class SaleRow(StrictModel):
    """Sales of one store on one day; of one item, if the data have items."""

    store_number: StoreNumber
    date: Day
    sales: Annotated[
        float | None,
        Field(allow_inf_nan=False, description="null: not known; an earlier figure is forgotten."),
    ]
    item: Name | None = None
    stockout: Annotated[
        bool | None,
        Field(description="Demand was at least what was sold. Without it, an earlier mark stays."),
    ] = None
    covariates: dict[Name, float | str | None] = Field(default_factory=dict, max_length=64)


class SalesBody(StrictModel):
    """New or corrected sales as rows."""

    sales: Annotated[list[SaleRow], Field(min_length=1, max_length=MAX_SALES)]
    allow_returns: bool = False
    create: Annotated[bool, Field(description="Allow stores that were never imported.")] = False

    @model_validator(mode="after")
    def _once_and_not_negative(self) -> SalesBody:
        seen: dict[tuple[str, str, str | None], int] = {}
        for index, row in enumerate(self.sales):
            if row.sales is not None and row.sales < 0 and not self.allow_returns:
                raise ValueError(
                    f"row {index} has sales of {row.sales:g}; sales below 0 need "
                    "'allow_returns': true"
                )
            first = seen.setdefault((str(row.store_number), row.date, row.item), index)
            if first != index:
                raise ValueError(
                    f"rows {first} and {index} are both for store '{row.store_number}' on "
                    f"{row.date}; send one row per store, item and day"
                )
        return self


class RemovedRow(StrictModel):
    """Sales to remove: of one store on one day; of one item, if the data have items."""

    store_number: StoreNumber
    date: Day
    item: Name | None = None


class RemovalBody(StrictModel):
    """Rows of sales to remove."""

    sales: Annotated[list[RemovedRow], Field(min_length=1, max_length=MAX_SALES)]


class ImportQuery(StrictModel):
    """How files are imported."""

    mode: Literal["FULL", "INCREMENTAL"] = "FULL"
    dry_run: bool = False
    upload: (
        Annotated[Name, Field(description="Id of files that were sent to /uploads before.")] | None
    ) = None
    allow_returns: bool = False
    only: (
        Annotated[
            list[str], Field(description="Stores to keep, separated by commas; may be repeated.")
        ]
        | None
    ) = None
    ignore: (
        Annotated[
            list[str],
            Field(description="Columns to leave out, separated by commas; may be repeated."),
        ]
        | None
    ) = None
    stores_limit: Annotated[int, Field(ge=1)] | None = None
    replace: Annotated[
        bool, Field(description="Allow that a full import drops stores or much of the history.")
    ] = False
    column: (
        Annotated[
            list[str],
            Field(description="Columns by role, such as store=Filiale; may be repeated."),
        ]
        | None
    ) = None
    store: (
        Annotated[Name, Field(description="The only store, in files without a column for it.")]
        | None
    ) = None
    encoding: (
        Annotated[str, Field(description="Encoding of text files; recognised without it.")] | None
    ) = None
    sheet: Annotated[str, Field(description="Sheet of a spreadsheet to read.")] | None = None
    wide: Annotated[
        bool, Field(description="The file of sales has a column per day, or per store.")
    ] = False
    date_order: (
        Annotated[
            Literal["dmy", "mdy", "ymd"], Field(description="Order of dates such as 1/2/2024.")
        ]
        | None
    ) = None
    decimal: (
        Annotated[Literal["point", "comma"], Field(description="Decimal mark of all numbers.")]
        | None
    ) = None
    duplicates: Annotated[
        Literal["refuse", "sum", "last"], Field(description="What several rows of a day mean.")
    ] = "refuse"
    missing: (
        Annotated[
            Literal["unknown", "zero"],
            Field(description="What a day without a row means."),
        ]
        | None
    ) = None

    def options(self) -> dict[str, Any]:
        """The options of the importer."""
        names = (
            *("allow_returns", "replace", "stores_limit", "store", "encoding", "sheet", "wide"),
            *("date_order", "decimal", "duplicates", "missing"),
        )
        values = {name: getattr(self, name) for name in names}
        options = {name: value for name, value in values.items() if value is not None}
        lists = {"columns": self.column, "only": self.only, "ignore": self.ignore}
        return {**options, **{name: value for name, value in lists.items() if value is not None}}
