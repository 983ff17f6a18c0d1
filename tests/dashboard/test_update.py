"""An update in a real Chromium that really trains: progress, what changed, others join, cancel.

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
from playwright.sync_api import Page, expect

from tests.acceptance.served import Served

from .conftest import Api, OpenContext, post, serving, wait_for_work

pytestmark = pytest.mark.slow
TRAINING_SECONDS = 300


@pytest.fixture(scope="module")
def home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(sample_home, tmp_path_factory.mktemp("update") / "home")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """A service without a worker, for which no model is recent enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECAST_TOLERANCE_DAYS", "0")
        with serving(home, home.parent / "log", "--no-worker") as served:
            yield served


@contextlib.contextmanager
def worker(home: Path) -> Iterator[None]:
    """A worker that does what waits, until the end of the block."""
    environment = {**os.environ, "FORECAST_HOME": str(home), "FORECAST_TOLERANCE_DAYS": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "forecast_service", "worker"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def opened(page: Page) -> Page:
    """The page of a store when its data are there."""
    page.goto("/store/6")
    expect(page.locator("#days tbody tr").first).to_be_visible()
    return page


def press_update(page: Page) -> None:
    page.get_by_role("button", name="Update forecast").click()


def test_an_update_is_followed_by_all_who_asked_and_says_what_changed(
    open_context: OpenContext, api: Api, address: str, home: Path
) -> None:
    mine, theirs = (opened(open_context().new_page()) for _ in range(2))
    day = date.fromisoformat(api("/stores/6/outlook")["forecast"]["date"][0])
    rows = [{"store_number": n, "date": str(day), "sales": 9000 + n} for n in range(1, 9)]
    post(f"{address}/sales", {"sales": rows})
    with worker(home):
        wait_for_work(api, TRAINING_SECONDS)  # a forecast follows the sales

    press_update(mine)
    news = mine.locator("#news")
    expect(news).to_contain_text("The forecast is being updated.")
    expect(news).to_contain_text("more than the 0 secs that are recent enough.")
    expect(news.get_by_role("progressbar")).to_be_visible()
    press_update(theirs)
    expect(theirs.locator("#news")).to_contain_text(
        "An update is already under way; you see its progress."
    )

    with worker(home):
        for page in (mine, theirs):
            news = page.locator("#news")
            expect(news).to_contain_text("The forecast is new.", timeout=TRAINING_SECONDS * 1000)
            expect(news).to_contain_text("in total.")
            expect(news.get_by_role("listitem").first).to_be_visible()
            first = page.locator("#days tbody tr").first
            expect(first).to_have_attribute("data-day", str(day + timedelta(days=1)))
    trained, *_ = api("/training")["runs"]
    assert (trained["trains"], trained["joined"]) == (True, 1)


def test_an_update_is_cancelled(page: Page, api: Api) -> None:
    forecast = api("/stores/6/outlook")["forecast"]
    opened(page)

    press_update(page)
    page.locator("#news").get_by_role("button", name="Cancel").click()

    expect(page.locator("#news")).to_contain_text("The update was cancelled.")
    assert api("/training")["runs"][0]["state"] == "cancelled"
    assert api("/stores/6/outlook")["forecast"] == forecast
    expect(page.get_by_role("button", name="Update forecast")).to_be_enabled()
