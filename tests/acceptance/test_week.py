"""A new user's week: the sample, own sales in the same folder, a line for cron, and mistakes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .served import free_port, wait_until
from .test_readme import README, ROOT, cron_line

pytestmark = pytest.mark.slow

HISTORY_DAYS = 200
STORES = ("Nord", "Süd")


class Shop:
    """A user's home with a clone in it, and the service that she runs there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clone = home / "forecast-service"
        self.clone.mkdir()
        (self.clone / ".venv").symlink_to(ROOT / ".venv")
        self.log = home / "log"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a login shell sets."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.home)}

    def start(self, *arguments: str) -> None:
        """Run ``scripts/run`` in the clone until it says that it serves."""
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                [ROOT / "scripts" / "run", *arguments, "--port", str(self.port)],
                cwd=self.clone,
                env=self.environment,
                stdout=file,
                stderr=file,
            )
        process = self.process
        wait_until(lambda: self.says("Serving at") or process.poll() is not None, 800)
        assert process.poll() is None, self.log.read_text()

    def says(self, text: str) -> bool:
        return text in self.log.read_text()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait() == 0

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``forecast-service`` in the clone."""
        return subprocess.run(
            [self.clone / ".venv" / "bin" / "forecast-service", *arguments],
            cwd=self.clone,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def cron(self) -> None:
        """Run the README's line as cron does."""
        finished = subprocess.run(
            ["/bin/sh", "-c", cron_line(README)],
            cwd=self.home,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            return json.load(answer)

    def forecast(self) -> dict[str, Any]:
        return dict(self.get("/forecast?store_number=Nord"))

    def sales(self) -> dict[str, float]:
        """The known sales of a store by day."""
        days = self.get("/stores/Nord/history")["days"]
        return {day["date"]: day["sales"] for day in days if day["sales"] is not None}

    def await_forecast_after(self, day: dt.date) -> None:
        wait_until(lambda: self.forecast()["provenance"]["data_until"] == str(day), 800)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    if shop.process is not None:
        with contextlib.suppress(ProcessLookupError):
            shop.process.kill()
        shop.process.wait()


def sold(store: str, day: dt.date) -> int:
    """A weekly shape with a little noise."""
    return 100 * (1 + STORES.index(store)) + 10 * day.weekday() + day.toordinal() % 5


def write(path: Path, days: Mapping[dt.date, float] | list[dt.date], factor: int = 1) -> None:
    rows = [f"{store};{day};{factor * sold(store, day)}" for day in days for store in STORES]
    path.write_text("\n".join(["store;date;sales", *rows]) + "\n", encoding="utf-8")


def medians(forecast: Mapping[str, Any]) -> list[float]:
    return [point["Value"] for point in forecast["result"]["Forecast"]["Predictions"]["p50"]]


def test_a_new_users_week(shop: Shop) -> None:
    monday = dt.date.today() - dt.timedelta(days=7)  # the first day of the week, whatever it is
    own, yesterday = shop.home / "own.csv", shop.home / "yesterday.csv"
    write(own, [monday - dt.timedelta(days=back) for back in range(HISTORY_DAYS, 0, -1)])

    # Two commands: the clone, and this one.
    shop.start()
    assert shop.get("/forecast?store_number=1")["result"]["Forecast"]["Predictions"]["p50"]
    shop.stop()

    # Own sales in the same folder; the message names the way.
    refused = shop.command("run", str(own), "--port", str(shop.port))
    assert refused.returncode == 1
    assert "--replace-sample" in refused.stderr
    shop.start(str(own), "--replace-sample")
    assert [store["store_number"] for store in shop.get("/stores")["stores"]] == list(STORES)

    # A week of cron. On the fifth day the file has pennies.
    for number in range(7):
        day = monday + dt.timedelta(days=number)
        if number == 4:
            before = shop.forecast()
            write(yesterday, [day], factor=100)
            shop.cron()
            shop.await_forecast_after(day)
            assert shop.sales()[str(day)] == 100 * sold("Nord", day)

            undone = shop.command("undo")

            assert undone.returncode == 0, undone.stderr
            shop.await_forecast_after(day - dt.timedelta(days=1))
            assert str(day) not in shop.sales()
            assert medians(shop.forecast()) == pytest.approx(medians(before))
        write(yesterday, [day])
        shop.cron()
        shop.await_forecast_after(day)
    sales = shop.sales()
    assert sales[str(monday)] == sold("Nord", monday)
    assert max(sales) == str(monday + dt.timedelta(days=6))
    assert all(80 < value < 250 for value in medians(shop.forecast()))
    assert shop.forecast()["provenance"]["stale"] is None

    # A correction of the third day, and a new start with the first command.
    third = monday + dt.timedelta(days=2)
    yesterday.write_text(f"store;date;sales\nNord;{third};77\n", encoding="utf-8")
    shop.cron()
    assert shop.sales() == {**sales, str(third): 77}
    shop.stop()
    shop.start(str(own))
    assert shop.sales() == {**sales, str(third): 77}
    shop.stop()
