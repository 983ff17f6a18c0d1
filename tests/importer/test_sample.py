"""The sample data: the same bytes for the same seed, with the features of real sales."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from forecast_service.importer import ImportOptions, ImportReport
from forecast_service.importer.sample import sample_days, write_sample
from forecast_service.importer.understanding.understanding import understand
from forecast_service.settings import Settings

LAST_SALE = dt.date(2026, 6, 28)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with sample files."""
    path = tmp_path_factory.mktemp("sample")
    write_sample(path, LAST_SALE)
    return path


@pytest.fixture(scope="module")
def report(folder: Path) -> ImportReport:
    """The report of an import of the sample files."""
    names = {"sales": "train.csv", "future": "future.csv", "stores": "store.csv"}
    files = {role: folder / name for role, name in names.items()}
    return understand(files, "FULL", ImportOptions(), Settings(), None).report


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    again = write_sample(tmp_path / "again", LAST_SALE)
    other = write_sample(tmp_path / "other", LAST_SALE, seed=7)

    for path in again.values():
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert other["sales"].read_bytes() != (folder / "train.csv").read_bytes()


def test_it_has_thirty_stores_in_three_regions_and_a_known_future(report):
    assert report.regions == {"north": 10, "south": 10, "west": 10}
    assert (report.known_future_periods, report.horizon) == (28, 28)
    assert report.past_only == ()


def test_one_store_was_refurbished(report):
    assert (report.gaps.series, report.gaps.longest_days, report.gaps.examples) == (1, 98, ("7",))


def test_sundays_and_holidays_are_closed_with_no_sales(folder):
    rows = [line.split(",") for line in (folder / "train.csv").read_text().splitlines()[1:]]

    assert all(sales == "0" for _, _, sales, opened, *_ in rows if opened == "0")
    assert ["1", "2025-12-25", "0", "0", "0", "c", "1"] in rows
    assert sum(row[3] == "0" for row in rows if row[0] == "1") > 2 * 52


def test_one_store_is_new_and_one_runs_out_of_stock(folder):
    rows = [line.split(",") for line in (folder / "train.csv").read_text().splitlines()[1:]]
    sold = {n: [int(r[2]) for r in rows if r[0] == n and r[3] == "1"] for n in ("1", "12", "30")}

    assert len([row for row in rows if row[0] == "30"]) == 119
    assert min(sold["12"]) < 0.05 * max(sold["12"])
    assert min(sold["1"]) > 0.3 * max(sold["1"])


def rows_of(path: Path) -> list[list[str]]:
    return [line.split(",") for line in path.read_text().splitlines()[1:]]


@pytest.mark.parametrize("end", ["2027-03-27", "2028-02-29", "2026-12-25", "2027-01-01"])
def test_days_are_right_whatever_the_end_is(tmp_path, end):
    files = write_sample(tmp_path, dt.date.fromisoformat(end))

    days = {row[1]: row for row in rows_of(files["sales"]) if row[0] == "1"}
    coming = [row[1] for row in rows_of(files["future"]) if row[0] == "1"]
    assert (max(days), len(days), len(coming)) == (end, 910, 28)
    assert coming[0] == str(dt.date.fromisoformat(end) + dt.timedelta(days=1))
    for closed, kind in [("2026-04-03", "b"), ("2026-05-25", "a"), ("2025-12-26", "c")]:
        assert (days[closed][2:4], days[closed][5]) == (["0", "0"], kind)
    sundays = [row for day, row in days.items() if dt.date.fromisoformat(day).weekday() == 6]
    assert {row[3] for row in sundays} == {"0"}
    saturdays = mean_sales(days, weekday=5)
    assert saturdays > mean_sales(days, weekday=2)
    assert mean_sales(days, weekday=0, promo="1") > 1.1 * mean_sales(days, weekday=0, promo="0")


def mean_sales(days: dict[str, list[str]], weekday: int, promo: str | None = None) -> float:
    sales = [
        int(row[2])
        for day, row in days.items()
        if dt.date.fromisoformat(day).weekday() == weekday
        and row[3] == "1"
        and promo in (None, row[4])
    ]
    return sum(sales) / len(sales)


def test_later_days_are_added_and_earlier_ones_stay(folder, tmp_path):
    first, last = sample_days(folder)
    later = last + dt.timedelta(days=3)

    longer = write_sample(tmp_path / "longer", later, begin=first)
    added = write_sample(tmp_path / "added", later, begin=first, after=last)

    before, after = rows_of(folder / "train.csv"), rows_of(longer["sales"])
    assert (first, last) == (dt.date(2024, 1, 1), LAST_SALE)
    assert [row for row in after if row[1] <= str(last)] == before
    assert [row for row in after if row[1] > str(last)] == rows_of(added["sales"])
    assert len(rows_of(added["sales"])) == 3 * 30
    twice = write_sample(tmp_path / "twice", later + dt.timedelta(days=1), begin=first)
    assert [row for row in rows_of(twice["sales"]) if row[1] <= str(later)] == after
