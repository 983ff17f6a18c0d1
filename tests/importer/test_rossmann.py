"""The real Rossmann data: the report, and the cost of an import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecast_service.importer import ImportOptions, ImportReport
from forecast_service.importer.understanding.understanding import understand
from forecast_service.settings import Settings

pytestmark = pytest.mark.rossmann

MAX_CPU_SECONDS = 10  # 4.4 on an idle machine; other work nearly doubles it
MAX_RSS_BYTES = 1.5e9


def paths(folder: Path) -> dict[str, Path]:
    """The files by role."""
    names = {"sales": "train.csv.gz", "future": "future.csv.gz", "stores": "store.csv"}
    return {role: folder / name for role, name in names.items()}


@pytest.fixture(scope="module")
def report(rossmann: Path) -> ImportReport:
    """The report of the real files."""
    return understand(paths(rossmann), "FULL", ImportOptions(), Settings(), None).report


def test_all_sales_and_stores_are_found(report):
    assert (report.sales_rows, report.stores) == (963_689, 1_115)
    assert (report.first_sale_on, report.last_sale_on) == ("2013-01-01", "2015-06-13")
    assert report.missing_periods == 0


def test_refurbished_stores_have_a_gap_and_not_zeros(report):
    assert (report.gaps.series_with_longest, report.gaps.longest_days) == (180, 184)


def test_the_known_future_gives_the_horizon(report):
    assert (report.known_future_periods, report.horizon) == (48, 48)
    assert report.by_rule is None


def test_customers_are_past_only_and_holidays_indicators(report):
    assert report.past_only == ("Customers",)
    assert report.covariates == (
        "open",
        "promo",
        "state_holiday_a",
        "state_holiday_b",
        "state_holiday_c",
        "school_holiday",
    )


@pytest.mark.slow
def test_the_import_command_is_within_its_bounds(rossmann: Path, tmp_path: Path):
    files = paths(rossmann)
    command = [
        *(sys.executable, "-m", "forecast_service", "import"),
        *(str(files["sales"]), str(files["future"]), "--stores", str(files["stores"])),
    ]
    environment = {**os.environ, "FORECAST_HOME": str(tmp_path / "home")}

    with subprocess.Popen(command, env=environment, stdout=-3, stderr=-3) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)

    kilobytes = 1 if sys.platform == "darwin" else 1024
    assert process.returncode == 0
    assert usage.ru_utime + usage.ru_stime <= MAX_CPU_SECONDS
    assert usage.ru_maxrss * kilobytes <= MAX_RSS_BYTES
