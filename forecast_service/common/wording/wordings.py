"""Wordings: the sentences of the service that have a code, and phrases that stand in them.

``{name}`` is a value; ``{name:,}`` is a whole number. The pages word them in other languages, by
code: ``dashboard/texts/<language>/wordings_scripts.po``. See decision 0029.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PHRASES", "SENTENCES"]

OTHERWISE = "yes/no columns count as 0, numbers keep their last value"

FALLBACKS = {
    "new_series": "This series is new since the training: until the next one, seasonal naive "
    "forecasts it.",
    "new_series_typical": "This series is new since the training: its forecast is that of a "
    "typical series.",
    "no_known_sales": "This series has no known sales: its forecast is 0.",
    "no_known_sales_typical": "This series has no known sales yet: its forecast is that of a "
    "typical series.",
    "one_known_day": "This series has one known day: its spread is guessed as half of its level.",
    "never_sold": "All known sales of this series are 0, and so is its forecast.",
    "no_context": "Its newest {periods} periods (context_length) have no known sales, so its whole "
    "history is sampled.",
    "algorithm_not_used_because": "{algorithm} was not used: {reason}.",
    "algorithm_not_used": "{algorithm} was not used.",
}
ASSUMPTIONS = {
    "no_plan": "no plan for store '{store}' from {day} on: {rule}",
    "rest_days": "store '{store}' never sold on {weekdays} and counts as closed on these days",
    "beyond_bounds": "'{name}' is {values} on coming days. The effect of '{name}' is known from "
    "{low} to {high} and is carried no farther",
    "sum_of_items": "These are quantiles of the sum of {items:,} items, not sums of quantiles; the "
    "items move together by {comovement} (0: independently, 1: always together)",
    "sum_of_items_unmeasured": "These are quantiles of the sum of {items:,} items, not sums of "
    "quantiles; how the items move together was not measured, so the range is the widest "
    "possible, as if all erred together. The next forecast measures it",
    "rule_without_open": OTHERWISE,
    "rule_with_open": "'open' follows the store's usual weekdays of the last 8 weeks, " + OTHERWISE,
}
STALENESS = {
    "all_days_passed": "all of its days have passed: it goes from {first} to {last}; import newer "
    "sales",
    "some_days_passed": "some of its days have passed: it begins on {first}; import newer sales",
    "newer_data": "data were imported after this forecast was made: it uses sales until "
    "{data_until}, and the newest sales are of {last_sale_on}",
    "amazon_no_credentials": "there are no credentials for Amazon Forecast since {since}: this is "
    "the last forecast that was fetched",
    "amazon_access_denied": "Amazon Forecast denies access since {since}: this is the last "
    "forecast that was fetched",
    "amazon_closed": "Amazon Forecast is closed to this account since {since}: this is the last "
    "forecast that was fetched",
    "amazon_throttled": "Amazon Forecast throttles its calls since {since}: this is the last "
    "forecast that was fetched",
    "amazon_unreachable": "Amazon Forecast cannot be reached since {since}: this is the last "
    "forecast that was fetched",
}
WHAT_IFS = {
    "no_effect": "Nothing changes: the model of this forecast does not react to these changes.",
    "baseline_differs": "This machine computed the baseline again from the same model, and it "
    "differs from the served forecast: compare the result with the baseline.",
    "scenario_days_passed": "Some days of the scenario have passed: they do not count.",
}
RUNS = {
    "no_active_predictor": "No predictor is ACTIVE any more, so no forecast can be made. Ask for a "
    "new training.",
    "import_still_loading": "An import was still loading after a day, so no forecast was made. Ask "
    "again once it has ended.",
    "not_made": "The {what} of this run could not be made: {reason}",
    "not_ready": "The {what} was not ready within a day.",
}
UPKEEP = {
    "damaged_file": "A file ({content}) {problem}. {remedy}",
    "disk_full": "The disk of the service is full. Free some space.",
}
NOTES = {
    "read_as": "'{file}' was read as {encoding}.",
    "header_below": "'{file}': its header is line {line}; what stands above it was skipped.",
    "totals_left_out": "'{file}': totals and remarks are left out ({lines}).",
    "dates_joined": "'{file}': its dates are put together from the columns {columns}.",
    "files_joined": "'{plan}' was joined to '{file}' by store and date: {rows:,} of its {all:,} "
    "rows.",
    "cells_differ": "{cells:,} cells of '{plan}' differ from those of '{file}', which count.",
    "rows_added_up": "Several rows of a {period}: {rows:,} rows were added up to {left:,}, one per "
    "{period}.",
    "rows_replaced": "Several rows of a {period}: {rows:,} rows were replaced by the last ones: "
    "{left:,}, one per {period}.",
    "new_text": "Column '{column}' has the new text '{text}', for which the dataset group has no "
    "covariate. Days with this text count as ordinary days.",
    "cells_filled": "Empty cells of covariates: {cells:,}. They were filled: {rule}.",
    "stores_without_row": "'{file}' has no row for {stores:,} of the stores with sales.",
    "rows_taken_out": "Rows taken out of the sales: {rows:,}.",
    "fixed": "Fixed for later imports: one row per {period} and {series}; horizon {horizon}; "
    "covariates {covariates}. A full import with 'replace' can change them.",
    "mostly_sold_out": "Stock-outs: more than half of the {period}s with sales are marked in "
    "{series:,} series, such as {example}. Their usual sales are unknown, so all of their sales "
    "count as demand.",
    "one_without_sales": "Left out: 1 {series} without sales: {example}. It is added with its "
    "first sale.",
    "some_without_sales": "Left out: {count:,} {series} without sales, such as {example}. They are "
    "added with their first sale.",
    "days_without_rows": "{period}s without a row: {rows:,}. They count as 0 sales.",
    "only_sold_days": "Rows on days with sales only? {count:,} {series} have rows on {rows:,} of "
    "{days:,} {period}s, and none says 0. {example}: {example_rows:,} of {example_days:,}. Missing "
    "{period}s count as unknown, so the forecast is that of {period}s with sales. If nothing was "
    "sold on them, import with the option 'missing' as 'zero'.",
    "never_sold_on": "Never sold on {weekdays}: {stores}: {examples}. The forecast is 0 on these "
    "days, as if 'open' were 0.",
    "never_sold_on_such_as": "Never sold on {weekdays}: {stores}, such as {examples}. The forecast "
    "is 0 on these days, as if 'open' were 0.",
}
NOTES |= {
    "never_sold_unknown": "Never sold on {weekdays}: {stores}: {examples}. The forecast does not "
    "know that yet: a full import adds the covariate 'open'.",
    "never_sold_unknown_such_as": "Never sold on {weekdays}: {stores}, such as {examples}. The "
    "forecast does not know that yet: a full import adds the covariate 'open'.",
}
REPORT = {
    "horizon_fixed": "it was fixed by the first import of this dataset group",
    "horizon_configured": "it is set by FORECAST_HORIZON",
    "horizon_planned": "the known future is that long",
    "horizon_default": "it is the default, as no file has future {periods}",
    "horizon_limited": "at most {most} is allowed; without this limit it would be {wish} "
    "({reason})",
    "column_ignored": "the option 'ignore' names it",
    "too_many_attributes": "at most {most} attributes reach the models",
}
FAULTS = {
    "empty_cell": "'{column}' is empty; every row needs a value",
    "no_number": "'{column}' is {value}, which is not a plain number; write a number such as 12.5",
    "file_refused": "'{file}' was not imported, and nothing of it was kept: {faults}. Correct the "
    "file and import it again.",
    "second_store_row": "a second row for store '{store}'; the first is {place}",
    "second_row": "a second row for {series}; the first is {place}",
}
SENTENCES: Mapping[str, str] = {
    **FALLBACKS,
    **ASSUMPTIONS,
    **STALENESS,
    **WHAT_IFS,
    **RUNS,
    **UPKEEP,
    **NOTES,
    **REPORT,
    **FAULTS,
}
"""English sentences by their codes."""

PHRASES: Mapping[str, str] = {
    "few_open_days": "it needs {least} open days, and this series has {days}",
    "short_history": "it needs {least} days, and the history of this series has {days}",
    "all_data_again": "Restore a backup, or import all data again.",
    "next_training": "The next training replaces it.",
    "next_forecast": "What-ifs need it. The next forecast has a new one.",
    "send_again": "Send it again.",
    "model_of_predictor": "model of the latest predictor",
    "model_of_forecast": "model of a forecast",
    "file_of_import": "file of an import that waits",
    "is_missing": "is missing",
    "is_damaged": "is damaged",
    "word_day": "day",
    "word_week": "week",
    "word_month": "month",
    "word_day_capital": "Day",
    "word_week_capital": "Week",
    "word_month_capital": "Month",
    "word_days": "days",
    "word_weeks": "weeks",
    "word_months": "months",
    "word_store": "store",
    "word_stores": "stores",
    "word_item": "item",
    "word_item_in_store": "item in a store",
    "word_items_in_stores": "items in stores",
    "word_none": "none",
    "word_predictor": "predictor",
    "word_forecast": "forecast",
    "one_line": "line {number}",
    "count_days": "{count:,} days",
    "count_weeks": "{count:,} weeks",
    "count_months": "{count:,} months",
    "one_store": "1 store",
    "count_stores": "{count:,} stores",
    "quarter_of_history": "a quarter of the {count:,} {periods} of history",
    "monday": "Monday",
    "tuesday": "Tuesday",
    "wednesday": "Wednesday",
    "thursday": "Thursday",
    "friday": "Friday",
    "saturday": "Saturday",
    "sunday": "Sunday",
    "at_place": "{place}: {fault}",
    "some_lines": "lines {numbers}",
    "rows_such_as": "{count:,} rows, for example {places}",
    "and_more": "and {count:,} more",
    "both": "{first}; {second}",
    "either": "{first} or {second}",
}
"""Phrases that only stand in a value of a sentence."""
