"""Runs and imports, status, accuracy in a real Chromium; axe-core on every page of this kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ..conftest import Api, OpenContext, post

PAGES = ("/upload", "/activity", "/status", "/accuracy-report", "/admin", "/account")
TABS = ("/admin?tab=keys", "/admin?tab=audit")


def force(address: str) -> str:
    """Start a training, and return the id of its run."""
    decision = post(f"{address}/training", {"store_number": 1, "force": True})
    return str(decision["run"]["id"])


def settled(page: Page, address: str) -> Page:
    """The page when all that it asked for is there."""
    page.goto(address)
    expect(page.locator("main[data-finished]")).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
    return page


def test_runs_and_imports_are_listed_together(page: Page) -> None:
    settled(page, "/activity")

    rows = page.locator("#activities tbody tr")
    expect(rows.filter(has_text="train.csv")).to_contain_text("Done")
    expect(rows.filter(has_text="Training and forecast").last).to_contain_text("Done")

    page.get_by_role("link", name="Imports", exact=True).click()
    expect(rows.filter(has_text="Training and forecast")).to_have_count(0)


@pytest.mark.slow  # test_a_run_is_cancelled follows one, too
def test_a_run_is_followed_until_it_ends(page: Page, address: str) -> None:
    settled(page, "/activity?show=runs")

    force(address)
    page.reload()

    first = page.locator("#activities tbody tr").first
    expect(first).to_contain_text("Asked for regardless of the age of the model.")
    expect(first).to_contain_text("Done")
    first.get_by_text("What moved").click()
    expect(first).to_contain_text("units (")


def test_a_run_is_cancelled(page: Page, address: str, api: Api) -> None:
    run = force(address)
    page.goto("/activity?show=runs")

    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()

    expect(page.locator("#activities tbody tr").first).to_contain_text("Cancelled")
    assert api(f"/training/{run}")["state"] == "cancelled"


def test_the_status_shows_what_an_operator_looks_for(page: Page, api: Api) -> None:
    settled(page, "/status")

    expect(page.locator("#verdict")).not_to_be_empty()
    expect(page.locator("#tiles")).to_contain_text("Workers1")
    system = api("/system")
    expect(page.locator("#facts")).to_contain_text(system["version"])
    disk = page.locator("#tiles .tile", has_text="Disk").locator("dd").first
    used = re.fullmatch(r"(\d+)% used", disk.inner_text())
    assert used is not None
    share = 1 - system["disk"]["free_bytes"] / system["disk"]["total_bytes"]
    assert int(used[1]) == pytest.approx(100 * share, abs=2)  # other programs write, too
    for name in ("/docs", "/metrics", "/openapi.json"):
        expect(page.get_by_role("link", name=name)).to_have_attribute("href", name)


@pytest.mark.parametrize(
    "address_", [*PAGES, *(pytest.param(tab, marks=pytest.mark.slow) for tab in TABS)]
)
@pytest.mark.parametrize(
    ("theme", "width", "language"),
    [
        ("dark", 390, "de-DE"),
        pytest.param("light", 1440, "en-GB", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing(
    open_context: OpenContext,
    violations: Callable[[Page], list[str]],
    address_: str,
    theme: str,
    width: int,
    language: str,
) -> None:
    size = {"width": width, "height": 900}
    context = open_context(color_scheme=theme, viewport=size, locale=language)
    page = settled(context.new_page(), address_)
    for summary in page.locator("main summary").all():
        summary.click()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing_in_a_report_and_in_a_dialog(
    page: Page, violations: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    settled(page, "/upload")
    page.get_by_role("button", name="Take it back").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("dialog").press("Escape")

    path = tmp_path / "bad.csv"
    path.write_text("Store,Date,Sales\n1,2026-01-01,-5\n")
    page.locator("#files").set_input_files(str(path))
    expect(page.locator(".asked")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("button", name="Check again").click()
    expect(page.locator(".verdict.good")).to_be_visible()
    assert violations(page) == []
