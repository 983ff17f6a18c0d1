"""Answers about imports, as pydantic models: the record, and the report of how files were read."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from forecast_service.resources.contract.fields import (
    AnswerModel,
    Count,
    Day,
    Days,
    Identifier,
    Instant,
    Periods,
    RegionName,
    Sentence,
    Sentences,
    Text,
    Units,
)
from forecast_service.resources.contract.problem import ProblemFinding

__all__ = ["Import", "ImportReport", "Imports"]

COLUMN_UNIT: dict[str, Any] = {"x-unit": "the unit of the column"}


class ReportedFile(AnswerModel):
    """One file that was read."""

    role: Text = Field(description="sales, future, features or stores.", examples=["sales"])
    name: Text = Field(description="Name of the file.", examples=["sales.csv"])
    rows: Count = Field(description="Number of rows.", examples=[1946])


class ReportedColumn(AnswerModel):
    """One column and how it is used."""

    file: Text = Field(description="Name of the file.", examples=["sales.csv"])
    name: Text = Field(description="Name of the column.", examples=["Promo"])
    role: Text = Field(
        description="store, date, item, sales, covariate, attribute, left out and the like.",
        examples=["covariate"],
    )
    becomes: list[str] = Field(
        description="Names of the covariates that it became.", examples=[["promo"]]
    )
    reason: Text | None = Field(
        description="Why it is left out; null if it is used.",
        examples=[None, "the coming days do not have it"],
    )


class ReportedGaps(AnswerModel):
    """Long stretches without known sales inside the history of a series."""

    threshold_days: Days = Field(description="Longer stretches are counted.", examples=[14])
    series: Count = Field(description="Number of series with one.", examples=[1])
    longest_days: Days = Field(description="Length of the longest.", examples=[31])
    series_with_longest: Count = Field(
        description="Number of series with one of this length.", examples=[1]
    )
    examples: list[str] = Field(
        description="Some of these series, with their days.", examples=[["1 from 2026-02-01"]]
    )


class ReportedRule(AnswerModel):
    """Coming days that no file plans; a rule fills their covariates."""

    stores: Count = Field(description="Number of stores.")
    first_on: Day = Field(description="First of the days.", examples=["2026-09-14"])
    last_on: Day = Field(description="Last of the days.", examples=["2026-09-27"])
    rule: Sentence = Field(description="The rule.", examples=["promo 0, open as on that weekday"])


class ReportedStockouts(AnswerModel):
    """Periods that are marked as stock-outs."""

    periods: Periods = Field(description="Number of marked periods.", examples=[12])
    hidden: Periods = Field(
        description="Those that sold less than usual: their demand counts as unknown.",
        examples=[9],
    )
    stores: Count = Field(description="Number of stores with one.")


class ReportedTotals(AnswerModel):
    """One column over the stores of one region, as the files state it."""

    region: RegionName
    column: Text = Field(description="Name of the column.", examples=["sales"])
    total: float = Field(
        description="Sum of the column.", examples=[230450.0], json_schema_extra=COLUMN_UNIT
    )
    minimum: float = Field(
        description="Smallest value.", examples=[0.0], json_schema_extra=COLUMN_UNIT
    )
    maximum: float = Field(
        description="Largest value.", examples=[310.0], json_schema_extra=COLUMN_UNIT
    )
    last_on: Day = Field(description="Last day with a value.")


class ReportedUnusualDay(AnswerModel):
    """A day whose sales are far from what the series sells on such a day."""

    store: Text = Field(description="Name of the store.", examples=["1"])
    item: Text = Field(
        description="Name of the item; empty if the sales are per store.", examples=["milk"]
    )
    date: Day
    sales: Units = Field(description="What was sold.", examples=[1205.0])
    usual: Units = Field(description="About what the series sells on such a day.")


class ReportedUnusualDays(AnswerModel):
    """Days whose sales are far from the usual."""

    days: Days = Field(description="Number of these days.", examples=[1])
    series: Count = Field(description="Number of series with one.", examples=[1])
    examples: list[ReportedUnusualDay] = Field(description="Some of the days.")


class ImportReport(AnswerModel):
    """How the files were understood: columns, stores, dates, gaps, covariates."""

    mode: Text = Field(
        description="FULL replaces all sales; INCREMENTAL adds and corrects.", examples=["FULL"]
    )
    files: list[ReportedFile] = Field(description="The files that were read.")
    columns: list[ReportedColumn] = Field(description="Their columns.")
    sales_rows: Count = Field(description="Number of rows of sales.", examples=[1946])
    stores: Count = Field(description="Number of stores in the files.")
    new_stores: Count = Field(description="Number of stores that are new.", examples=[0])
    new_names: list[str] = Field(
        default_factory=list, description="Names of some new stores.", examples=[["3"]]
    )
    items: Count = Field(description="Number of items; 0 if the sales are per store.")
    first_sale_on: Day | None = Field(
        description="First day with sales; null without sales.", examples=["2024-01-01"]
    )
    last_sale_on: Day | None = Field(description="Last day with sales; null without sales.")
    frequency: Text = Field(
        description="Period of a row: D, W (W-FRI: weeks dated on Fridays) or M.", examples=["D"]
    )
    missing_periods: Periods = Field(
        description="Periods inside the history without a figure: unknown, not zero.", examples=[3]
    )
    gaps: ReportedGaps
    covariates: list[str] = Field(description="Names of the covariates.", examples=[["promo"]])
    past_only: list[str] = Field(
        description="Columns that the coming days lack. They are not used.",
        examples=[["customers"]],
    )
    known_future_periods: Periods = Field(
        description="Number of coming periods with a plan.", examples=[14]
    )
    known_future_first_on: Day | None = Field(
        description="First of them; null without one.", examples=["2026-08-31"]
    )
    known_future_last_on: Day | None = Field(
        description="Last of them; null without one.", examples=["2026-09-13"]
    )
    by_rule: ReportedRule | None
    horizon: Periods = Field(description="Number of periods that will be forecast.")
    horizon_reason: Sentence = Field(
        description="Why the horizon is so long.", examples=["the first import fixed it"]
    )
    regions: dict[str, Count] = Field(
        description="Number of stores by region.", examples=[{"north": 2}]
    )
    notes: list[str] = Field(
        description="What else to know, in sentences.", examples=[["Rows of totals were skipped."]]
    )
    stockouts: ReportedStockouts | None = None
    totals: list[ReportedTotals] = Field(
        default_factory=list, description="Sums and extremes per region and column."
    )
    fixed: Sentence | None = Field(
        None,
        description="What this import fixes for later ones; null if nothing.",
        examples=["Later imports have daily rows and items, too."],
    )
    unusual: ReportedUnusualDays | None = None
    sentences: Sentences = None


class ImportFailure(AnswerModel):
    """Why an import failed; nothing of it was kept."""

    detail: Sentence = Field(
        description="What was found and what helps.",
        examples=["2 rows of 'sales.csv' cannot be read. Correct them and import the file again."],
    )
    errors: list[ProblemFinding] = Field(
        default_factory=list, description="The findings; their place is a line of a file."
    )


class Import(AnswerModel):
    """One import."""

    id: Identifier = Field(description="Identifier of the import.")
    state: Text = Field(
        description="waiting, reading, loading, done, failed or undone. The last three are its "
        "end; a done import may still be undone.",
        examples=["done"],
    )
    mode: Text = Field(
        description="FULL replaces all sales; INCREMENTAL adds and corrects.",
        examples=["INCREMENTAL"],
    )
    files: dict[str, str] = Field(
        description="Name of each file, by role.", examples=[{"sales": "sales.csv"}]
    )
    options: dict[str, Any] = Field(
        description="The options, as in the request.", examples=[{"allow_returns": False}]
    )
    report: ImportReport | None = Field(
        description="How the files were understood; null before they were read."
    )
    error: ImportFailure | None = Field(
        description="Why it failed; null if it did not.", examples=[None]
    )
    requested_by: Text | None = Field(
        description="Who requested it; null if nobody is known.", examples=["anna"]
    )
    requested_at: Instant | None = Field(description="When it was requested.")
    finished_at: Instant | None = Field(description="When it ended; null before.")
    loaded_with: Identifier | None = Field(
        description="The import whose load contains the rows of this one; null if it is its own.",
        examples=[None, "77aa03c9e1b2f460"],
    )
    sentences: Sentences = None


class Imports(AnswerModel):
    """Imports, newest first."""

    imports: list[Import] = Field(description="The imports, newest first.")
