"""The report: what an import understood, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from forecast_service.importer.files.periods import WEEKDAY_NAMES, Periods

__all__ = [
    "GAP_DAYS",
    "ColumnReport",
    "FileReport",
    "GapReport",
    "ImportReport",
    "RuleReport",
    "StockoutReport",
]

GAP_DAYS = 14  # a longer silence of a store is worth telling


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
    """Silences of more than ``threshold_days`` inside the history of a series."""

    threshold_days: int
    series: int
    longest_days: int
    series_with_longest: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class StockoutReport:
    """Periods that are marked as stock-outs, and how many of them are no known demand."""

    periods: int
    hidden: int
    """Those that sold less than such periods usually do; the others are kept."""
    stores: int


@dataclass(frozen=True)
class RuleReport:
    """Days whose covariates nobody stated, so that a rule did."""

    stores: int
    first_on: str
    last_on: str
    rule: str


@dataclass(frozen=True)
class ImportReport:
    """What an import understood; the dates are ISO dates, both ends included."""

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
    """What a row is: ``D``, ``W`` (``W-FRI``: weeks dated on Fridays) or ``M``."""
    missing_periods: int
    """Rows inside the history whose sales are empty: not known, which is not zero."""
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

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImportReport:
        """The report that ``to_dict`` gave, also after a trip through JSON."""
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
                "stockouts": None if stockouts is None else StockoutReport(**stockouts),
            }
        )

    def lines(self) -> list[str]:
        """The report as lines of text for people."""
        return [*self._files(), *self._data(), *self._columns(), *self._future(), *self.notes]

    def _files(self) -> Iterator[str]:
        for file in self.files:
            yield f"Read {file.name}: {_counted(file.rows, 'row')} ({file.role})."

    def _data(self) -> Iterator[str]:
        if self.first_sale_on is not None:
            new = f" ({self.new_stores:,} new)" if 0 < self.new_stores < self.stores else ""
            items = f" and {_counted(self.items, 'item')}" if self.items else ""
            yield (
                f"Sales: {_counted(self.sales_rows, self._noun)} of "
                f"{_counted(self.stores, 'store')}"
                f"{new}{items}, {self.first_sale_on} to {self.last_sale_on}."
            )
        yield from self._periods()
        if self.missing_periods:
            yield (
                f"Not known: {self.missing_periods:,} {self._noun}s have no sales figure (not "
                "taken as zero)."
            )
        if self.stockouts is not None:
            yield (
                f"Stock-outs: {_counted(self.stockouts.periods, self._noun)} of "
                f"{_counted(self.stockouts.stores, 'store')}; {self.stockouts.hidden:,} of them "
                f"are not taken as demand, because such {self._noun}s usually sell more."
            )
        if self.gaps.series:
            noun = "item in a store" if self.items else "store"
            yield (
                f"Gaps of more than {self.gaps.threshold_days} days: "
                f"{_counted(self.gaps.series, noun)}; the longest takes {self.gaps.longest_days} "
                f"days ({_counted(self.gaps.series_with_longest, noun)}, such as "
                f"{', '.join(self.gaps.examples)}). They are not taken as zero sales."
            )
        regions = ", ".join(f"{name} {count:,}" for name, count in self.regions.items())
        yield f"Regions: {regions}."

    def _periods(self) -> Iterator[str]:
        periods = Periods(self.frequency)
        if periods.unit == "W":
            day = WEEKDAY_NAMES[periods.weekday]
            yield f"Weekly data: every row is a week, dated on its {day}; so are the forecasts."
        if periods.unit == "M":
            yield "Monthly data: every row is a month, named by its first day."

    @property
    def _noun(self) -> str:
        return Periods(self.frequency).noun

    def _columns(self) -> Iterator[str]:
        roles = [f"{c.name} is the {c.role}" for c in self.columns if c.role in _KEYS]
        yield f"Columns: {', '.join(dict.fromkeys(roles))}."
        covariates = [c for c in self.columns if c.role == "covariate"]
        if covariates:
            told = dict.fromkeys(f"{c.name} ({', '.join(c.becomes)})" for c in covariates)
            yield f"Covariates: {', '.join(told)}."
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
            yield (
                f"Filled by rule: {_counted(self.by_rule.stores, 'store')}, "
                f"{self.by_rule.first_on} to "
                f"{self.by_rule.last_on}: {self.by_rule.rule}."
            )
        yield f"Horizon: {self.horizon} {self._noun}s, because {self.horizon_reason}."


_KEYS: Sequence[str] = ("store", "date", "item", "sales", "mark of stock-outs")


def _counted(number: int, noun: str) -> str:
    plural = {"item in a store": "items in stores"}.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"
