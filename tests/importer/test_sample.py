"""The sample data: the same bytes for the same seed, with the features of real sales."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_service.importer import ImportOptions, ImportReport
from forecast_service.importer.sample import write_sample
from forecast_service.importer.understanding.understanding import understand
from forecast_service.settings import Settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with sample files."""
    path = tmp_path_factory.mktemp("sample")
    write_sample(path)
    return path


@pytest.fixture(scope="module")
def report(folder: Path) -> ImportReport:
    """The report of an import of the sample files."""
    names = {"sales": "train.csv", "future": "future.csv", "stores": "store.csv"}
    files = {role: folder / name for role, name in names.items()}
    return understand(files, "FULL", ImportOptions(), Settings(), None).report


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    again = write_sample(tmp_path / "again")
    other = write_sample(tmp_path / "other", seed=7)

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
