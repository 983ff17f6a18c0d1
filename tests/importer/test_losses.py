"""Full imports that would lose data, sales dated in the future, and rows that are removed."""

from __future__ import annotations

import datetime as dt

import pytest
from support import in_days

from forecast_service.errors import InvalidData, Remedy
from forecast_service.importer.merging.future_sales import last_possible_day
from forecast_service.settings import Settings
from forecast_service.storage.tables import series, stores

from .rows import csv_text


def recent(stores: str, last: int = -1, days: int = 60) -> str:
    """Daily sales of stores named by one letter, until the day ``last``."""
    numbers = range(last - days + 1, last + 1)
    rows = [(store, in_days(number), 100) for store in stores for number in numbers]
    return csv_text("store,date,sales", rows)


@pytest.fixture
def three_stores(write_file, import_files):
    """60 days of the stores a, b and c, until yesterday."""
    import_files(sales=write_file(recent("abc")))


def sent(write_file, *rows, header="store,date,sales"):
    """A file of rows as ``POST /sales`` sends them."""
    return write_file(csv_text(header, rows), "the sent rows")


def test_one_day_without_append_does_not_replace_the_history(
    three_stores, write_file, imports, import_files, one
):
    with pytest.raises(InvalidData) as caught:
        import_files(sales=write_file(csv_text("store,date,sales", [("a", in_days(0), 5)])))

    assert caught.value.detail == (
        "This import would replace 180 rows of 3 stores with 1 row of 1 store, without stores 'b', "
        "'c'. Nothing was changed. Send all sales again, or add these rows to the others."
    )
    assert caught.value.remedy is Remedy.REPLACE
    assert one(stores, store="b").days == 60


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (recent("ab"), "180 rows of 3 stores with 120 rows of 2 stores, without store 'c'"),
        (recent("a"), "180 rows of 3 stores with 60 rows of 1 store, without stores 'b', 'c'"),
        (recent("abc", days=53), "180 rows of 3 stores with 159 rows of 3 stores."),
        (recent("xyz"), "without stores 'a', 'b', 'c'"),
    ],
)
def test_a_full_import_that_loses_data_is_refused_with_the_numbers(
    three_stores, write_file, refusal, content, found
):
    error = refusal(write_file(content))

    assert found in error.detail
    assert error.remedy is Remedy.REPLACE


@pytest.mark.parametrize("content", [recent("abc", days=55), recent("abcd"), recent("abc", last=0)])
def test_a_full_import_that_loses_little_is_done(three_stores, write_file, import_files, content):
    assert import_files(sales=write_file(content)).mode == "FULL"


def test_replace_allows_the_loss(three_stores, write_file, import_files, imports):
    import_files(sales=write_file(recent("a")), options={"replace": True})

    assert imports.history("b") == []


@pytest.mark.parametrize("days", [2, 3, 200, 365])
def test_a_sale_after_tomorrow_is_refused_with_its_row(three_stores, write_file, imports, days):
    rows = [("a", in_days(0), 5), ("b", in_days(days), 6)]
    file = write_file(csv_text("store,date,sales", rows))

    with pytest.raises(InvalidData) as caught:
        imports.dry_run({"sales": file}, "INCREMENTAL")

    (finding,) = caught.value.errors
    assert finding.pointer == "line 3"
    assert finding.detail.startswith(
        f"store 'b' has a sale on {in_days(days)}, which is still to come"
    )


def test_a_sale_of_tomorrow_and_empty_days_to_come_are_allowed(three_stores, write_file, imports):
    rows = [("a", in_days(1), 5), ("a", in_days(9), None)]

    file = write_file(csv_text("store,date,sales", rows))
    report = imports.dry_run({"sales": file}, "INCREMENTAL")

    assert report.sales_rows == 1


def test_tomorrow_is_that_of_the_stores():
    late = dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)

    days = [last_possible_day(zone, late) for zone in ("UTC", "Asia/Tokyo", "America/New_York")]

    assert [number - days[0] for number in days] == [0, 1, 0]


