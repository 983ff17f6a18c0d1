"""scripts/benchmark: its messages, its results, and a sample that can be served."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bare, exports, frequencies, memory, scale
from benchmarks.hourly import hourly_panel
from benchmarks.processes import Cost
from benchmarks.sample import DAYS, fill
from benchmarks.synthetic import Shape, write_synthetic
from forecast_service.app import create_app
from forecast_service.engine.panel import Panel
from forecast_service.settings import Settings

ROOT = Path(__file__).parents[1]


def benchmark(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a benchmark in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_a_missing_tool_is_named_with_its_package() -> None:
    ended = benchmark("serving", PATH="")

    assert ended.returncode == 2
    assert ended.stderr == "Error: 'wrk' was not found. Install it: apt-get install wrk\n"


def test_the_bare_resource_returns_the_bytes_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "home", stores=2)
    service = create_app(Settings(home=tmp_path / "home"))
    answer = service.test_client().get("/forecast?store_number=2")
    (tmp_path / "body").write_bytes(answer.data)
    monkeypatch.setenv(bare.BODY_FILE, str(tmp_path / "body"))

    plain = bare.create_front().application.test_client().get("/forecast?store_number=2")

    assert plain.data == answer.data
    assert answer.text.count("Timestamp") == 3 * DAYS
    service.extensions["forecast_service"].close()


@pytest.mark.parametrize("file_format", ["CSV", "PARQUET"])
def test_exports_are_measured_step_by_step(file_format: str) -> None:
    measured = exports.measure(3, file_format)

    lines = exports.table([measured]).splitlines()
    assert list(measured["costs"]) == ["keep backtest", "export forecast", "export backtest"]
    assert measured["bytes"]["exports"] > 0
    assert [line.split()[:1] for line in lines[1:]] == [["3"], ["3"], ["3"], ["files:"]]


@pytest.mark.slow
def test_speed_compares_with_the_package_on_the_sample_data() -> None:
    ended = benchmark("speed", "--stores", "2", "--json")

    result = json.loads(ended.stdout)
    assert result["stores"] == 2
    assert result["ratio_to_prophet"] > 20  # two stores do not pay for the fixed cost
    assert result["p50_difference"] < 0.005


@pytest.mark.slow
def test_accuracy_measures_rolling_windows_and_their_mean() -> None:
    asked = "--windows 2 --horizon 28 --algorithm seasonal_naive --json"

    ended = benchmark("accuracy", *asked.split())

    result = json.loads(ended.stdout)
    first, second = result["windows"]
    assert first["cutoff"] == "2026-05-31"
    assert second["cutoff"] == "2026-05-03"
    for name in ("WAPE", "WQL", "MASE", "coverage"):
        assert result["mean"][name] == pytest.approx((first[name] + second[name]) / 2)
    assert 0 < result["mean"]["WAPE"] < 1


@pytest.mark.slow
def test_retrain_compares_a_full_training_with_a_new_day_of_one_store() -> None:
    ended = benchmark("retrain", "--algorithm", "seasonal_naive", "--json")

    result = json.loads(ended.stdout)
    assert (ended.returncode, result["stores"]) == (0, 30)
    assert result["notes"][0].startswith("30 of 30 series were fitted again.")
    assert result["WQL"]["kept"] == pytest.approx(result["WQL"]["full"])


@pytest.mark.slow
def test_accuracy_of_weekly_data_counts_in_weeks(tmp_path: Path) -> None:
    weeks = np.datetime64("2020-01-03") + 7 * np.arange(120)
    rows = "".join(f"1,{week},{100 + number % 52}\n" for number, week in enumerate(weeks))
    (tmp_path / "weeks.csv").write_text("store,date,sales\n" + rows)
    asked = "--windows 2 --horizon 8 --algorithm seasonal_naive --json --data"

    ended = benchmark("accuracy", *asked.split(), tmp_path / "weeks.csv")

    result = json.loads(ended.stdout)
    assert (result["frequency"], result["horizon"]) == ("W-FRI", 8)
    assert [window["cutoff"] for window in result["windows"]] == ["2022-02-18", "2021-12-24"]
    assert result["mean"]["WAPE"] == 0.0
    assert result["published"][0]["model"] == "Chronos-2"


def test_accuracy_refuses_a_history_that_is_too_short(tmp_path: Path) -> None:
    days = np.datetime64("2024-01-01") + np.arange(40)
    rows = "".join(f"1,{day},{100 + number % 7}\n" for number, day in enumerate(days))
    (tmp_path / "short.csv").write_text("kasse,date,sales\n" + rows)
    data = ("--data", str(tmp_path / "short.csv"), "--column", "store=kasse")

    ended = benchmark("accuracy", *data)

    assert ended.returncode == 2
    assert "has 40 periods; a window of 48 needs 62. Give a longer history" in ended.stderr


def test_a_file_that_does_not_exist_is_one_sentence() -> None:
    ended = benchmark("accuracy", "--data", "absent.csv")

    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "Error: 'absent.csv' cannot be read: no such file or directory. "
        "Name a file that exists and is readable."
    ]


@pytest.mark.slow
def test_scale_measures_each_size_and_how_it_grows() -> None:
    asked = "--series 40 80 --periods 60 --horizon 7 --algorithm seasonal_naive --json"

    ended = benchmark("scale", *asked.split())

    result = json.loads(ended.stdout)
    first, second = result["sizes"]
    assert (first["series"], second["series"]) == (40, 80)
    assert second["data_bytes"] == 80 * (60 + 3 * 67) * 8
    assert 0 < second["peak_bytes"] < second["allowed_bytes"]
    assert set(result["growth"]) == {"train_cpu", "forecast_cpu", "peak_bytes"}
    assert ended.returncode == bool(result["broken"])


def test_memory_measures_the_steps_of_the_engine(tmp_path: Path) -> None:
    files = write_synthetic(Shape(12, 60, 14), tmp_path)
    arguments = argparse.Namespace(
        data=files["sales"], future=files["future"], stores=None, algorithm="seasonal_naive"
    )

    steps = memory.engine(arguments)

    assert list(steps) == ["panel", "train", "forecast"]
    assert all(cost.peak_bytes > 50e6 for cost in steps.values())


@pytest.mark.slow
def test_memory_measures_each_step_in_a_process_of_its_own() -> None:
    ended = benchmark("memory", "--series", "12", "--json")

    steps = json.loads(ended.stdout)["steps"]
    assert list(steps) == ["import", "training run", "panel", "train", "forecast"]


def test_growth_beyond_linear_and_memory_beyond_its_bound_are_named() -> None:
    sizes = [
        scale.Size(1000, 0, 0, Cost(cpu_seconds=1.0), Cost(cpu_seconds=0.1), 0.1),
        scale.Size(2000, 0, 0, Cost(cpu_seconds=3.0, peak_bytes=2 * 10**9), Cost(), 0.1),
    ]

    broken = scale.broken(sizes, scale.growth(sizes))

    assert broken[0] == "train_cpu grows with exponent 1.58; at most 1.15 is allowed"
    assert broken[-1] == ("2000 series need 2000 MB beyond their data; at most 1024 MB are allowed")


@pytest.mark.slow
def test_burst_waits_until_all_stores_are_served() -> None:
    asked = "--stores 6 --days 60 --seconds 1 --json"

    ended = benchmark("burst", *asked.split())

    result = json.loads(ended.stdout)
    assert (result["stores"], result["imports_failed"], result["training"]) == (6, 0, "serving")
    assert 0 < result["sent"] <= result["imported"] <= result["forecast"]


@pytest.mark.slow
def test_soak_measures_the_memory_after_each_new_forecast() -> None:
    ended = benchmark("soak", "--rounds", "4", "--json")

    result = json.loads(ended.stdout)
    assert len(result["samples"]) == result["rounds"] == 4
    assert 50e6 < result["first"] < 1e9


def test_hourly_accuracy_is_compared_with_seasonal_naive() -> None:
    data = frequencies.Data("hours", hourly_panel("calls", weeks=5), 24)

    result = frequencies.compare(data, 1, ("pooled", "seasonal_naive"))

    algorithms = result["algorithms"]
    assert list(algorithms) == ["pooled", "seasonal_naive", "same as last week"]
    assert algorithms["pooled"]["WQL"] < 0.5 * algorithms["seasonal_naive"]["WQL"]
    assert frequencies.table(result).startswith(
        "hours: 12 series, 840 periods (H), 1 windows of 24"
    )


def test_whole_weeks_are_added_up_from_known_days() -> None:
    times = np.arange("2024-01-04", "2024-01-30", dtype="datetime64[D]").astype("datetime64[s]")
    days = np.arange(26.0)
    days[20] = np.nan
    panel = Panel((("1",),), times, "D", days[None], {"promo": np.ones((1, 26))})

    weeks = frequencies.whole_weeks(panel)

    assert [str(at)[:10] for at in weeks.timestamps] == ["2024-01-08", "2024-01-15", "2024-01-22"]
    np.testing.assert_equal(weeks.target, [[49.0, 98.0, np.nan]])
    assert weeks.covariates["promo"].tolist() == [[1.0, 1.0, 1.0]]
