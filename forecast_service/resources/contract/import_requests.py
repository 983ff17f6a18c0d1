"""Requests that change the data: options of an import, rows of sales."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from forecast_service.resources.contract.request_fields import (
    Day,
    ItemName,
    Name,
    StoreNumber,
    StrictModel,
)

__all__ = ["ImportQuery", "RemovalBody", "SaleRow", "SalesBody"]

MAX_SALES = 100_000


SoldOn = Annotated[Day, Field(description="The day of the sale.", examples=["2026-08-30"])]
SoldItem = Annotated[
    ItemName, Field(description="The item; only if the data have items.", examples=["milk"])
]


class SaleRow(StrictModel):
    """Sales of one store on one day; of one item, if the data have items."""

    store_number: StoreNumber
    date: SoldOn
    sales: Annotated[
        float | None,
        Field(
            allow_inf_nan=False,
            description="What was sold; null: not known, and an earlier figure is forgotten.",
            examples=[121.0],
            json_schema_extra={"x-unit": "units sold, as in the imported sales"},
        ),
    ]
    item: SoldItem | None = None
    stockout: Annotated[
        bool | None,
        Field(
            description="Whether demand was at least what was sold. Without it, an earlier mark "
            "stays.",
            examples=[False],
        ),
    ] = None
    covariates: dict[Name, float | str | None] = Field(
        default_factory=dict,
        max_length=64,
        description="Values of covariates on the day.",
        examples=[{"promo": 1}],
    )


AllowReturns = Annotated[bool, Field(description="Allow sales below 0.", examples=[False])]


class SalesBody(StrictModel):
    """New or corrected sales as rows."""

    sales: Annotated[
        list[SaleRow],
        Field(
            min_length=1,
            max_length=MAX_SALES,
            description="The rows; one per store, item and day.",
        ),
    ]
    allow_returns: AllowReturns = False
    create: Annotated[
        bool, Field(description="Allow stores that were never imported.", examples=[False])
    ] = False

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
    date: SoldOn
    item: SoldItem | None = None


class RemovalBody(StrictModel):
    """Rows of sales to remove."""

    sales: Annotated[
        list[RemovedRow],
        Field(min_length=1, max_length=MAX_SALES, description="The rows to remove."),
    ]


class ImportQuery(StrictModel):
    """How files are imported."""

    mode: Annotated[
        Literal["FULL", "INCREMENTAL"],
        Field(
            description="FULL replaces all sales; INCREMENTAL adds and corrects.",
            examples=["INCREMENTAL"],
        ),
    ] = "FULL"
    dry_run: Annotated[
        bool, Field(description="Only return the report, and keep nothing.", examples=[True])
    ] = False
    allow_returns: AllowReturns = False
    only: (
        Annotated[
            list[str],
            Field(
                description="Stores to keep, separated by commas; may be repeated.",
                examples=[["1", "2"]],
            ),
        ]
        | None
    ) = None
    ignore: (
        Annotated[
            list[str],
            Field(
                description="Columns to leave out, separated by commas; may be repeated.",
                examples=[["Customers"]],
            ),
        ]
        | None
    ) = None
    stores_limit: (
        Annotated[
            int,
            Field(
                ge=1,
                description="Import at most so many stores, in the order of their numbers.",
                examples=[10],
                json_schema_extra={"x-unit": "stores"},
            ),
        ]
        | None
    ) = None
    replace: Annotated[
        bool,
        Field(
            description="Allow that a full import drops stores or much of the history.",
            examples=[False],
        ),
    ] = False
    column: (
        Annotated[
            list[str],
            Field(description="Columns by role; may be repeated.", examples=[["store=Filiale"]]),
        ]
        | None
    ) = None
    store: (
        Annotated[
            Name,
            Field(description="The only store, in files without a column for it.", examples=["1"]),
        ]
        | None
    ) = None
    encoding: (
        Annotated[
            str,
            Field(
                description="Encoding of text files; recognised without it.", examples=["cp1252"]
            ),
        ]
        | None
    ) = None
    sheet: (
        Annotated[
            str, Field(description="Sheet of a spreadsheet to read.", examples=["Sales 2026"])
        ]
        | None
    ) = None
    wide: Annotated[
        bool,
        Field(
            description="The file of sales has a column per day, or per store.", examples=[False]
        ),
    ] = False
    date_order: (
        Annotated[
            Literal["dmy", "mdy", "ymd"],
            Field(description="Order of dates such as 1/2/2024.", examples=["dmy"]),
        ]
        | None
    ) = None
    decimal: (
        Annotated[
            Literal["point", "comma"],
            Field(description="Decimal mark of all numbers.", examples=["comma"]),
        ]
        | None
    ) = None
    duplicates: Annotated[
        Literal["refuse", "sum", "last"],
        Field(description="What several rows of a day mean.", examples=["sum"]),
    ] = "refuse"
    missing: (
        Annotated[
            Literal["unknown", "zero"],
            Field(description="What a day without a row means.", examples=["zero"]),
        ]
        | None
    ) = None

    upload: (
        Annotated[
            Name,
            Field(
                description="Id of files that were sent to /uploads before.",
                examples=["3f0c9a7be1d24c58"],
            ),
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