def test_a_time_zone_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="the name of a time zone"):
        Settings(timezone="Europe/Berlim")


def test_a_figure_that_is_not_known_is_forgotten(three_stores, write_file, import_files, imports):
    rows = [("a", in_days(-30), None), ("a", in_days(-1), None)]

    import_files("INCREMENTAL", {"empty_sales": "forget"}, sales=sent(write_file, *rows))

    history = {row["date"]: row["sales"] for row in imports.history("a")}
    assert history[in_days(-30)] is None
    assert in_days(-1) not in history
    assert max(history) == in_days(-2)


def test_removed_rows_leave_history_and_stores(
    three_stores, write_file, import_files, imports, one, group
):
    late = [("a", in_days(0), 900)]
    import_files("INCREMENTAL", sales=write_file(csv_text("store,date,sales", late)))
    assert group().last_sale_on == in_days(0)

    rows = [("a", in_days(0), None), ("a", in_days(-20), None)]
    report = import_files("INCREMENTAL", {"empty_sales": "remove"}, sales=sent(write_file, *rows))

    assert "Rows taken out of the sales: 2." in report.lines()
    assert group().last_sale_on == in_days(-1)
    assert one(stores, store="a").last_sale_on == in_days(-1)
    assert one(stores, store="a").days == 59
    assert one(series, store="a").last_sale_on == in_days(-1)
    assert in_days(-20) not in {row["date"] for row in imports.history("a")}


def test_a_store_without_rows_left_is_gone(three_stores, write_file, import_files, imports, group):
    rows = [("c", in_days(number), None) for number in range(-60, 0)]

    import_files("INCREMENTAL", {"empty_sales": "remove"}, sales=sent(write_file, *rows))

    assert imports.history("c") == []
    assert len(imports.history("b")) == 60


def test_removing_what_is_not_there_or_everything_is_refused(three_stores, write_file, imports):
    nothing = sent(write_file, ("a", in_days(-90), None))
    with pytest.raises(InvalidData, match="None of these rows has sales"):
        imports.dry_run({"sales": nothing}, "INCREMENTAL", {"empty_sales": "remove"})

    all_rows = sent(write_file, *[(s, in_days(n), None) for s in "abc" for n in range(-60, 0)])
    with pytest.raises(InvalidData, match="no sale would be left"):
        imports.dry_run({"sales": all_rows}, "INCREMENTAL", {"empty_sales": "remove"})


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("Berln", " Did you mean 'Berlin'?"),
        ("berlin", " Did you mean 'Berlin'?"),
        ("Berlin 2", " Did you mean 'Berlin'?"),
        ("x", ""),
    ],
)
def test_a_mistyped_store_is_refused_with_near_names(
    write_file, import_files, imports, typed, question
):
    content = recent("a").replace("\na,", "\nBerlin,") + recent("b").partition("\n")[2]
    import_files(sales=write_file(content))
    file = sent(write_file, (typed, in_days(0), 5))

    with pytest.raises(InvalidData) as caught:
        imports.dry_run({"sales": file}, "INCREMENTAL", {"known_stores": True})

    assert caught.value.detail == f"Store '{typed}' is unknown.{question}"
    assert caught.value.remedy is Remedy.CREATE_STORES


def test_a_dry_run_says_what_would_be_replaced(three_stores, write_file, imports):
    report = imports.dry_run({"sales": write_file(recent("ab"))}, options={"replace": True})

    assert report.notes == (
        "Replaces 180 rows of 3 stores with 120 rows of 2 stores, without store 'c'.",
    )


def test_a_loss_that_is_small_enough_is_said(three_stores, write_file, import_files):
    report = import_files(sales=write_file(recent("abc", days=55)))

    assert report.notes == ("Replaces 180 rows of 3 stores with 165 rows of 3 stores.",)
