"""Days marked as stock-outs: their sales are kept, their demand is unknown if they sold little."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from forecast_service.errors import Remedy
from forecast_service.importer import ImportOptions
from forecast_service.importer.canonical_files import canonical_tables, write_csv
from forecast_service.importer.files import columns
from forecast_service.importer.files.columns import recognise
from forecast_service.importer.files.periods import DAILY
from forecast_service.importer.files.stockouts import is_mark
from forecast_service.importer.long_rows import LongRows
from forecast_service.importer.plan import TARGET_PART
from forecast_service.importer.understanding.hidden_demand import demand
from forecast_service.importer.understanding.understanding import understand
from forecast_service.settings import Settings
from forecast_service.storage.snapshots import SnapshotStore
from forecast_service.storage.tables import resources

from .rows import daily, day

HEADER = "Store,Date,Sales,OutOfStock"
SHORT, PLENTY = 20, 35  # days of the marks below


def sales(store: str, index: int) -> tuple[int, int]:
    """100 a day, except for two marked days that sold 30 and 180."""
    return {SHORT: (30, 1), PLENTY: (180, 1)}.get(index, (100, 0))


@pytest.fixture
def marked(write_file, import_files):
    """The report of eight weeks of two stores with two marks each."""
    return import_files(sales=write_file(daily(["1", "2"], 56, header=HEADER, cells=sales)))


@pytest.fixture
def trained_on(database, settings):
    """The target dataset for the models: day -> demand of store 1, None where unknown."""

    def read() -> dict[str, float | None]:
        with database.read() as connection:
            statement = sa.select(resources.c.arn).where(resources.c.name == "store_demand")
            arn = connection.execute(statement).scalar_one()
        table = SnapshotStore(database, settings.home).read(arn)
        rows = zip(*(table[n].to_pylist() for n in ("item_id", "timestamp", "demand")), strict=True)
        return {f"{time:%Y-%m-%d}": value for item, time, value in rows if item == "1"}

    return read


def test_a_marked_day_that_sold_little_has_unknown_demand(marked, trained_on):
    known = trained_on()

    assert known[day(SHORT)] is None
    assert known[day(SHORT + 1)] == 100
    assert len(known) == 56


def test_a_marked_day_that_sold_more_than_usual_is_kept(marked, trained_on):
    assert trained_on()[day(PLENTY)] == 180


def test_the_history_shows_what_was_sold(marked, imports):
    rows = {row["date"]: (row["sales"], row["stockout"]) for row in imports.history("1")}

    assert rows[day(SHORT)] == (30.0, True)
    assert rows[day(PLENTY)] == (180.0, True)
    assert rows[day(0)] == (100.0, False)


def test_the_report_counts_them(marked):
    assert marked.lines()[2] == (
        "Stock-outs: 4 marked days of 2 stores. Demand counts as unknown for 2 of them, which sold "
        "less than usual."
    )
    assert marked.missing_periods == 0
    assert [c.role for c in marked.columns if c.name == "OutOfStock"] == ["mark of stock-outs"]


def test_amazon_gets_an_empty_cell(write_file, tmp_path):
    sales_file = write_file(daily(["1"], 56, header=HEADER, cells=sales))
    understood = understand({"sales": sales_file}, "FULL", ImportOptions(), Settings(), None)

    write_csv(canonical_tables(understood)[TARGET_PART], tmp_path / "target.csv")

    lines = (tmp_path / "target.csv").read_text().splitlines()
    assert f'"1","{day(SHORT)}",' in lines
    assert f'"1","{day(PLENTY)}",180' in lines


def test_a_mark_is_not_a_covariate(marked, group):
    assert marked.covariates == ()
    assert group().covariates == ()


def test_a_mark_of_the_last_day_does_not_shorten_the_history(write_file, import_files, trained_on):
    def short_at_the_end(store: str, index: int) -> tuple[int, int]:
        return (5, 1) if index == 55 else (100, 0)

    report = import_files(sales=write_file(daily(["1"], 56, header=HEADER, cells=short_at_the_end)))

    assert report.last_sale_on == day(55)
    assert trained_on()[day(55)] is None


def test_later_imports_mark_and_correct_days(marked, write_file, import_files, imports, trained_on):
    added = daily(["1"], 1, first=56, header=HEADER, cells=lambda store, index: (7, 1))
    import_files("INCREMENTAL", sales=write_file(added, "added.csv"))
    fixed = daily(["1"], 1, first=SHORT, header=HEADER, cells=lambda store, index: (95, 0))
    import_files("INCREMENTAL", sales=write_file(fixed, "fixed.csv"))

    rows = {row["date"]: (row["sales"], row["stockout"]) for row in imports.history("1")}
    assert rows[day(56)] == (7.0, True)
    assert rows[day(SHORT)] == (95.0, False)
    assert rows[day(PLENTY)] == (180.0, True)
    assert trained_on()[day(56)] is None
    assert trained_on()[day(SHORT)] == 95


@pytest.mark.parametrize("header", ["Store,Date,Sales", HEADER])
def test_a_correction_without_a_mark_keeps_the_earlier_one(
    marked, write_file, import_files, imports, trained_on, header
):
    cells = (31,) if header == "Store,Date,Sales" else (31, None)
    fixed = daily(["1"], 2, first=SHORT, header=header, cells=lambda store, index: cells)

    import_files("INCREMENTAL", sales=write_file(fixed, "fixed.csv"))

    rows = {row["date"]: (row["sales"], row["stockout"]) for row in imports.history("1")}
    assert rows[day(SHORT)] == (31.0, True)
    assert rows[day(SHORT + 1)] == (31.0, False)
    assert trained_on()[day(SHORT)] is None
    assert trained_on()[day(SHORT + 1)] == 31


def test_marks_can_be_added_after_imports_without_any(write_file, import_files, imports):
    import_files(sales=write_file(daily(["1"], 56)))
    added = daily(["1"], 1, first=56, header=HEADER, cells=lambda store, index: (7, 1))

    import_files("INCREMENTAL", sales=write_file(added, "added.csv"))

    assert [row["stockout"] for row in imports.history("1", start=day(54))] == [False, False, True]


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    ("name", "out", "there"),
    [
        ("stockout", "1", "0"),
        ("Stock Out", "yes", "no"),
        ("is_out_of_stock", "true", "False"),
        ("OOS", "1.0", ""),
        ("stock_hour6_22_cnt", "3", "0"),
        ("in_stock", "0", "1"),
        ("Availability", "0.4", "1"),
        ("is_available", "N", "Y"),
    ],
)
def test_the_usual_columns_are_understood(write_file, import_files, imports, name, out, there):
    def cells(store: str, index: int) -> tuple[int, str]:
        return 100, out if index == SHORT else there

    import_files(sales=write_file(daily(["1"], 40, header=f"Store,Date,Sales,{name}", cells=cells)))

    assert [r["date"] for r in imports.history("1") if r["stockout"]] == [day(SHORT)]


@pytest.mark.parametrize(
    ("name", "value", "start"),
    [
        ("in_stock", "37", "'in_stock' is '37'; the column marks stock-outs, so allowed are"),
        ("oos", "-1", "'oos' is '-1'; the column marks stock-outs"),
        ("oos", "maybe", "'oos' is 'maybe'; the column marks stock-outs"),
    ],
)
def test_a_column_that_means_something_else_is_refused(write_file, refusal, name, value, start):
    text = daily(["1"], 20, header=f"Store,Date,Sales,{name}", cells=lambda s, i: (100, value))

    error = refusal(write_file(text))

    assert error.errors[0].pointer == "line 2"
    assert error.errors[0].detail.startswith(start)
    assert error.remedy == Remedy.IGNORE_COLUMNS


@pytest.fixture
def marks_of(write_file, import_files):
    """Imports eight weeks of store 1 with these marks and returns the report."""

    def run(cell, name="OutOfStock", sold=lambda index: 100 + index):
        header = f"Store,Date,Sales,{name}"
        cells = lambda store, index: (sold(index), cell(index))  # noqa: E731
        return import_files(sales=write_file(daily(["1"], 56, header=header, cells=cells)))

    return run


@pytest.mark.parametrize("name", ["availability", "in_stock_rate"])
def test_a_day_mostly_in_stock_is_not_a_stock_out(marks_of, trained_on, name):
    report = marks_of(
        lambda index: 0.3 if index == SHORT else 0.97,
        name,
        sold=lambda index: 30 if index == SHORT else 100 - index,
    )

    assert report.stockouts.periods == 1
    assert [d for d, value in trained_on().items() if value is None] == [day(SHORT)]


def test_a_column_that_marks_nearly_every_day_is_left_out(marks_of, imports, trained_on):
    report = marks_of(lambda index: int(index != SHORT))

    assert report.stockouts is None
    reason = next(line for line in report.lines() if line.startswith("Left out: OutOfStock"))
    assert "98% of the rows with sales" in reason
    assert "the option 'ignore'" in reason
    assert None not in trained_on().values()
    assert not any(row["stockout"] for row in imports.history("1"))


def test_a_series_that_is_mostly_marked_keeps_its_sales(marks_of, imports, trained_on):
    report = marks_of(lambda index: int(index % 3 > 0))

    assert None not in trained_on().values()
    assert sum(row["stockout"] for row in imports.history("1")) == 37
    assert any("more than half of the days with sales are marked" in note for note in report.notes)


def test_a_weekday_that_is_always_marked_keeps_its_sales(marks_of, trained_on):
    marks_of(lambda index: int(index % 7 == 5 or index == SHORT - 1), sold=lambda index: 50)

    assert trained_on()[day(5)] == 50


def test_days_without_similar_ones_are_compared_with_their_weekday() -> None:
    """All promoted days are marked; those below an ordinary day have unknown demand."""
    days = np.arange(182, dtype=np.int64)
    promo = (days % 28 == 3).astype(float)
    sold = np.where(promo == 1, np.where(days < 90, 60.0, 140.0), 100.0)
    keys, series = (("1", ""),), np.zeros(182, dtype=np.int64)
    rows = LongRows(keys, series, days, {"target": sold, "stockout": promo})

    known = demand(rows, rows, LongRows(keys, series, days, {"promo": promo}), DAILY)

    assert np.array_equal(np.isnan(known), (promo == 1) & (days < 90))


def test_a_covariate_of_the_group_marks_nothing(write_file, import_files, imports, monkeypatch):
    """The first import is of a version that did not recognise marks."""
    header = "Store,Date,Sales,in_stock"
    with monkeypatch.context() as earlier:
        earlier.setattr(columns, "find_mark_column", lambda columns: None)
        future = daily(["1"], 14, first=56, header="Store,Date,in_stock", cells=lambda s, i: (20,))
        sold = write_file(daily(["1"], 56, header=header, cells=lambda s, i: (100, i)))
        import_files(sales=sold, future=write_file(future, "future.csv"))
    added = daily(["1"], 1, first=56, header=header, cells=lambda store, index: (7, 3))

    report = import_files("INCREMENTAL", sales=write_file(added, "added.csv"))

    assert report.stockouts is None
    assert imports.history("1", start=day(56)) == [
        {"date": day(56), "sales": 7.0, "stockout": False, "covariates": {"in_stock": 3.0}}
    ]


def test_an_ignored_mark_has_no_role():
    roles = recognise(["store", "date", "sales", "OOS"], ignore=["oos"])

    assert roles is not None
    assert (roles.stockout, roles.others) == (None, ())
    assert not is_mark("stock")


def test_usual_sales_depend_on_weekday_promotion_and_season() -> None:
    """A store that sells twice as much on promoted days, and grows by half over its year."""
    days = np.arange(364, dtype=np.int64)
    promo = (days // 7 % 2 == 0).astype(float)
    sold = (100 + 50 * days / 364) * (1 + promo)
    stockout = np.zeros(364)
    cases = {5: 0.9, 12: 1.02, 355: 0.9, 362: 1.02}  # share of the expected sales
    for index, share in cases.items():
        sold[index] *= share
        stockout[index] = 1
    keys, series = (("1", ""),), np.zeros(364, dtype=np.int64)
    rows = LongRows(keys, series, days, {"target": sold, "stockout": stockout})

    known = demand(rows, rows, LongRows(keys, series, days, {"promo": promo}), DAILY)

    assert [bool(np.isfinite(known[index])) for index in cases] == [False, True, False, True]
    assert np.isfinite(np.delete(known, list(cases))).all()
