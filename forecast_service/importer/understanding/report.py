"""The import report, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from forecast_service.importer.files.periods import WEEKDAY_NAMES, Periods
from forecast_service.importer.understanding.column_totals import ColumnTotals
from forecast_service.importer.unusual_days import UnusualReport

__all__ = [
    "GAP_DAYS",
    "ColumnReport",
    "FileReport",
    "GapReport",
    "ImportReport",
    "RuleReport",
    "StockoutReport",
]

GAP_DAYS = 14  # a longer gap is reported
MOST_TOTALS = 12  # lines


@dataclass(frozen=True)
class FileReport:
    """One file that was read."""

    role: str
    name: str
    rows: int


@dataclass(frozen=True)
class ColumnReport:
    """One column: its role (store, date, item, sales, covariate, attribute, …)."""

    file: str
    name: str
    role: str
    becomes: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class GapReport:
    """Gaps: more than ``threshold_days`` without known sales inside the history of a series."""

    threshold_days: int
    series: int
    longest_days: int
    series_with_longest: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class StockoutReport:
    """Periods that are marked as stock-outs."""

    periods: int
    hidden: int
    """Periods that sold less than usual: their demand is unknown. The others are kept."""
    stores: int


@dataclass(frozen=True)
class RuleReport:
    """Days without covariates in the files; a rule fills them."""

    stores: int
    first_on: str
    last_on: str
    rule: str


@dataclass(frozen=True)
class ImportReport:
    """The report of an import; the dates are ISO dates, both ends included."""

    mode: str
    files: tuple[FileReport, ...]
    columns: tuple[ColumnReport, ...]
    sales_rows: int
    stores: int
    new_stores: int
    items: int
    first_sale_on: str | None
    last_sale_on: str | None
    frequency: str
    """Period of a row: ``D``, ``W`` (``W-FRI``: weeks dated on Fridays) or ``M``."""
    missing_periods: int
    """Rows inside the history without a sales figure: unknown, not zero."""
    gaps: GapReport
    covariates: tuple[str, ...]
    past_only: tuple[str, ...]
    known_future_periods: int
    known_future_first_on: str | None
    known_future_last_on: str | None
    by_rule: RuleReport | None
    horizon: int
    """Periods."""
    horizon_reason: str
    regions: dict[str, int]
    notes: tuple[str, ...] = field(default=())
    stockouts: StockoutReport | None = None
    totals: tuple[ColumnTotals, ...] = ()
    """Per region and column: total, smallest and largest value, last day."""
    fixed: str | None = None
    """What this import fixes for later ones, or changes of what was fixed; a sentence."""
    unusual: UnusualReport | None = None
    new_names: tuple[str, ...] = ()
    """The first names of new stores; a mistyped name would be among them."""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        values = {**asdict(self), "totals": [each._asdict() for each in self.totals]}
        if self.unusual is not None:
            values["unusual"]["examples"] = [day._asdict() for day in self.unusual.examples]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImportReport:
        """The inverse of ``to_dict``; also takes its values after a trip through JSON."""
        by_rule, stockouts = values["by_rule"], values.get("stockouts")
        gaps = values["gaps"]
        columns = [{**c, "becomes": tuple(c["becomes"])} for c in values["columns"]]
        return cls(
            **{
                **values,
                "files": tuple(FileReport(**file) for file in values["files"]),
                "columns": tuple(ColumnReport(**column) for column in columns),
                "gaps": GapReport(**{**gaps, "examples": tuple(gaps["examples"])}),
                "covariates": tuple(values["covariates"]),
                "past_only": tuple(values["past_only"]),
                "by_rule": None if by_rule is None else RuleReport(**by_rule),
                "notes": tuple(values["notes"]),
                "new_names": tuple(values.get("new_names", ())),
                "totals": tuple(ColumnTotals(**each) for each in values.get("totals", ())),
                "unusual": UnusualReport.from_dict(values.get("unusual")),
                "stockouts": None if stockouts is None else StockoutReport(**stockouts),
            }
        )

    def lines(self) -> list[str]:
        """The report as lines of text for people."""
        return [
            *self._files(),
            *self._data(),
            *self._columns(),
            *self._totals(),
            *(() if self.unusual is None else (self.unusual.line(self._noun),)),
            *self._future(),
            *self.notes,
            *([] if self.fixed is None else [self.fixed]),
        ]

    def _files(self) -> Iterator[str]:
        for file in self.files:
            yield f"Read {file.name}: {_count(file.rows, 'row')} ({file.role})."

    def _totals(self) -> Iterator[str]:
        shown = self.totals[:MOST_TOTALS]
        several = len(self.regions) > 1
        for each in shown:
            where = f" in {each.region}" if several else ""
            yield (
                f"{each.column}{where}: {_number(each.total)} in total, from "
                f"{_number(each.minimum)} to {_number(each.maximum)}, last on {each.last_on}."
            )
        if len(self.totals) > len(shown):
            more = len(self.totals) - len(shown)
            yield f"Totals of {more:,} more columns and regions are under 'totals'."

    def _data(self) -> Iterator[str]:
        if self.first_sale_on is not None:
            new = f" ({self.new_stores:,} new)" if 0 < self.new_stores < self.stores else ""
            items = f" and {_count(self.items, 'item')}" if self.items else ""
            yield (
                f"Sales: {_count(self.sales_rows, f'{_ADJECTIVES[self._noun]} row')} of "
                f"{_count(self.stores, 'store')}{new}{items}, "
                f"{self.first_sale_on} to {self.last_sale_on}."
            )
        yield from self._periods()
        if self.missing_periods:
            yield (f"Empty sales: {_count(self.missing_periods, self._noun)}. {self._missing}")
        if self.stockouts is not None:
            hidden = (
                f"Demand counts as unknown for {self.stockouts.hidden:,} of them, which sold less "
                "than usual."
            )
            yield (
                f"Stock-outs: {_count(self.stockouts.periods, f'marked {self._noun}')} of "
                f"{_count(self.stockouts.stores, 'store')}. "
                f"{hidden if self.stockouts.hidden else 'All their sales count as demand.'}"
            )
        if self.gaps.series:
            gaps, noun = self.gaps, "item in a store" if self.items else "store"
            such_as = ", such as" if gaps.series_with_longest > len(gaps.examples) else ":"
            yield (
                f"Gaps of more than {gaps.threshold_days} days: {_count(gaps.series, noun)}. "
                f"The longest has {gaps.longest_days} days "
                f"({_count(gaps.series_with_longest, noun)}{such_as} {', '.join(gaps.examples)}). "
                f"{self._missing}"
            )
        regions = ", ".join(f"{name} {count:,}" for name, count in self.regions.items())
        yield f"Stores per region: {regions}."

    def _periods(self) -> Iterator[str]:
        periods = Periods(self.frequency)
        if periods.unit == "W":
            day = WEEKDAY_NAMES[periods.weekday]
            yield f"Weekly data: every row is a week, dated on its {day}, and so is every forecast."
        if periods.unit == "M":
            yield "Monthly data: every row is a month, named by its first day."

    @property
    def _missing(self) -> str:
        return f"Missing {self._noun}s count as unknown, not as zero."

    @property
    def _noun(self) -> str:
        return Periods(self.frequency).noun

    def _columns(self) -> Iterator[str]:
        roles = [f"{c.name} as {c.role}" for c in self.columns if c.role in _KEYS]
        yield f"Columns read: {', '.join(dict.fromkeys(roles))}."
        covariates = [c for c in self.columns if c.role == "covariate"]
        if covariates:
            names = dict.fromkeys(
                f"{c.name} ({', '.join(c.becomes) or 'only ordinary texts'})" for c in covariates
            )
            yield f"Covariates: {', '.join(names)}."
        attributes = [c.name for c in self.columns if c.role == "attribute"]
        if attributes:
            yield f"Store attributes: {', '.join(attributes)}."
        left_out = {c.name: c.reason for c in self.columns if c.role == "left out"}
        for name, reason in left_out.items():
            yield f"Left out: {name}, because {reason}."

    def _future(self) -> Iterator[str]:
        if self.known_future_periods:
            yield (
                f"Known future: {self.known_future_periods} {self._noun}s, "
                f"{self.known_future_first_on} to {self.known_future_last_on}."
            )
        if self.by_rule is not None:
            stores = _count(self.by_rule.stores, "store")
            yield f"No plan from {self.by_rule.first_on} on ({stores}): {self.by_rule.rule}."
        yield f"Horizon: {self.horizon} {self._noun}s, because {self.horizon_reason}."


_KEYS: Sequence[str] = ("store", "date", "item", "sales", "mark of stock-outs")
_ADJECTIVES = {"day": "daily", "week": "weekly", "month": "monthly"}


def _number(value: float) -> str:
    """A number as people write it: 74,220 or 12.5."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def _count(number: int, noun: str) -> str:
    plural = {"item in a store": "items in stores"}.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"
