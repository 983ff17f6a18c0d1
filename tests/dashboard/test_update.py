"""An update in a real Chromium that really trains: cancel, progress, others join, what changed.

No worker runs until a test starts one, so that a run waits for as long as the test looks at it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.served import Served

from .conftest import Api, OpenContext, post, serving, wait_for_work

TRAINING_SECONDS = 300
# The model is younger than the tolerance: newer sales make an update worthwhile, once.
SETTINGS = {"FORECAST_RETRAIN_RULES": "age,new_sales", "FORECAST_ALGORITHM": "seasonal_naive"}
SEEN = """() => [document.querySelector('#days tbody').textContent,
                document.querySelector('#outlook canvas').toDataURL()]"""


@pytest.fixture(scope="module")
def home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(sample_home, tmp_path_factory.mktemp("update") / "home")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """A service without a worker."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        with serving(home, home.parent / "log", "--no-worker") as served:
            yield served


@contextlib.contextmanager
def worker(home: Path) -> Iterator[None]:
    """A worker that does what waits, until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forecast_service", "worker"],
        env={**os.environ, **SETTINGS, "FORECAST_HOME": str(home), "FORECAST_PROCESSES": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def newest_sale(api: Api, address: str, home: Path) -> date:
    """A day of sales that came after the training; a forecast includes it."""
    day = date.fromisoformat(api("/stores/6/outlook")["forecast"]["date"][0])
    rows = [{"store_number": n, "date": str(day), "sales": 9000 + n} for n in range(1, 9)]
    post(f"{address}/sales", {"sales": rows})
    with worker(home):
        wait_for_work(api, TRAINING_SECONDS)
    return day


def opened(page: Page) -> Page:
    """The page of a store when its data are there."""
    page.goto("/store/6")
    expect(page.locator("main[data-finished] #days tbody tr").first).to_be_visible()
    return page


def seen(page: Page) -> list[str]:
    """The table and the picture, as they are drawn."""
    return list(page.evaluate(SEEN))


def press_update(page: Page) -> Locator:
    """Ask for an update; where the page tells what becomes of it."""
    page.get_by_role("button", name="Update forecast").click()
    return page.locator("#news")


def test_an_update_is_cancelled_then_followed_by_all_who_ask_and_made_once(
    open_context: OpenContext, api: Api, home: Path, newest_sale: date
) -> None:
    mine, theirs = (opened(open_context().new_page()) for _ in range(2))
    before = [seen(page) for page in (mine, theirs)]

    press_update(mine).get_by_role("button", name="Cancel").click()

    news = mine.locator("#news")
    expect(news).to_contain_text("The update was cancelled.")
    assert api("/training")["runs"][0]["state"] == "cancelled"
    assert seen(mine) == before[0]

    press_update(mine)

    expect(news).to_contain_text("The forecast is being updated. 1 new day of sales has come.")
    expect(news.get_by_role("progressbar")).to_be_visible()
    expect(press_update(theirs)).to_contain_text(
        "An update is already under way; you see its progress."
    )
    runs = len(api("/training")["runs"])

    with worker(home):
        for page, old in zip((mine, theirs), before, strict=True):
            news = page.locator("#news")
            expect(news).to_contain_text("The forecast is new.", timeout=TRAINING_SECONDS * 1000)
            expect(news).to_contain_text("in total.")
            expect(news.get_by_role("listitem").first).to_be_visible()
            first = page.locator("#days tbody tr").first
            expect(first).to_have_attribute("data-day", str(newest_sale + timedelta(days=1)))
            page.wait_for_function(
                f"old => ({SEEN})().every((part, i) => part !== old[i])", arg=old
            )
    trained, *_ = api("/training")["runs"]
    assert (trained["trains"], trained["joined"]) == (True, 1)

    expect(press_update(mine)).to_contain_text("The forecast is up to date.")

    expect(mine.locator("#news")).to_contain_text(
        "up to 2 days is recent enough, and no newer sales have come."
    )
    assert len(api("/training")["runs"]) == runs
