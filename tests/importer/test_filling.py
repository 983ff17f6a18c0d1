"""The rules that fill covariates without a value."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_service.importer.long_rows import LongRows
from forecast_service.importer.understanding.assumptions import FillRules, rule_for

MONDAY = 18_995 - 18_995 % 7 - 3  # days since 1970-01-01 of some Monday
NAN = np.nan


def rows_of(days: int, **values: list[float]) -> LongRows:
    """Rows of one store; the first day is a Monday."""
    day = MONDAY + np.arange(days)
    columns = {name: np.array(column, dtype=float) for name, column in values.items()}
    return LongRows((("1", ""),), np.zeros(days, dtype=np.int64), day, columns)


@pytest.mark.parametrize(
    ("covariates", "names_open"), [(["open", "promo"], True), (["promo"], False), ([], False)]
)
def test_the_rule_names_open_only_if_the_column_exists(covariates, names_open):
    assert ("'open'" in rule_for(covariates)) == names_open


def test_open_follows_the_weekdays_of_the_last_eight_weeks():
    # Open on Sundays for a year, but not in the last nine weeks.
    opened = [1.0] * (7 * 52) + [1, 1, 1, 1, 1, 1, 0] * 9
    rows = rows_of(len(opened), open=opened)
    rules = FillRules(rows, rows.last_days())

    extra = rules.extend(rows.last_days(), int(rows.day[-1]) + 14, rows)

    assert extra.values["open"].tolist() == [1, 1, 1, 1, 1, 1, 0] * 2


def test_flags_are_zero_and_numbers_stay_as_last_known():
    rows = rows_of(4, promo=[1, 0, 1, 1], price=[2.0, 2.5, NAN, 3.5])
    rules = FillRules(rows, rows.last_days())

    extra = rules.extend(rows.last_days(), int(rows.day[-1]) + 2, rows)

    assert extra.values["promo"].tolist() == [0, 0]
    assert extra.values["price"].tolist() == [3.5, 3.5]


def test_empty_cells_are_filled_inside_their_series_only():
    day = MONDAY + np.array([0, 1, 2, 0, 1, 2])
    series = np.array([0, 0, 0, 1, 1, 1])
    price = np.array([5.0, NAN, 7.0, NAN, 2.0, NAN])
    rows = LongRows((("1", ""), ("2", "")), series, day, {"price": price})

    filled, count = FillRules(rows, rows.last_days()).fill_cells(rows)

    assert filled.values["price"].tolist() == [5, 5, 7, 2, 2, 2]
    assert count == 3


def test_a_series_without_any_value_gets_the_average():
    rows = LongRows(
        (("1", ""), ("2", "")),
        np.array([0, 0, 1]),
        MONDAY + np.array([0, 1, 0]),
        {"price": np.array([2.0, 4.0, NAN])},
    )

    filled, _ = FillRules(rows, rows.last_days()).fill_cells(rows)

    assert filled.values["price"].tolist() == pytest.approx([2, 4, 3])


def test_no_row_is_added_to_a_series_with_covariates_up_to_the_horizon():
    rows = rows_of(4, promo=[1, 0, 1, 1])

    extra = FillRules(rows, rows.last_days()).extend(rows.last_days(), MONDAY + 2, rows)

    assert len(extra) == 0
