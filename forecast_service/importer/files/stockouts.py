"""Stock-outs: finds the column that marks them, and parses it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forecast_service.errors import Remedy
from forecast_service.importer.files.findings import Findings
from forecast_service.importer.files.role_words import NO_WORDS, YES_WORDS
from forecast_service.importer.values.number_texts import parse_numbers
from forecast_service.importer.values.text_columns import parse_names

__all__ = ["find_mark_column", "is_mark", "parse_marks", "reason_to_drop_marks"]

# A value above 0 marks a stock-out. (The last name counts hours: Dingdong's FreshRetailNet.)
OUT_OF_STOCK = frozenset(
    (
        *("stockout", "stock_out", "is_stockout", "is_stock_out", "stockout_flag"),
        *("stock_out_flag", "stockouts", "out_of_stock", "is_out_of_stock", "out_of_stock_flag"),
        *("outofstock", "oos", "is_oos", "oos_flag", "sold_out", "soldout", "is_sold_out"),
        *("stockout_hours", "oos_hours", "hours_out_of_stock", "stock_hour6_22_cnt"),
        *("ausverkauft", "nicht_verfugbar", "rupture", "rupture_de_stock", "agotado", "sin_stock"),
        *("esaurito", "uitverkocht", "wyprzedane", "brak_towaru", "esgotado"),
        *("缺货", "售罄", "断货"),
    )
)
# The share of the day in stock; less than half is a mark: 0.97 is an ordinary day.
IN_STOCK = frozenset(
    (
        *("in_stock", "is_in_stock", "in_stock_flag", "instock", "available", "is_available"),
        *("availability", "in_stock_rate", "on_shelf_availability"),
    )
)
HALF = 0.5
NEARLY_ALL = 0.9  # of the rows with sales: a column that marks more means something else
YES, NO = YES_WORDS | {"1"}, NO_WORDS | {"0"}

Floats = npt.NDArray[np.float64]


def is_mark(slug: str) -> bool:
    """Whether a column of this name (``columns.snake``) marks stock-outs."""
    return slug in OUT_OF_STOCK or slug in IN_STOCK


def find_mark_column(columns: Iterable[tuple[str, str]]) -> str | None:
    """The first of these columns (slug, title) that marks stock-outs."""
    return next((title for slug, title in columns if is_mark(slug)), None)


def parse_marks(column: pa.ChunkedArray, slug: str, title: str, findings: Findings) -> Floats:
    """1 where a row is marked, 0 where it is not, NaN where the cell is empty.

    Allowed are yes and no, or numbers: how much was missing, or, for a column like ``in_stock``,
    the share of the day in stock, from 0 to 1. Other values are added to ``findings``.
    """
    numbers = parse_numbers(column, title, hint=".")
    inverse = slug in IN_STOCK
    if len(numbers.bad):
        names = parse_names(column, title)
        words = [name.strip().lower() for name in names.names]
        flags = np.array([float((word in YES) != inverse) for word in words] + [np.nan])
        unknown = [index for index, word in enumerate(words) if word not in YES | NO]
        wrong = np.flatnonzero(np.isin(names.values, unknown))
        findings.add(
            wrong,
            lambda row: _fault(title, names.names[names.values[row]], inverse),
            Remedy.IGNORE_COLUMNS,
        )
        return np.asarray(flags[names.values])
    values = numbers.values
    wrong = np.flatnonzero((values < 0) | (inverse & (values > 1)))
    findings.add(
        wrong, lambda row: _fault(title, f"{values[row]:g}", inverse), Remedy.IGNORE_COLUMNS
    )
    marked = values < HALF if inverse else values > 0
    return np.where(np.isnan(values), np.nan, marked)


def reason_to_drop_marks(marked: Floats, target: Floats) -> str | None:
    """Why the marks of a whole history are implausible; None if they are plausible."""
    of_sold = marked[target > 0] > 0
    if not len(of_sold) or of_sold.mean() <= NEARLY_ALL:
        return None
    return (
        f"it would mark {of_sold.mean():.0%} of the rows with sales as stock-outs, which cannot be "
        "right; correct it, or name it in the option 'ignore', now and in later imports"
    )


def _fault(title: str, text: str, inverse: bool) -> str:
    numbers = "numbers from 0 to 1 (1: in stock all day)" if inverse else "numbers of 0 or more"
    return (
        f"'{title}' is '{text}'; the column marks stock-outs, so allowed are yes, no and "
        f"{numbers}. Leave the column out if it means something else"
    )
