"""Imported sales come back unchanged, whatever they are."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_service.importer import ImportOptions
from forecast_service.importer.understanding.understanding import understand
from forecast_service.importer.values.text_columns import iso
from forecast_service.settings import Settings

from .rows import day

STORES = st.text(
    st.characters(categories=("L", "N", "P", "S"), include_characters=" "), min_size=1, max_size=8
).filter(lambda name: name.strip() == name and name.isprintable())
SALES = st.floats(0, 1e9, allow_nan=False) | st.integers(0, 10**6)


@settings(max_examples=60, deadline=None)
@given(
    sales=st.dictionaries(st.tuples(STORES, st.integers(0, 200)), SALES, min_size=1, max_size=40),
    seed=st.integers(0, 1000),
)
def test_sales_survive_the_trip_through_a_file_in_any_order(sales, seed):
    (first_store, _), *_ = sales
    sales = {**sales, (first_store, 0): 1.0, (first_store, 200): 2.0}
    rows = [(store, day(index), repr(value)) for (store, index), value in sales.items()]
    Random(seed).shuffle(rows)
    text = io.StringIO()
    csv.writer(text).writerows([("Store", "Date", "Sales"), *rows])

    with TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        found = understand({"sales": path}, "FULL", ImportOptions(), Settings(), None).sales.rows

    read = {
        (found.keys[series][0], iso(index)): value
        for series, index, value in zip(
            found.series, found.day, found.values["target"], strict=True
        )
    }
    assert read == {(store, date): float(value) for store, date, value in rows}
